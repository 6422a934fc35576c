//! `retryPolicy` as a scenario writes it.

use std::time::Duration;

use serde_json::Value;

use super::super::sheet::Remark;
use super::known::value;
use crate::clock::parse_duration;
use crate::diagnose::{Node, Place};
use crate::flow::expression::Known;

/// An action's policy: `None` where it is the flow's default.
pub(super) fn of_action(action: &Node, known: &Known, remarks: &mut Vec<Remark>) -> Option<String> {
    let misplaced = action.pointer("/runtimeConfiguration/retryPolicy");
    let node = action.pointer("/inputs/retryPolicy").or_else(|| {
        let node = misplaced?;
        remarks.push(Remark::finding(
            &node.place,
            "`retryPolicy` stands under `runtimeConfiguration`, where the platform does not read it; it belongs into \
             `inputs`",
        ));
        Some(node)
    })?;
    let text = |key: &str| node.get(key).and_then(|node| value(node, known));
    let kind = text("type").and_then(|kind| Some(kind.as_str()?.to_ascii_lowercase()));
    let kind = match kind.as_deref() {
        Some("none") => return Some("none".to_owned()),
        Some("fixed") => "fixed",
        Some("exponential") => "exponential",
        _ => return None,
    };
    let mut parts = vec![format!("type: {kind}")];
    match text("count").as_ref().and_then(Value::as_u64) {
        Some(count @ 1..=90) => parts.push(format!("count: {count}")),
        _ if node.get("count").is_some() => remarks.push(asked(node, "count", "from 1 to 90")),
        _ => {}
    }
    for key in ["interval", "minimumInterval", "maximumInterval"] {
        let Some(given) = node.get(key) else { continue };
        match text(key).and_then(|span| Some((span.as_str()?.to_owned(), parse_duration(span.as_str()?)?))) {
            Some((written, span)) if allowed(span) => parts.push(format!("{key}: {written}")),
            _ => remarks.push(asked(given, key, "from PT5S to P1D")),
        }
    }
    Some(format!("{{ {} }}", parts.join(", ")))
}

fn allowed(span: Duration) -> bool {
    (Duration::from_secs(5)..=Duration::from_hours(24)).contains(&span)
}

fn asked(node: &Node, key: &str, expected: &str) -> Remark {
    let told =
        format!("what is `{key}` of the retry policy? The definition says nothing that can be used ({expected})");
    Remark::question(&node.place, told)
}

/// The flow's default, which follows from its owner's plan.
pub(super) fn of_flow(place: &Place, asked: bool) -> (String, Vec<Remark>) {
    let told = "which plan has the flow's owner? Actions without a policy retry by it: pa-low is 2 retries from 5 min \
                (Microsoft 365, per app), pa-medium 8 from 7 s (Premium, per flow), logicapps 4 from 7 s";
    let remarks = asked.then(|| Remark::question(place, told)).into_iter().collect();
    ("retry: pa-medium".to_owned(), remarks)
}
