//! `retry`: a flow's, or one action's.

use std::time::Duration;

use super::read::{fault, optional_count, optional_word, span, word};
use crate::diagnose::{Diagnostics, Fields, Node};
use crate::flow::{RetryAfterHandling, RetryKind, RetryPolicy};

const HANDLINGS: [(&str, RetryAfterHandling); 3] = [
    ("ignore", RetryAfterHandling::Ignore),
    ("max", RetryAfterHandling::Max),
    ("replace", RetryAfterHandling::Replace),
];

/// A default by its name, or `retryPolicy` as a definition writes it.
pub(super) fn retry(node: &Node, diagnostics: &mut Diagnostics) -> Option<RetryPolicy> {
    if node.as_str().is_some() {
        let names = [
            ("pa-low", RetryPolicy::PA_LOW),
            ("pa-medium", RetryPolicy::PA_MEDIUM),
            ("logicapps", RetryPolicy::LOGIC_APPS),
            ("none", RetryPolicy::NONE),
        ];
        return word(node, &names, diagnostics);
    }
    let mut fields = Fields::of(node, diagnostics);
    let kinds = [
        ("default", None),
        ("none", Some(RetryKind::None)),
        ("fixed", Some(RetryKind::Fixed)),
        ("exponential", Some(RetryKind::Exponential)),
    ];
    let kind = fields.required("type").and_then(|node| word(node, &kinds, fields.diagnostics()));
    let count = optional_count(&mut fields, "count", (1, 90));
    let interval = |fields: &mut Fields<'_, '_>, key: &'static str| {
        let node = fields.optional(key)?;
        let read = span(node, fields.diagnostics())?;
        let allowed = Duration::from_secs(5)..=Duration::from_hours(24);
        if !allowed.contains(&read) {
            fault(node, "the platform does not take this interval", "from `PT5S` to `P1D`", fields.diagnostics());
        }
        Some(read)
    };
    let scale = interval(&mut fields, "interval");
    let (least, most) = (interval(&mut fields, "minimumInterval"), interval(&mut fields, "maximumInterval"));
    let handling = optional_word(&mut fields, "retryAfter", &HANDLINGS).unwrap_or_default();
    fields.finish();
    let default = RetryPolicy::PA_MEDIUM;
    Some(match kind? {
        None => RetryPolicy { retry_after: handling, ..default },
        Some(kind) => RetryPolicy {
            kind,
            count: if kind == RetryKind::None { 0 } else { count.map_or(default.count, |n| n as u32) },
            interval: scale.unwrap_or(default.interval),
            minimum: least.unwrap_or(default.minimum),
            maximum: most.unwrap_or(default.maximum),
            retry_after: handling,
        },
    })
}
