//! Failure types, from declared 4xx and 5xx.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sheet::{Sheet, pointer, scalar};
use crate::contract::lint::flows_retry;
use crate::contract::openapi::{OpenApi, Operation, ResponseSpec, StatusKey};

const PROBLEM: &str = "application/problem+json";

/// What was found, by status.
pub(super) struct Types {
    found: Vec<Found>,
    /// All of them are problems (RFC 9457) with a `failureType`.
    problems: bool,
    operations: usize,
}

/// One status.
struct Found {
    status: u16,
    names: Vec<String>,
    /// Whether the names were read, rather than made from the status.
    read: bool,
    /// Where it is declared first, and how often.
    place: String,
    declared: usize,
    /// Operations that could answer so and don't declare it.
    missing: usize,
    /// `Retry-After` is required wherever it is declared.
    retry_after: bool,
}

impl Found {
    /// Whether declaring it contradicts nothing.
    fn holds(&self, problems: bool) -> bool {
        self.missing == 0 && (self.read || !problems) && (self.status != 429 || self.retry_after)
    }
}

impl Types {
    /// Where a status is declared first.
    pub(super) fn place_of(&self, status: u16) -> Option<&str> {
        self.found.iter().find(|found| found.status == status).map(|found| found.place.as_str())
    }

    /// Any type at all.
    pub(super) fn first(&self) -> Option<&str> {
        self.found.iter().flat_map(|found| &found.names).map(String::as_str).next()
    }

    /// A type that counts and whose name contains one of these words.
    pub(super) fn named_like(&self, words: &[&str]) -> Option<&str> {
        let counting = self.found.iter().filter(|found| found.holds(self.problems));
        counting
            .flat_map(|found| &found.names)
            .map(String::as_str)
            .find(|name| words.iter().any(|word| name.contains(word)))
    }
}

/// Reads the declared failures of a document.
pub(super) fn read(document: &OpenApi) -> Types {
    let mut by_status: BTreeMap<u16, Vec<(&Operation, &ResponseSpec)>> = BTreeMap::new();
    for operation in &document.operations {
        for (status, response) in &operation.responses {
            if let StatusKey::Exact(status @ 400..=599) = status {
                by_status.entry(*status).or_default().push((operation, response));
            }
        }
    }
    let problems = !by_status.is_empty() && by_status.values().flatten().all(|(_, r)| is_problem(document, r));
    let found = by_status.iter().map(|(status, declared)| found(document, *status, declared)).collect();
    let mut types = Types { found, problems, operations: document.operations.len() };
    unique(&mut types.found);
    types
}

fn found(document: &OpenApi, status: u16, declared: &[(&Operation, &ResponseSpec)]) -> Found {
    let mut names: Vec<String> = Vec::new();
    for name in declared.iter().flat_map(|(_, response)| named(document, response)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let read = !names.is_empty();
    if !read {
        names.push(usual(status));
    }
    let missing =
        document.operations.iter().filter(|o| could_answer(o, status) && o.response(status).is_none()).count();
    Found {
        status,
        names,
        read,
        place: format!("{}/responses/{status}", pointer(declared[0].0)),
        declared: declared.len(),
        missing,
        retry_after: declared
            .iter()
            .all(|(_, r)| r.headers.iter().any(|h| h.required && h.name.eq_ignore_ascii_case("retry-after"))),
    }
}

/// The same name under two statuses can be declared once only.
fn unique(found: &mut [Found]) {
    let mut seen: Vec<String> = Vec::new();
    for one in found {
        for name in &mut one.names {
            if seen.contains(name) {
                *name = format!("{name}_{}", one.status);
                one.read = false;
            }
            seen.push(name.clone());
        }
    }
}

fn is_problem(document: &OpenApi, response: &ResponseSpec) -> bool {
    let schema = response.media_type(PROBLEM).and_then(|m| document.schema(m.schema.as_ref()?));
    schema.is_some_and(|schema| !document.schemas_at(schema, &["failureType".to_owned()]).is_empty())
}

/// The failure types that a response names: in its examples, else as the only
/// value of the schema.
fn named(document: &OpenApi, response: &ResponseSpec) -> Vec<String> {
    let examples = response.content.iter().flat_map(|m| &m.examples).filter_map(|e| e.get("failureType"));
    let mut names: Vec<&Value> = examples.collect();
    for schema in response.content.iter().filter_map(|m| document.schema(m.schema.as_ref()?)) {
        for place in document.schemas_at(schema, &["failureType".to_owned()]) {
            let only = place.get("enum").and_then(Value::as_array).filter(|words| words.len() == 1);
            names.extend(place.get("const").into_iter().chain(only.into_iter().flatten()));
        }
    }
    names.into_iter().filter_map(Value::as_str).filter(|name| is_name(name)).map(str::to_owned).collect()
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// What a status is usually called.
fn usual(status: u16) -> String {
    let name = match status {
        400 => "bad_request",
        401 => "unauthorized",
        402 => "payment_required",
        403 => "forbidden",
        404 => "not_found",
        405 => "method_not_allowed",
        406 => "not_acceptable",
        408 => "request_timeout",
        409 => "conflict",
        410 => "gone",
        411 => "length_required",
        412 => "precondition_failed",
        413 => "payload_too_large",
        415 => "unsupported_media_type",
        422 => "validation_error",
        429 => "throttled",
        500 => "internal",
        502 => "bad_gateway",
        503 => "unavailable",
        504 => "timeout",
        other => return format!("status_{other}"),
    };
    name.to_owned()
}

/// Whether an operation can be answered with a status at all.
fn could_answer(operation: &Operation, status: u16) -> bool {
    match status {
        409 => !operation.is_safe(),
        404 => operation.path.contains('{'),
        411 | 413 | 415 => operation.request.is_some(),
        _ => true,
    }
}

/// The part of the file.
pub(super) fn push(types: &Types, sheet: &mut Sheet) {
    sheet.gap();
    if types.found.is_empty() {
        sheet.note("No operation declares a 4xx or 5xx. How does it fail, and who repeats the call?");
        sheet.off("errors:");
        sheet.off("  types:");
        sheet.off("    validation_error: { status: 400, retry: never }");
        return;
    }
    sheet.note(
        "`retry`: policy (the flow's own retry is right), later (a person or a schedule), never. \
         `tier: gateway` or `tier: service` where only one of them answers so. `retry_after: required` \
         where the answer says when to call again.",
    );
    let counts = types.found.iter().any(|found| found.holds(types.problems));
    sheet.switched(counts, "errors:");
    if types.problems {
        sheet.switched(counts, "  shape: problem+json");
    }
    sheet.switched(counts, "  types:");
    for found in &types.found {
        let on = found.holds(types.problems);
        let names = if found.read { "" } else { "; what is it called?" };
        sheet.note(&format!("{} ({} of {} operations){names}", found.place, found.declared, types.operations));
        if found.missing > 0 {
            sheet.note(&format!("{} more operations could answer so and don't declare it.", found.missing));
        }
        if found.status == 429 && !found.retry_after {
            sheet.note("It does not declare a required `Retry-After`: when may one call again?");
        }
        for name in &found.names {
            sheet.switched(on, &declaration(name, found));
        }
    }
}

fn declaration(name: &str, found: &Found) -> String {
    let retry = if flows_retry(found.status) { "policy" } else { "never" };
    let after = if found.retry_after { ", retry_after: required" } else { "" };
    format!("    {}: {{ status: {}, retry: {retry}{after} }}", scalar(name), found.status)
}
