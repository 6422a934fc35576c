//! Limits, jobs, determinism, test data.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sheet::{Sheet, pointer, scalar, sequence};
use crate::contract::openapi::{OpenApi, Operation, ParameterIn, StatusKey};

/// The schemas of request bodies, with their operations.
fn bodies(document: &OpenApi) -> impl Iterator<Item = (&Operation, &Value)> {
    document.operations.iter().flat_map(move |operation| {
        let content = operation.request.iter().flat_map(|request| &request.content);
        content.filter_map(move |m| Some((operation.as_ref(), document.schema(m.schema.as_ref()?)?)))
    })
}

/// Lists in a body: the body itself and its members, by path.
fn lists<'d>(document: &'d OpenApi, schema: &'d Value) -> Vec<(Vec<String>, &'d Value)> {
    let top = document.resolve(schema);
    let members = top.get("properties").and_then(Value::as_object).into_iter().flatten();
    let paths = std::iter::once(Vec::new()).chain(members.map(|(name, _)| vec![name.clone()]));
    let found = paths.flat_map(|path| {
        let there = document.schemas_at(schema, &path);
        there.into_iter().filter(|s| s.get("items").is_some()).map(move |s| (path.clone(), s)).collect::<Vec<_>>()
    });
    found.collect()
}

pub(super) fn limits(document: &OpenApi, largest_body: Option<u64>, sheet: &mut Sheet) {
    let mut types: Vec<&str> = Vec::new();
    for media in document.operations.iter().filter_map(|o| o.request.as_ref()).flat_map(|r| &r.content) {
        let whole = media.name.split('/').filter(|part| !part.is_empty()).count() == 2;
        if whole && !media.name.contains('*') && !types.contains(&media.name.as_str()) {
            types.push(&media.name);
        }
    }
    let ranges = document.operations.iter().filter_map(|o| o.request.as_ref()).flat_map(|r| &r.content);
    let ranges = ranges.filter(|m| !types.contains(&m.name.as_str())).count() > 0;
    let items = most_items(document);
    let counts = largest_body.is_some() || !items.is_empty() || (!types.is_empty() && !ranges);
    sheet.gap();
    sheet.switched(counts, "limits:");
    sheet
        .note("The largest body, the deepest nesting, the most bytes of header fields: at the gateway, and behind it?");
    let body = largest_body.map_or_else(|| "1 MiB".to_owned(), |bytes| format!("{bytes} B"));
    sheet.switched(largest_body.is_some(), &format!("  body: {body}"));
    sheet.off("  nesting: 32");
    sheet.off("  headers: 16 KiB");
    sheet.off("  header: 8 KiB");
    sheet.off("  behind: { body: 4 MiB }");
    if !items.is_empty() {
        sheet.note(&format!(
            "`maxItems` at {}",
            items.iter().map(|(_, _, place)| place.as_str()).collect::<Vec<_>>().join(", ")
        ));
        let entries: Vec<String> = items.iter().map(|(path, most, _)| format!("{}: {most}", scalar(path))).collect();
        sheet.line(&format!("  items: {{ {} }}", entries.join(", ")));
    }
    if !types.is_empty() {
        sheet.note("The media types of all request bodies.");
        sheet.switched(!ranges, &format!("  content_types: {}", sequence(types)));
    }
    sheet.note("How long may an answer take?");
    sheet.off("  answer_within: PT100S");
}

/// `maxItems` by path, where all operations agree, with the place of each.
fn most_items(document: &OpenApi) -> Vec<(String, u64, String)> {
    let mut found: BTreeMap<Vec<String>, (Vec<Option<u64>>, String)> = BTreeMap::new();
    for (operation, schema) in bodies(document) {
        for (path, list) in lists(document, schema) {
            let most = list.get("maxItems").and_then(Value::as_u64);
            found
                .entry(path)
                .or_insert_with(|| (Vec::new(), format!("{}/requestBody", pointer(operation))))
                .0
                .push(most);
        }
    }
    let agreed = found.into_iter().filter_map(|(path, (most, place))| {
        let first = most[0].filter(|most| *most >= 1)?;
        let escaped: Vec<String> = path.iter().map(|t| t.replace('~', "~0").replace('/', "~1")).collect();
        most.iter().all(|m| *m == Some(first)).then(|| (format!("/{}", escaped.join("/")), first, place))
    });
    agreed.collect()
}

/// A list whose items have an ID: the selector, and where the list stands.
pub(super) fn item(document: &OpenApi) -> Option<(String, String)> {
    bodies(document).find_map(|(operation, schema)| {
        lists(document, schema).into_iter().find_map(|(path, _)| {
            let at = |key: &str| [path.as_slice(), &["*".to_owned(), key.to_owned()]].concat();
            let key =
                ["id", "key", "number"].into_iter().find(|key| !document.schemas_at(schema, &at(key)).is_empty())?;
            Some((format!("body /{}", at(key).join("/")), format!("{}/requestBody", pointer(operation))))
        })
    })
}

