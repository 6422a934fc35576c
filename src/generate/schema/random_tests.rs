//! Schemas that chance puts together: what is generated is valid, nothing
//! panics, nothing takes forever.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::tests::compiled;

fn scalar() -> impl Strategy<Value = (String, Value)> {
    let count = 0_u64..4;
    let number = -5_i64..6;
    let type_name = prop::sample::select(vec!["null", "boolean", "integer", "number", "string", "array", "object"]);
    let pair = |key: &'static str| move |value: Value| (key.to_owned(), value);
    prop_oneof![
        type_name.clone().prop_map(Value::from).prop_map(pair("type")),
        prop::collection::vec(type_name, 1..3).prop_map(Value::from).prop_map(pair("type")),
        count.clone().prop_map(Value::from).prop_map(pair("minLength")),
        count.clone().prop_map(Value::from).prop_map(pair("maxLength")),
        count.clone().prop_map(Value::from).prop_map(pair("minItems")),
        count.clone().prop_map(Value::from).prop_map(pair("maxItems")),
        count.clone().prop_map(Value::from).prop_map(pair("minProperties")),
        count.prop_map(Value::from).prop_map(pair("maxProperties")),
        number.clone().prop_map(Value::from).prop_map(pair("minimum")),
        number.clone().prop_map(Value::from).prop_map(pair("exclusiveMaximum")),
        prop::sample::select(vec![json!(1), json!(2), json!(0.5), json!(0.01)]).prop_map(pair("multipleOf")),
        prop::sample::select(vec!["^a", "b$", "^[a-c]+$", "x|y"]).prop_map(Value::from).prop_map(pair("pattern")),
        prop::sample::select(vec!["date", "ipv4", "uuid", "uri"]).prop_map(Value::from).prop_map(pair("format")),
        number.prop_map(Value::from).prop_map(pair("const")),
        prop::sample::subsequence(vec![json!(1), json!("a"), json!(null), json!([]), json!({"a": 1})], 1..4)
            .prop_map(Value::from)
            .prop_map(pair("enum")),
        prop::sample::subsequence(vec!["a", "b", "c"], 0..3).prop_map(Value::from).prop_map(pair("required")),
        Just(("uniqueItems".to_owned(), json!(true))),
        Just(("dependentRequired".to_owned(), json!({"a": ["b"]}))),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    let object = |parts: Vec<(String, Value)>| Value::Object(parts.into_iter().collect::<Map<_, _>>());
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Value::Bool),
        8 => prop::collection::vec(scalar(), 0..3).prop_map(object),
        1 => Just(json!({"$ref": "#"})),
    ];
    leaf.prop_recursive(3, 16, 3, move |inner| {
        let one = |key: &'static str| inner.clone().prop_map(move |s| (key.to_owned(), s));
        let list = |key: &'static str| {
            prop::collection::vec(inner.clone(), 1..3).prop_map(move |s| (key.to_owned(), Value::from(s)))
        };
        let named = |key: &'static str, names: Vec<&'static str>| {
            (prop::sample::select(names), inner.clone()).prop_map(move |(n, s)| (key.to_owned(), json!({ n: s })))
        };
        let part = prop_oneof![
            4 => scalar(),
            1 => one("not"),
            1 => one("items"),
            1 => one("contains"),
            1 => one("additionalProperties"),
            1 => one("propertyNames"),
            1 => one("unevaluatedProperties"),
            1 => one("unevaluatedItems"),
            1 => one("if"),
            1 => one("then"),
            1 => one("else"),
            1 => list("allOf"),
            1 => list("anyOf"),
            1 => list("oneOf"),
            1 => list("prefixItems"),
            2 => named("properties", vec!["a", "b"]),
            1 => named("patternProperties", vec!["^a", "b$", "^x-"]),
            1 => named("dependentSchemas", vec!["a", "b"]),
        ];
        prop::collection::vec(part, 1..4).prop_map(object)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_schema_what_is_made_is_valid(schema in schema()) {
        let started = Instant::now();
        if let Ok(generator) = compiled(&schema) {
            for seed in 0..6 {
                if let Ok(value) = generator.conforming(seed) {
                    prop_assert!(generator.is_valid(&value), "{schema} {value}");
                }
            }
            for index in 0..generator.violating_count().min(12) {
                if let Ok((value, label)) = generator.violation(index, 1) {
                    prop_assert!(!generator.is_valid(&value) && !label.is_empty(), "{schema} {value}");
                }
            }
        }
        prop_assert!(started.elapsed() < Duration::from_secs(20), "{schema}");
    }
}
