//! What expressions mean, and that no text brings the reader down.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::clock::Timestamp;

fn known() -> Known {
    let mut known = Known::default();
    known.now = Timestamp::parse("2026-03-31T22:15:30.25Z").unwrap();
    known.parameters.insert("Base URL (new_Base)".into(), json!("https://api.example/orders"));
    known.parameters.insert("limits".into(), json!({ "Size": 20, "names": ["a", "b"], "none": null }));
    known.variables.insert("batch".into(), json!("b-7"));
    known.outputs.insert("Compose".into(), json!(["x", "y"]));
    known
}

fn value(text: &str) -> Option<Value> {
    let template = Template::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    known().value(&template).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn fault(text: &str) -> String {
    match Template::parse(text) {
        Ok(template) => known().value(&template).expect_err(text).to_string(),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn texts_are_literal_interpolated_or_one_expression() {
    for (text, expected) in [
        ("plain", json!("plain")),
        ("@@mention", json!("@mention")),
        ("a@b.example", json!("a@b.example")),
        ("no @@{expression}", json!("no @{expression}")),
        ("@{parameters('Base URL (new_Base)')}/v1/@{1}", json!("https://api.example/orders/v1/1")),
        ("@parameters('limits')['size']", json!(20)),
        ("@parameters('limits')?.names[1]", json!("b")),
        ("@parameters('limits')?['other']?['more']", Value::Null),
        ("@ concat( 'it''s', ' ', variables('batch') ) ", json!("it's b-7")),
        ("@outputs('Compose')", json!(["x", "y"])),
        ("@{true}@{null}@{createArray(1,'a')}", json!("True[1,\"a\"]")),
        ("@-1.5e1", json!(-15.0)),
    ] {
        assert_eq!(value(text), Some(expected), "{text}");
    }
}

#[test]
fn functions_do_what_their_reference_says() {
    for (text, expected) in [
        ("@add(1, mul(2, sub(7, 4)))", json!(7)),
        ("@div(7, 2)", json!(3)),
        ("@div(7.0, 2)", json!(3.5)),
        ("@mod(7, 4)", json!(3)),
        ("@toUpper(substring('hello', 1, 3))", json!("ELL")),
        ("@replace('the old', 'old', 'new')", json!("the new")),
        ("@length(range(3, 4))", json!(4)),
        ("@last(split('a;b;c', ';'))", json!("c")),
        ("@join(createArray('a', 2), '-')", json!("a-2")),
        ("@int('12')", json!(12)),
        ("@json('{\"a\": [1]}').a[0]", json!(1)),
        ("@if(and(greater(2, 1), not(equals('a', 'b'))), 'yes', div(1, 0))", json!("yes")),
        ("@coalesce(parameters('limits').none, 'b')", json!("b")),
        ("@or(equals(1, 1.0), triggerBody()?['x'])", json!(true)),
        ("@formatDateTime(utcNow(), 'yyyy-MM-dd HH:mm:ss.ff')", json!("2026-03-31 22:15:30.25")),
        ("@utcNow()", json!("2026-03-31T22:15:30.2500000Z")),
        ("@utcNow('dd MMM \\'at\\' h tt')".replace("\\'", "''").as_str(), json!("31 Mar at 10 PM")),
        ("@addDays('2026-02-27', 2, 'yyyy-MM-dd')", json!("2026-03-01")),
        ("@addHours('2026-02-27T23:30:00Z', 1, 's')", json!("2026-02-28T00:30:00")),
        ("@contains(createArray('a'), 'a')", json!(true)),
    ] {
        assert_eq!(value(text), Some(expected), "{text}");
    }
}

#[test]
fn what_only_the_run_has_makes_the_whole_unknown() {
    for text in [
        "@triggerBody()",
        "@{triggerOutputs()?['body/id']}",
        "/accounts/@{item()?['id']}",
        "@concat('a', variables('other'))",
        "@body('List')?['value'][0].name",
        "@xpath(xml('<a/>'), '/a')",
        "@and(true, triggerBody())",
    ] {
        assert_eq!(value(text), None, "{text}");
    }
    let template = Template::parse("/a/@{item()}/b").unwrap();
    assert_eq!(known().pieces(&template).unwrap(), [Some("/a/".to_owned()), None, Some("/b".to_owned())]);
}

#[test]
fn each_guid_is_another_and_the_same_the_next_time() {
    let template = Template::parse("@concat(guid(), ' ', guid())").unwrap();
    let (first, second) = (known().value(&template), known().value(&template));
    assert_eq!(first, second);
    let text = first.unwrap().unwrap();
    let (one, other) = text.as_str().unwrap().split_once(' ').unwrap();
    assert!(one != other && one.len() == 36);
}

#[test]
fn faults_say_what_and_where() {
    for (text, told) in [
        ("@concat('a'", "`,` or `)` is missing in `concat(…)`, at character 12"),
        ("@{concat('a')", "`}` is missing behind the expression, at character 14"),
        ("über @{'a}", "the text has no end: `'` is missing, at character 8"),
        ("@foo", "`(` is missing behind `foo`, at character 5"),
        ("@guid() x", "something stands behind the expression, at character 9"),
        ("@item()?", "behind `?`"),
        ("@div(1, 0)", "`div`: it divides by 0"),
        ("@add('a', 1)", "`add`: expected two numbers, not text and a number"),
        ("@parameters('limits').other", "there is no member \"other\""),
        (&format!("@{}1{}", "add(1,".repeat(100), ")".repeat(100)), "nested deeper than 64 levels"),
        (&format!("@item(){}", ".a".repeat(100)), "nested deeper than 64 levels"),
    ] {
        assert!(fault(text).contains(told), "{text}: {}", fault(text));
    }
}

#[test]
fn calls_are_found_wherever_they_stand() {
    let template = Template::parse("@{concat(variables('a'), triggerBody()?[item()])}").unwrap();
    let calls: Vec<_> = template.expressions().into_iter().flat_map(Expression::calls).collect();
    assert_eq!(calls, [("concat", None), ("variables", Some("a")), ("triggerbody", None), ("item", None)]);
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

proptest! {
    #[test]
    fn no_text_brings_the_reader_down(text in "\\PC{0,60}") {
        for text in [text.clone(), format!("@{text}"), format!("@{{{text}}}")] {
            if let Ok(template) = Template::parse(&text) {
                let _ = known().value(&template);
            }
        }
    }

    #[test]
    fn nor_does_what_looks_like_an_expression(
        text in "@\\{?((concat|add|split|substring|json|range|formatDateTime|replace|if)\\(|'[a-z\\{]*'|[0-9]{1,20}|,|\\)|\\?|\\['|\\]|\\.[a-z]){0,24}\\}?",
    ) {
        if let Ok(template) = Template::parse(&text) {
            let _ = known().value(&template);
        }
    }

    #[test]
    fn concat_of_literals_is_their_join(parts in proptest::collection::vec("\\PC{0,12}", 1..8)) {
        let given: Vec<String> = parts.iter().map(|part| quoted(part)).collect();
        let whole = Some(json!(parts.concat()));
        prop_assert_eq!(value(&format!("@concat({})", given.join(", "))), whole.clone());
        let interpolated = given.iter().fold(String::new(), |text, part| format!("{text}@{{{part}}}"));
        prop_assert_eq!(value(&interpolated), whole);
    }

    #[test]
    fn a_text_without_at_signs_means_itself(text in "[^@]{0,40}") {
        prop_assert_eq!(value(&text), Some(json!(text)));
    }

    #[test]
    fn sums_are_those_of_whole_numbers(a in any::<i32>(), b in any::<i32>()) {
        prop_assert_eq!(value(&format!("@add({a}, {b})")), Some(json!(i64::from(a) + i64::from(b))));
        prop_assert_eq!(value(&format!("@less({a}, {b})")), Some(json!(a < b)));
    }

    #[test]
    fn any_format_is_taken_or_passed_over(format in "[a-zA-Z' :.-]{0,12}") {
        let _ = time::format(known().now.utc(), &format);
    }
}