/// States that mean the end of a job, and those of them that mean failure.
const ENDS: [&str; 9] =
    ["completed", "complete", "succeeded", "success", "done", "finished", "failed", "error", "cancelled"];
const FAILED: [&str; 3] = ["failed", "error", "cancelled"];

/// A member `status` of an answer to a GET, with the states that end a job.
fn states(document: &OpenApi) -> Option<(Vec<&str>, String)> {
    let polls = document.operations.iter().filter(|o| o.is_safe() && o.path.contains('{'));
    let mut answers = polls.flat_map(|operation| {
        let content = operation.responses.values().flat_map(|response| &response.content);
        content.filter_map(move |m| Some((operation, document.schema(m.schema.as_ref()?)?)))
    });
    answers.find_map(|(operation, schema)| {
        let places = document.schemas_at(schema, &["status".to_owned()]);
        let words = places.iter().filter_map(|s| s.get("enum").and_then(Value::as_array)).flatten();
        let fixed = places.iter().filter_map(|s| s.get("const"));
        let ends: Vec<&str> = words.chain(fixed).filter_map(Value::as_str).filter(|w| ENDS.contains(w)).collect();
        (!ends.is_empty()).then(|| (ends, format!("{}/responses", pointer(operation))))
    })
}

pub(super) fn jobs(document: &OpenApi, sheet: &mut Sheet) {
    sheet.gap();
    sheet.note("Is the same asked twice answered the same, whatever the ID?");
    sheet.off("determinism: { same: [body /input], gives: [body /decision] }");
    let accepted = document.operations.iter().find(|o| o.responses.contains_key(&StatusKey::Exact(202)));
    let Some(accepted) = accepted else { return };
    let location =
        accepted.responses[&StatusKey::Exact(202)].headers.iter().any(|h| h.name.eq_ignore_ascii_case("location"));
    let states = states(document);
    sheet.gap();
    sheet.note(&format!("{}/responses/202: work that goes on after the answer.", pointer(accepted)));
    if let Some((_, place)) = &states {
        sheet.note(&format!("The states that end it: `status` at {place}."));
    } else {
        sheet.note("Where does the state stand, and which states are final?");
    }
    let on = location && states.is_some();
    let ends = states.map_or_else(|| vec!["completed", "failed"], |(ends, _)| ends);
    let failed: Vec<&str> = ends.iter().copied().filter(|state| FAILED.contains(state)).collect();
    sheet.switched(on, "jobs:");
    sheet.switched(on, "  status: body /status");
    sheet.switched(on, &format!("  ends: {}", sequence(ends)));
    if !failed.is_empty() {
        sheet.switched(on, &format!("  failed: {}", sequence(failed)));
    }
    if location {
        sheet.switched(on, "  location: header Location");
    } else {
        sheet.note("The 202 declares no `Location`. Where does it say how to ask again?");
        sheet.off("  location: body /statusUrl");
    }
    sheet.note("How often may one ask, and when is it over at the latest?");
    sheet.off("  poll_at_least: 1 s");
    sheet.off("  ends_within: PT5M");
}

pub(super) fn data(document: &OpenApi, sheet: &mut Sheet) {
    let mut wanted: Vec<(&str, &Operation)> = Vec::new();
    for operation in &document.operations {
        for parameter in operation.parameters.iter().filter(|p| p.within == ParameterIn::Path) {
            if !wanted.iter().any(|(name, _)| *name == parameter.name) {
                wanted.push((&parameter.name, operation));
            }
        }
    }
    if wanted.is_empty() {
        return;
    }
    sheet.gap();
    sheet.note("Where do identities come from that exist? Without a pool they are made up, and most answers are 404.");
    sheet.off("data:");
    sheet.off("  pools:");
    for (name, operation) in wanted {
        sheet.note(&format!("path parameter `{name}`, {}", pointer(operation)));
        let pool: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let from = match lists_them(document, operation, name) {
            Some(list) => format!("get {} /*/{name}", list.id),
            None => format!("file {pool}.txt"),
        };
        let entry = format!("{{ from: {}, applies_to: [{}] }}", quoted(&from), quoted(&format!("path {name}")));
        sheet.off(&format!("    {}: {entry}", scalar(&pool)));
    }
}

/// Text in a flow mapping that may hold spaces.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./* ".contains(c));
    if plain { text.to_owned() } else { Value::from(text).to_string() }
}

/// The operation that lists what a path names: the GET on what stands before
/// the parameter.
fn lists_them<'d>(document: &'d OpenApi, operation: &Operation, parameter: &str) -> Option<&'d Operation> {
    let (before, _) = operation.path.split_once(&format!("/{{{parameter}}}"))?;
    let list = document
        .operations
        .iter()
        .find(|o| o.method == http::Method::GET && o.path == before && !before.contains('{'))?;
    (!list.id.contains(' ')).then_some(list.as_ref())
}
