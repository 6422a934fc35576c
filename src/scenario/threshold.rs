//! `thresholds` of a scenario file.

use std::collections::BTreeSet;
use std::time::Duration;

use super::model::{ActionSpec, FlowSpec};
use super::read::{fault, share, span};
use crate::contract::ContractId;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Value, closest};
use crate::observe::{Bound, Share, Threshold};

const QUANTILES: [(&str, f64); 7] =
    [("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)];

const SHARES: [Share; 5] =
    [Share::Failed, Share::FailedByGateway, Share::FailedByService, Share::Unanswered, Share::Throttled];

/// The longest window: seconds are kept in memory.
const LONGEST: Duration = Duration::from_mins(10);

/// One of `thresholds`.
pub(super) fn threshold(node: &Node, diagnostics: &mut Diagnostics) -> Option<Threshold> {
    let mut fields = Fields::of(node, diagnostics);
    let place = fields.place();
    let mut bounds = bounds(&mut fields);
    let contract = fields.optional_str("contract").map(ContractId::parse);
    let operation = fields.optional_str("operation").map(Into::into);
    let over = fields.optional("over").map(|node| window(node, fields.diagnostics()));
    let abort = fields.optional("abort").is_some_and(|node| flag(node, fields.diagnostics()));
    fields.finish();
    if bounds.len() != 1 && node.as_mapping().is_some() {
        let what = if bounds.is_empty() { "this threshold bounds nothing" } else { "a threshold bounds one thing" };
        diagnostics.push(
            Diagnostic::error(place, what)
                .expected("one bound, e.g. `p99: 300 ms`, `throttled: 5%` or `reached: 95%`")
                .hint("give each bound an entry of its own"),
        );
        return None;
    }
    if abort && over.is_none() {
        diagnostics.push(
            Diagnostic::error(place.clone(), "whether all of a scenario keeps a bound is known at its end only")
                .expected("a window beside `abort: true`")
                .hint("add e.g. `over: 10 s`"),
        );
    }
    Some(Threshold { bound: bounds.pop()??, contract, operation, over: over.flatten(), abort, place })
}

/// What is bounded; nothing inside where that can't be read.
fn bounds(fields: &mut Fields<'_, '_>) -> Vec<Option<Bound>> {
    let mut bounds = Vec::new();
    for (name, quantile) in QUANTILES {
        let read = fields.optional(name).map(|node| span(node, fields.diagnostics()));
        bounds.extend(read.map(|most| most.map(|most| Bound::Quantile(quantile, most))));
    }
    for of in SHARES {
        let read = fields.optional(of.name()).map(|node| share(node, fields.diagnostics()));
        bounds.extend(read.map(|most| most.map(|most| Bound::Share(of, most))));
    }
    for (name, bound) in [("dropped", Bound::Dropped as fn(f64) -> Bound), ("reached", Bound::Reached)] {
        let read = fields.optional(name).map(|node| share(node, fields.diagnostics()));
        bounds.extend(read.map(|limit| limit.map(bound)));
    }
    bounds
}

fn flag(node: &Node, diagnostics: &mut Diagnostics) -> bool {
    let read = if let Value::Bool(flag) = node.value { Some(flag) } else { None };
    if read.is_none() {
        fault(node, "neither yes nor no", "`true` or `false`", diagnostics);
    }
    read.unwrap_or(false)
}

/// Contracts and operations of thresholds that no flow calls.
pub(super) fn known_calls(thresholds: &[Threshold], flows: &[FlowSpec], diagnostics: &mut Diagnostics) {
    let calls = || flows.iter().flat_map(|flow| &flow.actions);
    for threshold in thresholds {
        let contracts: BTreeSet<String> = calls().map(|call| call.contract.to_string()).collect();
        let of = |call: &&ActionSpec| threshold.contract.as_ref().is_none_or(|contract| *contract == call.contract);
        let operations: BTreeSet<String> = calls().filter(of).map(|call| call.operation.to_string()).collect();
        let contract = threshold.contract.as_ref().map(ToString::to_string);
        let unknown = match (contract, &threshold.operation) {
            (Some(contract), _) if !contracts.contains(&contract) => Some(("contract", contract, contracts)),
            (_, Some(operation)) if !operations.contains(&**operation) => {
                Some(("operation", operation.to_string(), operations))
            }
            _ => None,
        };
        if let Some((what, name, known)) = unknown {
            diagnostics.push(not_called(threshold, (what, &name), &known));
        }
    }
}

fn not_called(threshold: &Threshold, (what, name): (&str, &str), known: &BTreeSet<String>) -> Diagnostic {
    let list = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    let fault =
        Diagnostic::error(threshold.place.clone(), format!("no flow of the scenario calls the {what} `{name}`"))
            .expected(format!("one of {list}"))
            .actual(format!("`{name}`"));
    match closest(name, known.iter().map(String::as_str)) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault.hint("leave it out to bound all calls of the scenario together"),
    }
}

/// A window in whole seconds.
fn window(node: &Node, diagnostics: &mut Diagnostics) -> Option<u64> {
    let read = span(node, diagnostics)?;
    if read.subsec_nanos() > 0 || read.is_zero() || read > LONGEST {
        fault(node, "not a window that can be watched", "whole seconds, from `1 s` to `10 min`", diagnostics);
        return None;
    }
    Some(read.as_secs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Bound, Share};
    use crate::diagnose::Diagnostics;
    use crate::scenario::{Scenario, load};

    fn read(thresholds: &str) -> Result<Scenario, Diagnostics> {
        load(
            "s.yaml",
            &format!(
                "format: seamstress/scenario/1\nname: n\ndescription: d\nwarm_up: 10 s\nflows:\n  - name: a\n    \
                 actions: [{{ contract: bulk-update/v1, operation: submitBatch }}]\n    \
                 start: {{ burst: {{ runs: 1, within: 1 s }} }}\nthresholds:\n{thresholds}"
            ),
        )
    }

    #[test]
    fn a_threshold_bounds_one_thing_of_some_calls() {
        let text = "  - { p99.9: 300 ms, over: 10 s, abort: true }\n  - { throttled: 5%, operation: submitBatch }\n  \
                    - { reached: 0.95, contract: bulk-update/v1 }\n";
        let scenario = read(text).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(scenario.warm_up, Duration::from_secs(10));
        let bounds: Vec<Bound> = scenario.thresholds.iter().map(|threshold| threshold.bound).collect();
        let expected = [
            Bound::Quantile(0.999, Duration::from_millis(300)),
            Bound::Share(Share::Throttled, 0.05),
            Bound::Reached(0.95),
        ];
        assert_eq!(bounds, expected);
        let first = &scenario.thresholds[0];
        assert_eq!((first.over, first.abort, first.place.line), (Some(10), true, 10));
    }

    #[test]
    fn every_fault_of_a_threshold_is_told_with_its_place() {
        for (text, place, words) in [
            ("{ p99: soon }", "s.yaml:10:12", "not a span of time"),
            ("{ over: 10 s }", "s.yaml:10:5", "bounds nothing"),
            ("{ p99: 1 s, failed: 1% }", "s.yaml:10:5", "bounds one thing"),
            ("{ p99: 1 s, over: 1500 ms }", "s.yaml:10:23", "whole seconds"),
            ("{ p99: 1 s, over: 1 h }", "s.yaml:10:23", "whole seconds"),
            ("{ p99: 1 s, abort: true }", "s.yaml:10:5", "add e.g. `over: 10 s`"),
            ("{ p99: 1 s, over: 1 s, abort: maybe }", "s.yaml:10:35", "`true` or `false`"),
            ("{ failed: 120% }", "s.yaml:10:15", "not a share"),
            ("{ thottled: 5% }", "s.yaml:10:7", "did you mean `throttled`?"),
            ("{ p99: 1 s, operation: submitBacth }", "s.yaml:10:5", "did you mean `submitBatch`?"),
            ("{ p99: 1 s, contract: a/v9 }", "s.yaml:10:5", "no flow of the scenario calls the contract `a/v9`"),
        ] {
            let faults = read(&format!("  - {text}\n")).expect_err(text).to_string();
            assert!(faults.contains(place) && faults.contains(words), "{text}:\n{faults}");
        }
    }
}
