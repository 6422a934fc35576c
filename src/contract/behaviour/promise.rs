//! What is promised about calls: life cycle, correlation, identity,
//! idempotency.

use super::amount::{count, date, flag, read, span};
use super::declared::Declared;
use super::word::{Within, list, selector, text, word};
use super::{
    AfterSunset, Correlation, Idempotency, Identity, Lifecycle, LifecycleStatus, OtherContent, RunningPolicy,
    SameContent, Scope, Selector,
};
use crate::diagnose::{Diagnostics, Fields, Node};

/// Reads an optional value: `None` is a fault in it, `Some(None)` its absence.
#[expect(clippy::option_option, reason = "absent and faulty are two things, and `?` tells them apart")]
pub(super) fn maybe<T>(node: Option<&Node>, read: impl FnOnce(&Node) -> Option<T>) -> Option<Option<T>> {
    node.map_or(Some(None), |node| read(node).map(Some))
}

pub(super) fn lifecycle(node: &Node, declared: &Declared, faults: &mut Diagnostics) -> Option<Lifecycle> {
    let mut fields = Fields::of(node, faults);
    let status = fields.required("status");
    let since = fields.optional("since");
    let sunset = fields.optional("sunset");
    let successor = fields.optional("successor");
    let after = fields.optional("after_sunset");
    fields.finish();
    let words = [
        ("active", LifecycleStatus::Active),
        ("deprecated", LifecycleStatus::Deprecated),
        ("retired", LifecycleStatus::Retired),
    ];
    let status = status.and_then(|node| word(node, &words, faults));
    let since = maybe(since, |node| date(node, faults));
    let sunset = maybe(sunset, |node| date(node, faults));
    let successor = maybe(successor, |node| text(node, faults));
    let after = maybe(after, |node| {
        declared.word_or_type(node, &[("unchanged", AfterSunset::Unchanged)], faults, AfterSunset::Type)
    });
    Some(Lifecycle { status: status?, since: since?, sunset: sunset?, successor: successor?, after_sunset: after? })
}

pub(super) fn correlation(node: &Node, declared: &Declared, faults: &mut Diagnostics) -> Option<Correlation> {
    let mut fields = Fields::of(node, faults);
    let header = fields.required("header");
    let format = fields.optional("format");
    let echo = fields.optional("echo");
    let missing = fields.optional("missing");
    let log = fields.optional("log");
    fields.finish();
    let header = header.and_then(|node| field_name(node, faults));
    let uuid = maybe(format, |node| word(node, &[("uuid", true), ("text", false)], faults));
    let echo = maybe(echo, |node| flag(node, faults));
    let missing = maybe(missing, |node| declared.named(node, faults));
    let log = maybe(log, |node| text(node, faults));
    Some(Correlation {
        header: header?,
        uuid: uuid?.unwrap_or(false),
        echo: echo?.unwrap_or(false),
        missing: missing?,
        log: log?,
    })
}

/// The name of a header field (RFC 9110 §5.1).
fn field_name(node: &Node, faults: &mut Diagnostics) -> Option<String> {
    let name = node.as_str().filter(|name| http::HeaderName::from_bytes(name.as_bytes()).is_ok());
    read(node, name.map(str::to_owned), "the name of a header field, e.g. `X-Correlation-Id`", faults)
}

pub(super) fn identity(node: &Node, faults: &mut Diagnostics) -> Option<Identity> {
    let mut fields = Fields::of(node, faults);
    let issuer = fields.required("issuer");
    let version = fields.required("token_version");
    let audience = fields.required("audience");
    let uri = fields.required("app_id_uri");
    let roles = fields.optional("roles");
    let only = fields.optional("through_gateway_only");
    fields.finish();
    let issuer = issuer.and_then(|node| text(node, faults));
    let version = version.and_then(|node| {
        let version = count(node, 0, faults)?;
        read(node, u8::try_from(version).ok().filter(|v| (1..=2).contains(v)), "`1` or `2`", faults)
    });
    let audience = audience.and_then(|node| text(node, faults));
    let uri = uri.and_then(|node| text(node, faults));
    let roles = maybe(roles, |node| list(node, faults, text));
    let only = maybe(only, |node| flag(node, faults));
    Some(Identity {
        issuer: issuer?,
        token_version: version?,
        audience: audience?,
        app_id_uri: uri?,
        roles: roles?.unwrap_or_default(),
        through_gateway_only: only?.unwrap_or(false),
    })
}

/// What identifies a call and its parts.
struct Identification {
    scope: Vec<Scope>,
    request: Selector,
    item: Option<Selector>,
    step: Option<Selector>,
    volatile: Vec<Selector>,
}

fn identification(fields: &mut Fields<'_, '_>) -> Option<Identification> {
    let scope = fields.required("scope");
    let request = fields.required("request");
    let item = fields.optional("item");
    let step = fields.optional("step");
    let volatile = fields.optional("volatile");
    let faults = fields.diagnostics();
    let words = [("principal", Scope::Principal), ("operation", Scope::Operation), ("version", Scope::Version)];
    let scope = scope.and_then(|node| list(node, faults, |item, faults| word(item, &words, faults)));
    let request = request.and_then(|node| selector(node, Within::Request, faults));
    let item = maybe(item, |node| selector(node, Within::Item, faults));
    let step = maybe(step, |node| selector(node, Within::Request, faults));
    let volatile = maybe(volatile, |node| list(node, faults, |item, faults| selector(item, Within::Answer, faults)));
    Some(Identification {
        scope: scope?,
        request: request?,
        item: item?,
        step: step?,
        volatile: volatile?.unwrap_or_default(),
    })
}

pub(super) fn idempotency(node: &Node, declared: &Declared, faults: &mut Diagnostics) -> Option<Idempotency> {
    let mut fields = Fields::of(node, faults);
    let identification = identification(&mut fields);
    let same = fields.required("same_item_same_content");
    let other = fields.optional("same_item_other_content");
    let new_item = fields.optional("new_item");
    let unfinished = fields.optional("unfinished");
    let running = fields.optional("while_running");
    let window = fields.required("window");
    let forgotten = fields.optional("not_remembered");
    fields.finish();
    let same = same.and_then(|node| {
        declared.word_or_type(node, &[("same_result", SameContent::SameResult)], faults, SameContent::Type)
    });
    let other = maybe(other, |node| {
        declared.word_or_type(node, &[("executed", OtherContent::Executed)], faults, OtherContent::Type)
    });
    let new_item = maybe(new_item, |node| word(node, &[("executed", true)], faults));
    let unfinished = maybe(unfinished, |node| word(node, &[("resumed", true)], faults));
    let words = [("waits", RunningPolicy::Waits), ("same_location", RunningPolicy::SameLocation)];
    let running = maybe(running, |node| declared.word_or_type(node, &words, faults, RunningPolicy::Type));
    let window = window.and_then(|node| span(node, faults));
    let forgotten = maybe(forgotten, |node| declared.not_remembered(node, faults));
    let identification = identification?;
    Some(Idempotency {
        scope: identification.scope,
        request: identification.request,
        item: identification.item,
        step: identification.step,
        same_content: same?,
        volatile: identification.volatile,
        other_content: other?,
        new_item_executed: new_item?.unwrap_or(false),
        unfinished_resumed: unfinished?.unwrap_or(false),
        while_running: running?,
        window: window?,
        not_remembered: forgotten?.unwrap_or_default(),
    })
}
