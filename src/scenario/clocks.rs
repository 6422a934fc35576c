//! `clocks`: how long whoever stands between the flows and the service waits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::model::FlowSpec;
use super::read::{fault, optional_span, span};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node};
use crate::wire::Waits;

/// The gateway's governed route to Dataverse, which is an API of its own.
const DATA: &str = "data";

/// Reads `clocks`, which count where the file says `scale: all`.
pub(super) fn clocks(node: &Node, (flows, scaled): (&[FlowSpec], bool), diagnostics: &mut Diagnostics) -> Waits {
    if !scaled {
        let told =
            Diagnostic::error(node.place.clone(), "these clocks count by the shared clock, and nothing else does")
                .expected("`scale: all` beside `clocks`")
                .hint("add `scale: all`: the flows' own answer timeouts then count by the shared clock, too");
        diagnostics.push(told);
    }
    let mut fields = Fields::of(node, diagnostics);
    let gateway = fields.optional("gateway").map(|node| gateway(node, flows, fields.diagnostics()));
    let data = optional_span(&mut fields, "dataverse").map(|wait| (DATA.to_owned(), wait));
    let load_balancer = optional_span(&mut fields, "load_balancer");
    fields.finish();
    Waits { gateway: gateway.unwrap_or_default().into_iter().chain(data).collect(), load_balancer }
}

/// Spans by contract, each of them called by a flow.
fn gateway(node: &Node, flows: &[FlowSpec], diagnostics: &mut Diagnostics) -> BTreeMap<String, Duration> {
    let called: BTreeSet<String> =
        flows.iter().flat_map(|flow| &flow.actions).map(|action| action.contract.to_string()).collect();
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping from contracts to spans of time", diagnostics);
        return BTreeMap::new();
    };
    let mut waits = BTreeMap::new();
    for (name, value) in entries {
        let contract = name.key_text();
        if !called.contains(&contract) {
            let list = called.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
            fault(name, "no flow of the scenario calls this contract", &format!("one of {list}"), diagnostics);
        }
        if let Some(wait) = span(value, diagnostics) {
            waits.insert(contract, wait);
        }
    }
    waits
}

#[cfg(test)]
mod tests {
    use crate::scenario::load;

    const FILE: &str = "
format: seamstress/scenario/1
name: clocks
description: x
flows:
  - name: one
    actions: [{ contract: orders/v1, operation: submit }]
    start: { burst: { runs: 1, within: 1 s } }
";

    #[test]
    fn clocks_are_read_and_their_faults_told() {
        let read = |more: &str| load("clocks.yaml", &format!("{FILE}{more}"));
        let right =
            read("scale: all\nclocks: { gateway: { orders/v1: 300 s }, dataverse: 280 s, load_balancer: 230 s }\n")
                .expect("right");
        assert_eq!(right.waits.gateway["data"].as_secs(), 280);
        assert_eq!(right.waits.load_balancer.map(|wait| wait.as_secs()), Some(230));
        assert_eq!(right.waits.gateway["orders/v1"].as_secs(), 300);
        let told = |more: &str| read(more).expect_err("wrong").to_string();
        assert!(told("clocks: { load_balancer: 230 s }\n").contains("`scale: all` beside `clocks`"));
        let unknown = told("scale: all\nclocks: { gateway: { orders/v2: 300 s } }\n");
        assert!(unknown.contains("clocks.yaml:10:") && unknown.contains("one of `orders/v1`"), "{unknown}");
    }
}
