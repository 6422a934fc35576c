//! An OpenAPI document by itself.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::contract::openapi::{OpenApi, SchemaRef};
use crate::diagnose::{Diagnostic, Diagnostics, Node, Place};

pub(super) fn lint(document: &OpenApi, found: &mut Diagnostics) {
    let mut contradictions = Diagnostics::new();
    operation_ids(document, &mut contradictions);
    // What is an error here needs no notice of the loader beside it.
    let told = |notice: &&Diagnostic| contradictions.iter().any(|c| c.place == notice.place);
    document.notices.iter().filter(|notice| !told(notice)).for_each(|notice| found.push(notice.clone()));
    found.extend(contradictions);
    schemas(document, found);
}

/// `operationId`s are unique (OpenAPI 3.1.1, §4.8.10).
fn operation_ids(document: &OpenApi, found: &mut Diagnostics) {
    let mut first: HashMap<&str, &Place> = HashMap::new();
    let items = document.source.get("paths").and_then(Node::as_mapping).unwrap_or_default();
    for (_, operation) in items.iter().flat_map(|(_, item)| item.as_mapping().unwrap_or_default()) {
        let Some((node, id)) = operation.get("operationId").and_then(|node| Some((node, node.as_str()?))) else {
            continue;
        };
        if let Some(other) = first.get(id) {
            found.push(
                Diagnostic::error(node.place.clone(), format!("the operationId `{id}` stands twice"))
                    .expected("an operationId of its own for each operation")
                    .actual(format!("the same at {other}")),
            );
        } else {
            first.insert(id, &node.place);
        }
    }
}

/// Every schema that a request or an answer needs compiles, and the examples
/// beside it keep it.
fn schemas(document: &OpenApi, found: &mut Diagnostics) {
    let mut seen: HashSet<Arc<str>> = HashSet::new();
    for schema in referred(document) {
        if !seen.insert(schema.pointer.clone()) {
            continue;
        }
        // What only goes the other way is not asked for.
        let validator = if schema.pointer.contains("/responses/") {
            document.answer_validator(&schema)
        } else {
            document.request_validator(&schema)
        };
        match validator {
            Ok(validator) => examples(document, &schema, &validator, found),
            Err(fault) => {
                let place = document.source.pointer(&schema.pointer).unwrap_or(&document.source).place.clone();
                found.push(Diagnostic::error(place, format!("this schema can't be used: {fault}")));
            }
        }
    }
}

fn referred(document: &OpenApi) -> Vec<SchemaRef> {
    let mut schemas = Vec::new();
    for operation in &document.operations {
        schemas.extend(operation.parameters.iter().filter_map(|p| p.schema.clone()));
        let bodies = operation.request.iter().flat_map(|r| &r.content);
        let answers = operation.responses.values().flat_map(|r| &r.content);
        schemas.extend(bodies.chain(answers).filter_map(|m| m.schema.clone()));
        let headers = operation.responses.values().flat_map(|r| &r.headers);
        schemas.extend(headers.filter_map(|h| h.schema.clone()));
    }
    schemas
}

fn examples(document: &OpenApi, schema: &SchemaRef, validator: &jsonschema::Validator, found: &mut Diagnostics) {
    // `example` and `examples` are siblings of `schema`.
    let Some(owner) = schema.pointer.strip_suffix("/schema").and_then(|owner| document.source.pointer(owner)) else {
        return;
    };
    let named = owner.get("examples").and_then(Node::as_mapping).unwrap_or_default();
    let named = named.iter().filter_map(|(_, example)| example_value(document, example));
    for example in owner.get("example").into_iter().chain(named) {
        let value = example.to_json();
        // What is no JSON may be shown as the text it is on the wire.
        if value.is_string() && !is_json_or_plain(&schema.pointer) {
            continue;
        }
        for fault in validator.iter_errors(&value) {
            let pointer = fault.instance_path().to_string();
            let at = example.pointer(&pointer).unwrap_or(example);
            let whole = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
            found.push(
                Diagnostic::error(
                    at.place.clone(),
                    format!("this example does not keep its own schema{whole}: {}", short(&fault.to_string())),
                )
                .hint("correct the example or the schema"),
            );
        }
    }
}

/// Enough of a text to know what it speaks of.
fn short(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

fn example_value<'d>(document: &'d OpenApi, example: &'d Node) -> Option<&'d Node> {
    let target = example.get("$ref").and_then(Node::as_str).and_then(|r| r.strip_prefix('#'));
    target.map_or(Some(example), |pointer| document.source.pointer(pointer))?.get("value")
}

/// Whether a schema belongs to a parameter, a header or a JSON body.
fn is_json_or_plain(pointer: &str) -> bool {
    match pointer.rsplit_once("/content/") {
        Some((_, media_type)) => media_type.trim_end_matches("/schema").ends_with("json"),
        None => true,
    }
}
