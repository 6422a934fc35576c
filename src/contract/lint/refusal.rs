//! Every declared failure is a declared response, in the right shape.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::promise::with_status;
use crate::contract::behaviour::{Behaviour, ErrorShape, ErrorType, OtherContent};
use crate::contract::openapi::{OpenApi, Operation, ResponseSpec};
use crate::diagnose::{Diagnostic, Diagnostics, Place};

const PROBLEM: &str = "application/problem+json";

pub(super) fn lint(document: &OpenApi, behaviour: &Behaviour, found: &mut Diagnostics) {
    let mut statuses: BTreeMap<u16, Vec<&ErrorType>> = BTreeMap::new();
    for declared in &behaviour.errors {
        statuses.entry(declared.status).or_default().push(declared);
    }
    // Responses are shared: each is told of once, at its own place.
    let mut seen: HashSet<(Place, u16)> = HashSet::new();
    for operation in &document.operations {
        for (status, types) in &statuses {
            if !types.iter().any(|declared| applies(behaviour, declared, operation)) {
                continue;
            }
            let Some(response) = operation.response(*status) else {
                missing(behaviour, operation, *status, found);
                continue;
            };
            if seen.insert((response.place.clone(), *status)) {
                shape(document, behaviour, (response, *status), types, found);
                retry_after(response, *status, types, found);
            }
        }
    }
}

/// Whether an operation can be answered with a type at all.
fn applies(behaviour: &Behaviour, declared: &ErrorType, operation: &Operation) -> bool {
    let conflict = behaviour.idempotency.as_ref().and_then(|i| i.other_content.as_ref());
    if conflict == Some(&OtherContent::Type(declared.name.clone())) || declared.status == 409 {
        return !operation.is_safe();
    }
    match declared.status {
        404 => operation.path.contains('{'),
        411 | 413 | 415 => operation.request.is_some(),
        _ => true,
    }
}

fn missing(behaviour: &Behaviour, operation: &Operation, status: u16, found: &mut Diagnostics) {
    let names: Vec<String> = with_status(behaviour, status).iter().map(|name| format!("`{name}`")).collect();
    found.push(
        Diagnostic::error(operation.place.clone(), format!("`{}` declares no response {status}", operation.id))
            .expected(format!("a response for {}, which the behaviour file declares", names.join(", ")))
            .hint("add it to `responses`, best as a `$ref` to a response that all operations share"),
    );
}

fn shape(
    document: &OpenApi,
    behaviour: &Behaviour,
    (response, status): (&ResponseSpec, u16),
    types: &[&ErrorType],
    found: &mut Diagnostics,
) {
    if behaviour.error_shape != Some(ErrorShape::ProblemJson) {
        return;
    }
    let place = response.place.clone();
    let Some(media_type) = response.media_type(PROBLEM) else {
        let declared: Vec<String> = response.content.iter().map(|m| format!("`{}`", m.name)).collect();
        let actual = if declared.is_empty() { "no content".to_owned() } else { declared.join(", ") };
        found.push(
            Diagnostic::error(place, format!("the response {status} is not declared as a problem"))
                .expected(format!("content of `{PROBLEM}`"))
                .actual(actual),
        );
        return;
    };
    let Some(schema) = media_type.schema.as_ref().and_then(|schema| document.schema(schema)) else {
        return;
    };
    let names = document.schemas_at(schema, &["failureType".to_owned()]);
    let allowed: Vec<&str> =
        names.iter().filter_map(|s| s.get("enum")?.as_array()).flatten().filter_map(Value::as_str).collect();
    for declared in types.iter().filter(|t| !allowed.is_empty() && !allowed.contains(&&*t.name.0)) {
        found.push(
            Diagnostic::error(place.clone(), format!("the schema of `failureType` doesn't know `{}`", declared.name))
                .expected(format!("`{}` in its `enum`", declared.name)),
        );
    }
}

fn retry_after(response: &ResponseSpec, status: u16, types: &[&ErrorType], found: &mut Diagnostics) {
    let all = types.iter().all(|t| t.retry_after);
    let Some(demanding) = types.iter().find(|t| t.retry_after) else {
        return;
    };
    let header = response.headers.iter().find(|h| h.name.eq_ignore_ascii_case("retry-after"));
    let place = response.place.clone();
    match header {
        None => found.push(
            Diagnostic::error(place, format!("the response {status} doesn't declare `Retry-After`"))
                .expected(format!("the header `Retry-After`: `{}` demands it", demanding.name)),
        ),
        Some(header) if all && !header.required => found.push(
            Diagnostic::warning(
                place,
                format!("`Retry-After` is optional on {status}, and every type there demands it"),
            )
            .expected("`required: true`"),
        ),
        Some(_) => {}
    }
}
