//! One of a scenario's `flows`.

use std::sync::Arc;

use super::actions::{Tree, actions, apply_to_each};
use super::fields::{HEADERS, field_name};
use super::model::{Concurrency, DuplicateKind, Duplicates, FlowSpec, Oversized, Start};
use super::read::{count, fault, list, optional_count, optional_span, optional_word, required_count, share, word};
use super::retry::retry;
use super::start::start;
use crate::diagnose::{Diagnostics, Fields, Node, Value};
use crate::flow::{CONNECTOR_KEEPS, CorrelationBirth, HeaderSet, OUTBOUND_TIMEOUT, Profile, RetryPolicy};

const BIRTHS: [(&str, CorrelationBirth); 3] = [
    ("per_run", CorrelationBirth::PerRun),
    ("trigger_event", CorrelationBirth::TriggerEvent),
    ("fixed", CorrelationBirth::Fixed),
];

const PROFILES: [(&str, Profile); 3] = [("low", Profile::Low), ("medium", Profile::Medium), ("high", Profile::High)];

/// How many items `splitOn` takes where the trigger's concurrency is limited.
const SPLIT_BY_LIMITED: u32 = 100;

/// Reads a flow.
pub(super) fn flow(node: &Node, diagnostics: &mut Diagnostics) -> Option<FlowSpec> {
    let mut fields = Fields::of(node, diagnostics);
    let place = fields.place();
    let name = fields.required_str("name");
    let profile = optional_word(&mut fields, "profile", &PROFILES);
    let policy = fields.optional("retry").and_then(|node| retry(node, fields.diagnostics()));
    let policy = policy.unwrap_or(profile.unwrap_or_default().retry());
    let headers = optional_word(&mut fields, "headers", &HEADERS).unwrap_or_default();
    let kept = fields.optional("connector_keeps").map(|node| list(node, fields.diagnostics(), field_name));
    let kept = kept.unwrap_or_else(|| CONNECTOR_KEEPS.map(Arc::from).to_vec());
    let tree = tree(&mut fields, (policy, headers), profile);
    let clones = optional_count(&mut fields, "clones", (1, 100_000)).unwrap_or(1) as u32;
    let clients = optional_count(&mut fields, "clients", (1, 100_000)).map_or(clones, |n| n as u32).min(clones);
    let (start, concurrency) = trigger(&mut fields);
    let correlation = optional_word(&mut fields, "correlation", &BIRTHS).unwrap_or_default();
    let timeout = optional_span(&mut fields, "timeout").unwrap_or(OUTBOUND_TIMEOUT);
    let oversized = fields.optional("oversized").and_then(|node| oversized(node, fields.diagnostics()));
    let duplicates = fields.optional("duplicates").map(|node| list(node, fields.diagnostics(), duplicate));
    fields.finish();
    let Tree { definition, calls, children } = tree?;
    Some(FlowSpec {
        name: name?.into(),
        actions: calls,
        definition,
        children,
        clones,
        clients,
        start: start?,
        concurrency,
        profile,
        correlation,
        connector_keeps: kept.into(),
        retry: policy,
        timeout,
        oversized,
        duplicates: duplicates.unwrap_or_default(),
        place,
    })
}

/// When its runs begin, and how many at once.
fn trigger(fields: &mut Fields<'_, '_>) -> (Option<Start>, Option<Concurrency>) {
    let start = fields.required("start").and_then(|node| start(node, fields.diagnostics()));
    let Some(node) = fields.optional("concurrency") else { return (start, None) };
    if let Some(Start::Polling { items: (_, most), .. }) = start
        && most > SPLIT_BY_LIMITED
    {
        let what = format!("a trigger that limits its runs does not split {most} items");
        let expected = format!("at most {SPLIT_BY_LIMITED} `items` in a poll, or no `concurrency`");
        fault(node, &what, &expected, fields.diagnostics());
    }
    (start, concurrency(node, fields.diagnostics()))
}

/// Its actions, within the limits of its owner's profile.
fn tree(fields: &mut Fields<'_, '_>, usual: (RetryPolicy, HeaderSet), profile: Option<Profile>) -> Option<Tree> {
    let each = fields.optional("apply_to_each").and_then(|node| apply_to_each(node, fields.diagnostics()));
    let tree = fields.required("actions").and_then(|node| actions(node, usual, each, fields.diagnostics()))?;
    let most = profile.map_or(u32::MAX, Profile::items);
    if let Some(items) = tree.definition.most_items().filter(|items| *items > most) {
        let what = format!("a loop of {items} items is more than the profile takes");
        let expected = format!("at most {most} items, or a higher `profile`");
        if let Some(node) = fields.optional("profile") {
            fault(node, &what, &expected, fields.diagnostics());
        }
    }
    Some(tree)
}

/// How many runs, or `{ runs: …, waiting: … }`.
fn concurrency(node: &Node, diagnostics: &mut Diagnostics) -> Option<Concurrency> {
    if !matches!(node.value, Value::Mapping(_)) {
        let runs = count(node, 1, 100, diagnostics)? as u32;
        return Some(Concurrency::of(runs));
    }
    let mut fields = Fields::of(node, diagnostics);
    let runs = required_count(&mut fields, "runs", (1, 100)).map(|n| n as u32);
    let waiting = optional_count(&mut fields, "waiting", (0, 100)).map(|n| n as u32);
    fields.finish();
    let usual = Concurrency::of(runs?);
    Some(Concurrency { waiting: waiting.unwrap_or(usual.waiting), ..usual })
}

fn oversized(node: &Node, diagnostics: &mut Diagnostics) -> Option<Oversized> {
    let mut fields = Fields::of(node, diagnostics);
    let of_calls = fields.required("share").and_then(|node| share(node, fields.diagnostics()));
    let without_length = fields.optional("without_length").and_then(|node| share(node, fields.diagnostics()));
    fields.finish();
    Some(Oversized { share: of_calls?, without_length: without_length.unwrap_or(0.0) })
}

fn duplicate(node: &Node, diagnostics: &mut Diagnostics) -> Option<Duplicates> {
    let mut fields = Fields::of(node, diagnostics);
    let kinds = [
        ("redelivery", DuplicateKind::Redelivery),
        ("resubmit", DuplicateKind::Resubmit),
        ("copied_flow", DuplicateKind::CopiedFlow),
        ("lost_answer", DuplicateKind::LostAnswer),
    ];
    let kind = fields.required("by").and_then(|node| word(node, &kinds, fields.diagnostics()));
    let share = fields.required("share").and_then(|node| share(node, fields.diagnostics()));
    let after = optional_span(&mut fields, "after").unwrap_or_default();
    fields.finish();
    Some(Duplicates { kind: kind?, share: share?, after })
}
