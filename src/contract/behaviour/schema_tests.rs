//! The published JSON Schema and the loader refuse the same.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::Behaviour;
use crate::diagnose::parse_yaml;

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../../.config/behaviour.schema.json");
    jsonschema::validator_for(&serde_json::from_str(text).expect("JSON")).expect("a schema")
}

/// Every shipped file, and one that says what none of them says.
fn files() -> Vec<(String, Value)> {
    let mut files = vec![("all keys".to_owned(), include_str!("all_keys.yaml").to_owned())];
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "behaviour.yaml") {
                files.push((path.display().to_string(), std::fs::read_to_string(&path).expect("text")));
            }
        }
    }
    files.into_iter().map(|(name, text)| (name, parse_yaml("a.yaml", &text).expect("YAML").to_json())).collect()
}

#[test]
fn every_shipped_file_keeps_the_schema() {
    let schema = schema();
    let files = files();
    assert!(files.len() >= 5, "{}", files.len());
    for (name, value) in files {
        let faults: Vec<String> = schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
        if let Err(faults) = Behaviour::parse("a.yaml", &value.to_string()) {
            panic!("{name}: {faults}");
        }
    }
}

/// The document with one place changed in each way that breaks its structure.
fn mutants(document: &Value) -> Vec<(String, Value)> {
    let mut pointers = Vec::new();
    collect(document, String::new(), &mut pointers);
    let mut mutants = Vec::new();
    for pointer in pointers {
        let mut change = |what: &str, value: Value| {
            let mut copy = document.clone();
            *copy.pointer_mut(&pointer).expect("it stands there") = value;
            mutants.push((format!("{pointer}: {what}"), copy));
        };
        let there = document.pointer(&pointer).expect("it stands there");
        if let Value::Object(members) = there {
            let mut more = members.clone();
            more.insert("no_such_key".to_owned(), json!("x"));
            change("unknown key", Value::Object(more));
        }
        for (what, value) in [
            ("a mapping", Value::Object(Map::from_iter([("a".to_owned(), json!(1))]))),
            ("a list", json!([[]])),
            ("true", json!(true)),
            ("nothing", Value::Null),
            ("a negative number", json!(-7)),
            ("an empty text", json!("")),
        ] {
            change(what, value);
        }
    }
    mutants
}

fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| collect(member, format!("{pointer}/{}", escaped(key)), pointers));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| collect(item, format!("{pointer}/{i}"), pointers));
        }
        _ => {}
    }
    pointers.push(pointer);
}

/// What the loader says that a schema can say, too.
const STRUCTURAL: [&str; 5] = ["unknown key", "expected a", "can't be read", "is not known here", "is missing"];

#[test]
fn what_the_loader_refuses_for_its_structure_the_schema_refuses_and_the_other_way_round() {
    let schema = schema();
    let mut refused = 0;
    for (name, document) in files() {
        for (what, mutant) in mutants(&document) {
            let loaded = Behaviour::parse("a.yaml", &mutant.to_string()).err();
            let structural =
                loaded.iter().flat_map(|f| f.iter()).any(|fault| STRUCTURAL.iter().any(|s| fault.what.contains(s)));
            let valid = schema.is_valid(&mutant);
            assert!(!(structural && valid), "{name}{what}: the schema lets through {}", loaded.expect("refused"));
            assert!(valid || loaded.is_some(), "{name}{what}: the loader lets through what the schema refuses");
            refused += usize::from(structural);
        }
    }
    assert!(refused > 2_000, "{refused}");
}
