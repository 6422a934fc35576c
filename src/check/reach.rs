//! Contract coverage: what of a contract was tried, and what was not.
//!
//! Kept are parts of contracts, never cases: what is held does not grow with
//! the number of calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::constraints::keywords;
use super::coverage::is_promised;
use super::{Check, Family, Selection, Tally, table};
use crate::contract::openapi::{Operation, Parameter, ParameterIn, StatusKey};
use crate::contract::{Contract, ContractId};
use crate::generate::Step;
use crate::observe::{CallRun, CaseRun};
use crate::wire::{Exchange, Request};

/// Part of an operation: `operationId` and what of it.
type Part = (Arc<str>, String);

/// What was tried of one contract.
#[derive(Clone, Debug, Default)]
struct Tried {
    operations: BTreeSet<Arc<str>>,
    parameters: BTreeSet<Part>,
    keywords: BTreeSet<Part>,
    responses: BTreeSet<Part>,
    links: BTreeSet<Part>,
}

/// What was tried so far, by contract.
#[derive(Clone, Debug, Default)]
pub struct Reach(BTreeMap<ContractId, Tried>);

/// How much of one kind of part was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// `operations`, `parameters`, `keywords`, `responses`, `links` or `rules`.
    pub kind: &'static str,
    /// How many there are.
    pub all: u64,
    /// How many were tried.
    pub tried: u64,
    /// What was not, by name: the first of them.
    pub not_tried: Vec<String>,
}

/// How much of a contract was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The contract.
    pub contract: ContractId,
    /// Kind by kind; kinds of which there is nothing are left out.
    pub kinds: Vec<Covered>,
}

/// So many names of what was not tried are kept for each kind.
const MOST_NAMES: usize = 200;

impl Reach {
    /// Notes what a case tried.
    pub fn note(&mut self, contract: &Contract, run: &CaseRun) {
        let tried = match self.0.get_mut(&contract.id) {
            Some(tried) => tried,
            None => self.0.entry(contract.id.clone()).or_default(),
        };
        let document = &contract.openapi;
        let calls: Vec<_> = run.case.calls().collect();
        for seen in &run.calls {
            let named = calls.get(seen.call).and_then(|call| document.operation(&call.operation));
            for exchange in &seen.exchanges {
                if let Some(operation) = named {
                    tried.exchange(operation, exchange);
                }
            }
            for poll in &seen.polls {
                let path = poll.request.target.split('?').next().unwrap_or_default();
                if let Some((operation, _)) = document.match_path(&poll.request.method, path) {
                    tried.exchange(&operation, poll);
                }
            }
        }
        tried.link(run);
        for label in &run.case.labels {
            tried
                .keywords
                .insert((run.case.key.operation.clone(), format!("{} at {}", label.keyword, starred(&label.at))));
        }
    }

    /// Adds what another one noted.
    pub fn add(&mut self, other: Self) {
        for (contract, more) in other.0 {
            let tried = self.0.entry(contract).or_default();
            tried.operations.extend(more.operations);
            tried.parameters.extend(more.parameters);
            tried.keywords.extend(more.keywords);
            tried.responses.extend(more.responses);
            tried.links.extend(more.links);
        }
    }

    /// How much of the contracts was tried; `takes` says which operations were
    /// asked for. A rule counts as tried when its check judged something.
    pub fn coverage(
        &self,
        contracts: &[Contract],
        selection: &Selection,
        tallies: &[Tally],
        takes: &dyn Fn(&ContractId, &str) -> bool,
    ) -> Vec<Coverage> {
        let nothing = Tried::default();
        let of = |contract: &Contract| {
            let tried = self.0.get(&contract.id).unwrap_or(&nothing);
            let operations: Vec<&Arc<Operation>> =
                contract.openapi.operations.iter().filter(|o| takes(&contract.id, &o.id)).collect();
            let whole = |set: &BTreeSet<Part>, parts: &dyn Fn(&Operation) -> BTreeSet<String>, kind| {
                let all = operations.iter().flat_map(|o| parts(o).into_iter().map(|part| (o.id.clone(), part)));
                covered(kind, all.map(|part| (set.contains(&part), format!("{} {}", part.0, part.1))))
            };
            let correlation =
                contract.behaviour.as_ref().and_then(|b| b.correlation.as_ref()).map(|c| c.header.as_str());
            let kinds = vec![
                covered("operations", operations.iter().map(|o| (tried.operations.contains(&o.id), o.id.to_string()))),
                whole(&tried.parameters, &parameters, "parameters"),
                whole(&tried.keywords, &|operation| keywords(&contract.openapi, operation, correlation), "keywords"),
                whole(&tried.responses, &|o| o.responses.keys().map(StatusKey::to_string).collect(), "responses"),
                whole(&tried.links, &links, "links"),
                covered("rules", rules(contract, selection, tallies)),
            ];
            Coverage { contract: contract.id.clone(), kinds: kinds.into_iter().filter(|kind| kind.all > 0).collect() }
        };
        contracts.iter().filter(|c| c.openapi.operations.iter().any(|o| takes(&c.id, &o.id))).map(of).collect()
    }
}

