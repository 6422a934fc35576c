//! What is promised about size, rate, writes and latency.

use super::amount::{bytes, count, rate, read, share, span};
use super::promise::maybe;
use super::word::{Within, list, selector, text, word};
use super::{
    Commits, CorrelationCarrier, Effects, Limits, Manners, Objective, OnInvalid, Once, Quota, Rate, Reads, Selector,
    Sizes, Throttling, ThrottlingPer, Tracking,
};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node};

pub(super) fn limits(node: &Node, faults: &mut Diagnostics) -> Option<Limits> {
    let mut fields = Fields::of(node, faults);
    let own = sizes(&mut fields);
    let items = fields.optional("items");
    let types = fields.optional("content_types");
    let within = fields.optional("answer_within");
    let behind = fields.optional("behind");
    fields.finish();
    let items = maybe(items, |node| item_limits(node, faults));
    let types = maybe(types, |node| list(node, faults, media_type));
    let within = maybe(within, |node| span(node, faults));
    let behind = maybe(behind, |node| {
        let mut fields = Fields::of(node, faults);
        let sizes = sizes(&mut fields);
        fields.finish();
        sizes
    });
    let own = own?;
    Some(Limits {
        body: own.body,
        nesting: own.nesting,
        headers: own.headers,
        header: own.header,
        behind: behind?,
        items: items?.unwrap_or_default(),
        content_types: types?.unwrap_or_default(),
        answer_within: within?,
    })
}

/// The limits that are sizes.
fn sizes(fields: &mut Fields<'_, '_>) -> Option<Sizes> {
    let [body, nesting, headers, header] = ["body", "nesting", "headers", "header"].map(|key| fields.optional(key));
    let faults = fields.diagnostics();
    let body = maybe(body, |node| bytes(node, faults));
    let nesting = maybe(nesting, |node| count(node, 1, faults));
    let headers = maybe(headers, |node| bytes(node, faults));
    let header = maybe(header, |node| bytes(node, faults));
    Some(Sizes { body: body?, nesting: nesting?, headers: headers?, header: header? })
}

/// `{ /records: 500 }`; `/` is the body itself.
fn item_limits(node: &Node, faults: &mut Diagnostics) -> Option<Vec<(Selector, u64)>> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping of JSON Pointers", faults);
        return None;
    };
    let mut limits = Vec::new();
    for (key, value) in entries {
        let selector = Selector::parse(&format!("body {}", key.key_text()));
        let selector =
            read(key, selector, "the JSON Pointer of a list in the body, e.g. `/records`; `/`: the body", faults);
        limits.push(selector.zip(count(value, 1, faults)));
    }
    limits.into_iter().collect()
}

fn media_type(node: &Node, faults: &mut Diagnostics) -> Option<String> {
    let name = node.as_str().map(str::trim).filter(|n| n.split('/').filter(|part| !part.is_empty()).count() == 2);
    read(node, name.map(str::to_ascii_lowercase), "a media type, e.g. `application/json`", faults)
}

pub(super) fn throttling(node: &Node, faults: &mut Diagnostics) -> Option<Throttling> {
    let mut fields = Fields::of(node, faults);
    let per = fields.required("per");
    let rate = fields.optional("rate");
    let quota = fields.optional("quota");
    fields.finish();
    let per =
        per.and_then(|node| word(node, &[("client", ThrottlingPer::Client), ("api", ThrottlingPer::Api)], faults));
    let rate = maybe(rate, |node| calls(node, faults).map(|(calls, per)| Rate { calls, per }));
    let quota = maybe(quota, |node| calls(node, faults).map(|(calls, per)| Quota { calls, per }));
    Some(Throttling { per: per?, rate: rate?, quota: quota? })
}

fn calls(node: &Node, faults: &mut Diagnostics) -> Option<(u64, std::time::Duration)> {
    let mut fields = Fields::of(node, faults);
    let calls = fields.required("calls");
    let per = fields.required("per");
    fields.finish();
    let calls = calls.and_then(|node| count(node, 1, faults));
    let per = per.and_then(|node| span(node, faults));
    calls.zip(per)
}

