//! What a scenario says that can't be meant, seen beside the contracts.

use super::model::{ActionSpec, DuplicateKind, FlowSpec, Scenario};
use crate::contract::Contract;
use crate::contract::openapi::{Parameter, ParameterIn};
use crate::diagnose::{Diagnostic, Diagnostics, closest};
use crate::flow::{RetryKind, is_removed};

/// Contracts and operations that nobody knows (errors), and shares that can't
/// come to anything (warnings).
pub fn lint(scenarios: &[Scenario], contracts: &[Contract]) -> Diagnostics {
    let mut found = Diagnostics::new();
    for flow in scenarios.iter().flat_map(|scenario| &scenario.flows) {
        for action in &flow.actions {
            match named(action, contracts) {
                Ok(contract) => {
                    oversized(flow, action, contract, &mut found);
                    removed(action, contract, &mut found);
                }
                Err(fault) => found.push(*fault),
            }
        }
        answers_lost(flow, &mut found);
    }
    found
}

/// The contract that an action names, where it has the operation.
pub(super) fn named<'c>(
    action: &ActionSpec,
    contracts: impl IntoIterator<Item = &'c Contract>,
) -> Result<&'c Contract, Box<Diagnostic>> {
    let contracts: Vec<&Contract> = contracts.into_iter().collect();
    let Some(contract) = contracts.iter().find(|contract| contract.id == action.contract) else {
        let known: Vec<String> = contracts.iter().map(|contract| contract.id.to_string()).collect();
        return Err(Box::new(unknown(action, "contract", &action.contract.to_string(), &known)));
    };
    if contract.openapi.operation(&action.operation).is_none() {
        let known: Vec<String> = contract.openapi.operations.iter().map(|o| o.id.to_string()).collect();
        return Err(Box::new(unknown(action, "operation", &action.operation, &known)));
    }
    Ok(contract)
}

fn unknown(action: &ActionSpec, what: &str, name: &str, known: &[String]) -> Diagnostic {
    let list = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    let diagnostic = Diagnostic::error(action.place.clone(), format!("there is no {what} `{name}`"))
        .expected(format!("one of {list}"))
        .actual(format!("`{name}`"));
    match closest(name, known.iter().map(String::as_str)) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

fn oversized(flow: &FlowSpec, action: &ActionSpec, contract: &Contract, found: &mut Diagnostics) {
    let limit = contract.behaviour.as_ref().and_then(|b| b.limits.as_ref()?.body);
    if flow.oversized.is_some_and(|o| o.share > 0.0) && limit.is_none() {
        found.push(
            Diagnostic::error(action.place.clone(), format!("{} declares no limit to exceed", contract.id))
                .hint("declare `limits: { body: … }` in its behaviour.yaml, or leave out `oversized`"),
        );
    }
}

/// Header fields that an operation demands and no flow can send.
fn removed(action: &ActionSpec, contract: &Contract, found: &mut Diagnostics) {
    let Some(operation) = contract.openapi.operation(&action.operation) else { return };
    let demanded = operation.parameters.iter().filter(|p| p.required && is_unsendable(p));
    for parameter in demanded {
        let what = format!("{} demands `{}`, which no flow can send", action.operation, parameter.name);
        found.push(
            Diagnostic::warning(action.place.clone(), what)
                .expected("header fields that the platform leaves in an HTTP action")
                .actual(format!("`{}`, which it takes out without a word", parameter.name))
                .hint(format!("let {} do without it ({})", contract.id, parameter.place)),
        );
    }
}

fn is_unsendable(parameter: &Parameter) -> bool {
    match parameter.within {
        ParameterIn::Header => is_removed(&parameter.name),
        ParameterIn::Cookie => true,
        ParameterIn::Path | ParameterIn::Query => false,
    }
}

fn answers_lost(flow: &FlowSpec, found: &mut Diagnostics) {
    let lost = flow.duplicates.iter().any(|d| d.kind == DuplicateKind::LostAnswer && d.share > 0.0);
    if lost && flow.retry.kind == RetryKind::None {
        found.push(
            Diagnostic::warning(
                flow.place.clone(),
                "a lost answer is not asked for again by a flow that never retries",
            )
            .hint("give it a retry policy, or leave out `lost_answer`"),
        );
    }
}