impl Coverage {
    /// The share of all parts that was tried, in percent; 100 where there are
    /// none.
    pub fn percent(all: &[Self]) -> f64 {
        let sum = |of: fn(&Covered) -> u64| all.iter().flat_map(|c| &c.kinds).map(of).sum::<u64>() as f64;
        let parts = sum(|kind| kind.all);
        if parts == 0.0 { 100.0 } else { 100.0 * sum(|kind| kind.tried) / parts }
    }

    /// What is missing, in half a sentence: `keywords 3 of 40 (e.g. …)`.
    pub fn missing(all: &[Self]) -> String {
        let parts = all.iter().flat_map(|c| c.kinds.iter().map(move |kind| (&c.contract, kind)));
        let missing = parts.filter(|(_, kind)| kind.tried < kind.all).map(|(contract, kind)| {
            let first = kind.not_tried.first().map(|name| format!(" (e.g. {name})")).unwrap_or_default();
            format!("{} of {} {} of {contract}{first}", kind.all - kind.tried, kind.all, kind.kind)
        });
        missing.collect::<Vec<_>>().join(", ")
    }
}

fn covered(kind: &'static str, parts: impl Iterator<Item = (bool, String)>) -> Covered {
    let mut covered = Covered { kind, all: 0, tried: 0, not_tried: Vec::new() };
    for (tried, name) in parts {
        covered.all += 1;
        if tried {
            covered.tried += 1;
        } else if covered.not_tried.len() < MOST_NAMES {
            covered.not_tried.push(name);
        }
    }
    covered
}

impl Tried {
    /// A link is tried when what it leads to was called and answered.
    fn link(&mut self, run: &CaseRun) {
        let Some(Step::Linked(linked)) = run.case.steps.get(1) else { return };
        if run.calls.get(1).and_then(CallRun::last).is_some_and(|exchange| exchange.status().is_some()) {
            self.links.insert((run.case.key.operation.clone(), format!("{} {}", linked.response, linked.link)));
        }
    }

    fn exchange(&mut self, operation: &Operation, exchange: &Exchange) {
        let Some(status) = exchange.status() else { return };
        if !self.operations.contains(&operation.id) {
            self.operations.insert(operation.id.clone());
        }
        if let Some(key) = operation.response_key(status) {
            remember(&mut self.responses, operation, key.to_string());
        }
        for parameter in operation.parameters.iter().filter(|p| is_sent(p, operation, &exchange.request)) {
            remember(&mut self.parameters, operation, place(parameter));
        }
    }
}

fn remember(set: &mut BTreeSet<Part>, operation: &Operation, part: String) {
    let part = (operation.id.clone(), part);
    if !set.contains(&part) {
        set.insert(part);
    }
}

/// Where a parameter stands: `query page`.
pub(super) fn place(parameter: &Parameter) -> String {
    let within = match parameter.within {
        ParameterIn::Path => "path",
        ParameterIn::Query => "query",
        ParameterIn::Header => "header",
        ParameterIn::Cookie => "cookie",
    };
    format!("{within} {}", parameter.name)
}

/// Links to operations of the document.
fn links(operation: &Operation) -> BTreeSet<String> {
    let all = operation.responses.iter().flat_map(|(key, response)| response.links.iter().map(move |l| (key, l)));
    all.filter(|(_, link)| link.operation.is_some()).map(|(key, link)| format!("{key} {}", link.name)).collect()
}

fn parameters(operation: &Operation) -> BTreeSet<String> {
    operation.parameters.iter().map(place).collect()
}

