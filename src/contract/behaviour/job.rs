//! Reads `callback`, `determinism` and `jobs`.

use super::amount::{count, read, span};
use super::declared::Declared;
use super::promise::maybe;
use super::word::{Within, list, selector, text, word};
use super::{Callback, Determinism, Jobs, Resend, Role, Selector, Statuses, TypeName};
use crate::contract::id::ContractId;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node};

pub(super) fn callback(node: &Node, role: Role, faults: &mut Diagnostics) -> Option<Callback> {
    if role == Role::Provider {
        faults.push(
            Diagnostic::error(node.place.clone(), "only an API that the tested service calls has a `callback`")
                .expected("`role: consumer`"),
        );
    }
    let mut fields = Fields::of(node, faults);
    let of = fields.required("of");
    let operation = fields.optional("operation");
    let once_per = fields.required("once_per");
    let [accepted, resend, address, within] =
        ["accepted", "resend", "address", "within"].map(|key| fields.optional(key));
    fields.finish();
    let of = of.and_then(|node| contract_id(node, faults));
    let operation = maybe(operation, |node| text(node, faults));
    let once_per = once_per.and_then(|node| selector(node, Within::Request, faults));
    let accepted = maybe(accepted, |node| statuses(node, faults));
    let resend = maybe(resend, |node| list(node, faults, resent_after));
    let address = maybe(address, |node| word(node, &[("configured", true)], faults));
    let within = maybe(within, |node| span(node, faults));
    Some(Callback {
        of: of?,
        operation: operation?,
        once_per: once_per?,
        accepted: accepted?.unwrap_or_else(|| vec![Statuses::Class(2)]),
        resend: resend?.unwrap_or_default(),
        address_configured: address?.unwrap_or(false),
        within: within?,
    })
}

fn contract_id(node: &Node, faults: &mut Diagnostics) -> Option<ContractId> {
    let id = node.as_str().map(ContractId::parse).filter(|id| !id.api.is_empty() && !id.version.is_empty());
    read(node, id, "a contract, e.g. `bulk-update/v2`", faults)
}

fn resent_after(node: &Node, faults: &mut Diagnostics) -> Option<Resend> {
    let text = node.key_text();
    let after =
        if text == "lost_answer" { Some(Resend::LostAnswer) } else { Statuses::parse(&text).map(Resend::Status) };
    read(node, after, "`lost_answer`, a status or a class of them, e.g. `429` or `5xx`", faults)
}

/// A status or a class, or a list of them.
pub(super) fn statuses(node: &Node, faults: &mut Diagnostics) -> Option<Vec<Statuses>> {
    let one = |node: &Node, faults: &mut Diagnostics| {
        read(node, Statuses::parse(&node.key_text()), "a status or a class of them, e.g. `201` or `2xx`", faults)
    };
    match node.as_sequence() {
        Some(_) => list(node, faults, one),
        None => one(node, faults).map(|statuses| vec![statuses]),
    }
}

pub(super) fn determinism(node: &Node, faults: &mut Diagnostics) -> Option<Determinism> {
    let mut fields = Fields::of(node, faults);
    let operation = fields.optional("operation");
    let same = fields.required("same");
    let gives = fields.required("gives");
    fields.finish();
    let operation = maybe(operation, |node| text(node, faults));
    let same = same.and_then(|node| places(node, Within::Request, faults));
    let gives = gives.and_then(|node| places(node, Within::Answer, faults));
    Some(Determinism { operation: operation?, same: same?, gives: gives?, place: node.place.clone() })
}

/// Selectors, at least one.
fn places(node: &Node, within: Within, faults: &mut Diagnostics) -> Option<Vec<Selector>> {
    let places = list(node, faults, |item, faults| selector(item, within, faults))?;
    read(node, (!places.is_empty()).then_some(places), "at least one place", faults)
}

pub(super) fn jobs(node: &Node, declared: &Declared, faults: &mut Diagnostics) -> Option<Jobs> {
    let mut fields = Fields::of(node, faults);
    let status = fields.required("status");
    let ends = fields.required("ends");
    let [failed, failure, location, queue, pace, within] =
        ["failed", "failure", "location", "queue", "poll_at_least", "ends_within"].map(|key| fields.optional(key));
    fields.finish();
    let status = status.and_then(|node| selector(node, Within::Answer, faults));
    let states = ends.and_then(|node| list(node, faults, text));
    let failed = maybe(failed, |node| failures(node, states.as_deref(), faults));
    let failure = maybe(failure, |node| selector(node, Within::Answer, faults));
    let location = maybe(location, |node| selector(node, Within::Answer, faults));
    let queue = maybe(queue, |node| bounded(node, declared, faults));
    let pace = maybe(pace, |node| span(node, faults));
    let within = maybe(within, |node| span(node, faults));
    let (queue_full, queue_size) = queue?.unwrap_or_default();
    Some(Jobs {
        status: status?,
        ends: states?,
        failed: failed?.unwrap_or_default(),
        failure: failure?,
        location: location?.unwrap_or_else(|| Selector::Header("Location".to_owned())),
        queue_full,
        queue_size,
        poll_at_least: pace?,
        ends_within: within?,
    })
}

/// States that are failures: each of them is one that ends a job.
fn failures(node: &Node, ends: Option<&[String]>, faults: &mut Diagnostics) -> Option<Vec<String>> {
    list(node, faults, |item, faults| {
        let state = text(item, faults)?;
        let Some(ends) = ends.filter(|ends| !ends.contains(&state)) else { return Some(state) };
        faults.push(
            Diagnostic::error(item.place.clone(), format!("no job ends as `{state}`"))
                .expected(format!("one of `ends`: `{}`", ends.join("`, `"))),
        );
        None
    })
}

fn bounded(node: &Node, declared: &Declared, faults: &mut Diagnostics) -> Option<(Option<TypeName>, Option<u64>)> {
    let mut fields = Fields::of(node, faults);
    let full = fields.optional("full");
    let size = fields.optional("size");
    fields.finish();
    let full = maybe(full, |node| declared.named(node, faults));
    let size = maybe(size, |node| count(node, 1, faults));
    full.zip(size)
}