pub(super) fn effects(node: &Node, faults: &mut Diagnostics) -> Option<Effects> {
    let mut fields = Fields::of(node, faults);
    let table = fields.required("table");
    let columns = fields.required("columns");
    let once = fields.required("once");
    let on_invalid = fields.required("on_invalid");
    let carrier = fields.required("correlated_by");
    let key = fields.optional("business_key");
    fields.finish();
    let table = table.and_then(|node| text(node, faults));
    let columns = columns.and_then(|node| list(node, faults, text));
    let once =
        once.and_then(|node| word(node, &[("per_item", Once::PerItem), ("per_request", Once::PerRequest)], faults));
    let on_invalid = on_invalid.and_then(|node| refusal(node, faults));
    let carrier = carrier.and_then(|node| correlated_by(node, faults));
    let key = maybe(key, |node| selector(node, Within::Request, faults));
    Some(Effects {
        table: table?,
        columns: columns?,
        once: once?,
        on_invalid: on_invalid?,
        correlated_by: carrier?,
        business_key: key?,
    })
}

pub(super) fn manners(node: &Node, faults: &mut Diagnostics) -> Option<Manners> {
    let mut fields = Fields::of(node, faults);
    let patience = fields.optional("patience");
    fields.finish();
    Some(Manners { patience: maybe(patience, |node| span(node, faults))? })
}

pub(super) fn commits(node: &Node, faults: &mut Diagnostics) -> Option<Commits> {
    let mut fields = Fields::of(node, faults);
    let key = fields.required("key");
    let columns = fields.required("columns");
    fields.finish();
    let key = key.and_then(|node| selector(node, Within::Answer, faults));
    let columns = columns.and_then(|node| {
        let Some(entries) = node.as_mapping() else {
            node.wrong_kind("a mapping of columns to places in the answer", faults);
            return None;
        };
        let column =
            |(name, place): &(Node, Node)| Some((text(name, faults)?, selector(place, Within::Answer, faults)?));
        entries.iter().map(column).collect::<Vec<_>>().into_iter().collect()
    });
    Some(Commits { key: key?, columns: columns? })
}

/// `reads`: `{ accounts: [accountid, name] }`.
pub(super) fn reads(node: &Node, faults: &mut Diagnostics) -> Option<Reads> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping of tables to lists of columns", faults);
        return None;
    };
    let table = |(key, value): &(Node, Node)| Some((text(key, faults)?, list(value, faults, text)?));
    entries.iter().map(table).collect::<Vec<_>>().into_iter().collect()
}

fn refusal(node: &Node, faults: &mut Diagnostics) -> Option<OnInvalid> {
    let on_invalid = match node.as_str().unwrap_or_default() {
        "refuse_all" => Some(OnInvalid::RefuseAll),
        "skip_invalid" => Some(OnInvalid::SkipInvalid),
        other => other
            .strip_prefix("caller ")
            .and_then(Selector::parse)
            .filter(|s| matches!(s, Selector::Body(_) | Selector::Query(_) | Selector::Header(_)))
            .map(OnInvalid::Caller),
    };
    read(node, on_invalid, "`refuse_all`, `skip_invalid` or `caller SELECTOR`, e.g. `caller body /onInvalid`", faults)
}

fn correlated_by(node: &Node, faults: &mut Diagnostics) -> Option<CorrelationCarrier> {
    let text = node.as_str().unwrap_or_default();
    let carrier = match Selector::parse(text) {
        Some(Selector::Column(name)) => Some(CorrelationCarrier::Column(name)),
        Some(Selector::Header(name)) => Some(CorrelationCarrier::Header(name)),
        _ if text == "tag" => Some(CorrelationCarrier::Tag),
        _ => text.strip_prefix("tracking ").and_then(Tracking::parse).map(CorrelationCarrier::Tracking),
    };
    read(node, carrier, "`column NAME`, `header NAME`, `tag` or `tracking TABLE ROW-COLUMN ID-COLUMN`", faults)
}

const QUANTILES: [(&str, f64); 7] =
    [("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)];

pub(super) fn objective(node: &Node, faults: &mut Diagnostics) -> Option<Objective> {
    let mut fields = Fields::of(node, faults);
    let at = fields.required("at");
    let bounds: Vec<_> = QUANTILES.iter().filter_map(|(name, q)| Some((*q, fields.optional(name)?))).collect();
    let errors = fields.optional("errors");
    fields.finish();
    if bounds.is_empty() && errors.is_none() && node.as_mapping().is_some() {
        faults.push(
            Diagnostic::error(node.place.clone(), "this objective demands nothing")
                .expected("a bound, e.g. `p95: 500 ms` or `errors: 0.1%`"),
        );
    }
    let at = at.and_then(|node| rate(node, faults));
    let quantiles: Vec<_> = bounds.into_iter().map(|(q, node)| Some((q, span(node, faults)?))).collect();
    let errors = maybe(errors, |node| share(node, faults));
    let quantiles = quantiles.into_iter().collect::<Option<Vec<_>>>()?;
    Some(Objective { at: at?, quantiles, errors: errors?, place: node.place.clone() })
}