/// Whether a request carries a parameter. A list or object in the query may be
/// spread over names of its own; `name[` and `name.` count.
fn is_sent(parameter: &Parameter, operation: &Operation, request: &Request) -> bool {
    let name = parameter.name.as_str();
    match parameter.within {
        ParameterIn::Path => {
            let path = request.target.split('?').next().unwrap_or_default();
            let rest = path.strip_prefix(operation.base_path.as_str()).unwrap_or(path);
            rest.matches('/').count() >= operation.path.matches('/').count()
        }
        ParameterIn::Header => request.headers.contains(name),
        ParameterIn::Cookie => request.headers.get("cookie").is_some_and(|all| all.contains(&format!("{name}="))),
        ParameterIn::Query => request.target.split_once('?').is_some_and(|(_, query)| {
            url::form_urlencoded::parse(query.as_bytes()).any(|(sent, _)| {
                let rest = sent.strip_prefix(name);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
            })
        }),
    }
}

/// A place in which every index is a `*`.
fn starred(at: &str) -> String {
    let parts = at.split('/').map(|part| {
        let index = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if index { "*" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The rules of the behaviour file, as the checks that judge them, and whether
/// each judged something.
fn rules<'r>(
    contract: &'r Contract,
    selection: &'r Selection,
    tallies: &'r [Tally],
) -> impl Iterator<Item = (bool, String)> + 'r {
    // What the document itself promises is counted part by part.
    let ruled =
        |check: &&Check| check.family != Family::Response && selection.takes(check) && is_declared(check, contract);
    let promised = table().iter().filter(ruled);
    promised.map(|check| {
        let judged = |tally: &Tally| {
            tally.check == check.id && tally.judged > 0 && tally.contract.as_ref().is_none_or(|id| *id == contract.id)
        };
        (tallies.iter().any(judged), check.id.to_owned())
    })
}

/// Whether the behaviour file makes the promise that a check judges; finer than
/// by family where a part of a family's promises may be left out.
fn is_declared(check: &Check, contract: &Contract) -> bool {
    let behaviour = contract.behaviour.as_deref();
    let idempotency = behaviour.and_then(|b| b.idempotency.as_ref());
    is_promised(check, contract)
        && match check.id {
            "idempotency/business-key" => {
                behaviour.and_then(|b| b.effects.as_ref()).is_some_and(|effects| effects.business_key.is_some())
            }
            "idempotency/other-content" => idempotency.is_some_and(|i| i.other_content.is_some()),
            "idempotency/while-running" => idempotency.is_some_and(|i| i.while_running.is_some()),
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::synthetic::{Play, answer, with_behaviour};
    use crate::generate::{CaseKind, Expect, Label};

    #[test]
    fn what_a_case_tries_is_counted_and_the_rest_is_named() {
        let contract = with_behaviour();
        let mut run = Play::new(CaseKind::Violating).call(Expect::Nothing).answered(answer(200)).run(&contract);
        let mut case = (*run.case).clone();
        case.labels = vec![Label { at: "body /records/3/id".to_owned(), keyword: "type".to_owned() }];
        run.case = Arc::new(case);
        let mut reach = Reach::default();
        let contracts = [contract];
        let cover = |reach: &Reach| reach.coverage(&contracts, &Selection::all(), &[], &|_, _| true);
        let before = cover(&reach);
        assert!(Coverage::percent(&before) < 0.01, "{before:?}");
        reach.note(&contracts[0], &run);
        (0..1000).for_each(|_| reach.note(&contracts[0], &run));
        let after = cover(&reach);
        let operations = &after[0].kinds[0];
        assert_eq!((operations.kind, operations.tried), ("operations", 1));
        assert!(operations.all > 1 && operations.not_tried.len() as u64 == operations.all - 1);
        assert!(Coverage::percent(&after) > 0.0 && Coverage::percent(&after) < 100.0);
        assert!(Coverage::missing(&after).contains("operations of"), "{}", Coverage::missing(&after));
        assert_eq!(reach.0.values().next().expect("noted").keywords.len(), 1);
    }

    #[test]
    fn places_have_stars_and_shipped_contracts_have_parts() {
        assert_eq!(starred("body /records/12/id"), "body /records/*/id");
        let contracts = crate::contract::load_dir(std::path::Path::new("contracts")).expect("loads");
        for contract in &contracts {
            for operation in contract.openapi.operations.iter().filter(|o| o.request.is_some()) {
                assert!(keywords(&contract.openapi, operation, None).len() > 5, "{}", contract.id);
            }
        }
    }
}
