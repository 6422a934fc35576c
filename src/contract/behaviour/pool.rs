//! Reads `data`: pools, and the calls before and after a run.

use std::path::PathBuf;

use http::Method;

use super::amount::{count, read};
use super::job::statuses;
use super::promise::maybe;
use super::word::{Within, list, selector, text};
use super::{Called, DataCall, Pool, PoolSource, Selector};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, closest};

/// Pools, the calls before a run, the calls after it.
pub(super) type Data = (Vec<Pool>, Vec<DataCall>, Vec<DataCall>);

pub(super) fn data(node: &Node, faults: &mut Diagnostics) -> Data {
    let mut fields = Fields::of(node, faults);
    let [pools, set_up, clean_up] = ["pools", "set_up", "clean_up"].map(|key| fields.optional(key));
    fields.finish();
    if let Some(pools) = pools.filter(|pools| pools.as_mapping().is_none()) {
        pools.wrong_kind("a mapping of pools", faults);
    }
    let entries = pools.and_then(Node::as_mapping).unwrap_or_default();
    let names: Vec<String> = entries.iter().map(|(key, _)| key.key_text()).collect();
    let pools = entries.iter().filter_map(|(key, value)| pool(&key.key_text(), value, faults)).collect();
    let mut calls = |node: Option<&Node>| {
        let calls = node.and_then(|node| list(node, faults, |item, faults| data_call(item, &names, faults)));
        calls.unwrap_or_default()
    };
    (pools, calls(set_up), calls(clean_up))
}

fn pool(name: &str, node: &Node, faults: &mut Diagnostics) -> Option<Pool> {
    let mut fields = Fields::of(node, faults);
    let from = fields.required("from");
    let applies_to = fields.optional("applies_to");
    let operations = fields.optional("operations");
    fields.finish();
    let source = from.and_then(|node| {
        let expected =
            "`mock TABLE.COLUMN`, `get OPERATION_OR_PATH POINTER`, `file PATH [POINTER]`, `fresh PREFIX` or `set_up`";
        read(node, node.as_str().and_then(pool_source), expected, faults)
    });
    let applies_to = maybe(applies_to, |node| list(node, faults, |item, faults| selector(item, Within::Pool, faults)));
    let operations = maybe(operations, |node| list(node, faults, text));
    Some(Pool {
        name: name.to_owned(),
        applies_to: applies_to?.unwrap_or_default(),
        operations: operations?.unwrap_or_default(),
        source: source?,
    })
}

fn pool_source(text: &str) -> Option<PoolSource> {
    if text == "set_up" {
        return Some(PoolSource::SetUp);
    }
    let (kind, rest) = text.split_once(' ')?;
    let rest = rest.trim();
    match kind {
        "mock" => {
            let (table, column) = rest.split_once('.').filter(|(t, c)| !t.is_empty() && !c.is_empty())?;
            Some(PoolSource::Mock { table: table.to_owned(), column: column.to_owned() })
        }
        "get" => {
            let (target, values) = rest.split_once(' ')?;
            Some(PoolSource::Get { target: target.to_owned(), values: pointer(values)? })
        }
        "file" if !rest.is_empty() => Some(match rest.split_once(" body ").or_else(|| rest.split_once(" /")) {
            Some((path, values)) => {
                let values = pointer(&format!("/{}", values.trim().trim_start_matches('/')))?;
                PoolSource::File { path: PathBuf::from(path.trim()), values: Some(values) }
            }
            None => PoolSource::File { path: PathBuf::from(rest), values: None },
        }),
        "fresh" => (!rest.is_empty()).then(|| PoolSource::Fresh(rest.to_owned())),
        _ => None,
    }
}

/// `/a/*/b`, or the same as a selector: `body /a/*/b`.
fn pointer(text: &str) -> Option<Selector> {
    let text = text.trim();
    let text = if text.starts_with('/') { format!("body {text}") } else { text.to_owned() };
    Selector::parse(&text).filter(|selector| matches!(selector, Selector::Body(_)))
}

fn data_call(node: &Node, pools: &[String], faults: &mut Diagnostics) -> Option<DataCall> {
    let mut fields = Fields::of(node, faults);
    let [operation, method, path, body] = ["operation", "method", "path", "body"].map(|key| fields.optional(key));
    let [expect, save, for_each, times] = ["expect", "save", "for_each", "times"].map(|key| fields.optional(key));
    fields.finish();
    let call = called(node, operation, (method, path), faults);
    let expect = maybe(expect, |node| statuses(node, faults));
    let save = maybe(save, |node| saved(node, pools, faults));
    let for_each = maybe(for_each, |node| known_pool(node, pools, faults));
    let times = maybe(times, |node| count(node, 1, faults));
    Some(DataCall {
        call: call?,
        body: body.map(Node::to_json),
        expect: expect?.unwrap_or_else(|| vec![super::Statuses::Class(2)]),
        save: save?.unwrap_or_default(),
        for_each: for_each?,
        times: times?.unwrap_or(1),
        place: node.place.clone(),
    })
}

fn called(
    node: &Node,
    operation: Option<&Node>,
    (method, path): (Option<&Node>, Option<&Node>),
    faults: &mut Diagnostics,
) -> Option<Called> {
    match (operation, method, path) {
        (Some(operation), None, None) => text(operation, faults).map(Called::Operation),
        (None, Some(method), Some(path)) => {
            let upper = |text: &str| text.bytes().all(|b| b.is_ascii_uppercase());
            let name = method.as_str().filter(|t| upper(t)).and_then(|t| Method::from_bytes(t.as_bytes()).ok());
            let name = read(method, name, "a method, e.g. `POST`", faults);
            let target = path.as_str().filter(|t| t.starts_with('/')).map(str::to_owned);
            let target = read(path, target, "a path behind the base path, e.g. `/customers/{customer_id}`", faults);
            name.zip(target).map(|(method, path)| Called::Path(method, path))
        }
        _ => {
            if node.as_mapping().is_some() {
                faults.push(
                    Diagnostic::error(node.place.clone(), "this does not say what is called")
                        .expected("either `operation`, or `method` and `path`"),
                );
            }
            None
        }
    }
}

/// `{ customer_id: body /id }`.
fn saved(node: &Node, pools: &[String], faults: &mut Diagnostics) -> Option<Vec<(String, Selector)>> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping from pools to places of the answer", faults);
        return None;
    };
    let saved: Vec<_> = entries
        .iter()
        .map(|(key, value)| {
            let pool = known_pool(key, pools, faults);
            pool.zip(selector(value, Within::Answer, faults))
        })
        .collect();
    saved.into_iter().collect()
}

fn known_pool(node: &Node, pools: &[String], faults: &mut Diagnostics) -> Option<String> {
    let name = node.key_text();
    if pools.contains(&name) {
        return Some(name);
    }
    let mut fault = Diagnostic::error(node.place.clone(), format!("the pool `{name}` is not declared"))
        .expected("one of `data.pools`; one that only calls fill has `from: set_up`");
    if let Some(near) = closest(&name, pools.iter().map(String::as_str)) {
        fault = fault.hint(format!("did you mean `{near}`?"));
    }
    faults.push(fault);
    None
}
