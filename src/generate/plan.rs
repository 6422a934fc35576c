//! Which cases are tried, and in which order.

use std::sync::Arc;

use super::generators::Generators;
use super::payload::OperationGenerator;
use super::{CaseKey, CaseKind, Need, Probe, probes};

/// Probes in the order in which they are tried: cheap and telling ones first.
/// A rate is probed early: it waits for a window beside the others, and where
/// clients share one limit, all that come before it wait too.
const ORDER: &[Probe] = &[
    Probe::Identity,
    Probe::CorrelationMissing,
    Probe::PastGateway,
    Probe::Lifecycle,
    Probe::DuplicateSequential,
    Probe::Rate,
    Probe::OtherContent,
    Probe::OtherCall,
    Probe::OtherItem,
    Probe::PartlyInvalid,
    Probe::BodyOverLimit,
    Probe::MediaType,
    Probe::DuplicateConcurrent,
    Probe::OtherPrincipal,
    Probe::AfterThrottle,
    Probe::AfterFailure,
    Probe::LostAnswer,
    Probe::TooManyItems,
    Probe::BodyWithoutLength,
    Probe::Routing,
];

impl Generators {
    /// All probes of the contract, whatever they need: the first of each,
    /// then the second, and so on.
    pub fn probes(&self) -> Vec<CaseKey> {
        let counts: Vec<(Probe, &Arc<str>, u32)> = ORDER
            .iter()
            .flat_map(|probe| self.made().map(|(id, o)| (*probe, id, probes::count(*probe, self, o))))
            .collect();
        let rounds = counts.iter().map(|(_, _, count)| *count).max().unwrap_or(0);
        // All tokens that must be refused come in the first round: each tells
        // something of its own.
        let in_round = |round: u32, probe: Probe, index: u32| match probe {
            Probe::Identity => round == 0,
            _ => index == round,
        };
        let mut keys = Vec::new();
        for round in 0..rounds {
            for (probe, id, count) in &counts {
                let indexes = (0..*count).filter(|index| in_round(round, *probe, *index));
                keys.extend(indexes.map(|index| self.key(id, CaseKind::Probe(*probe), index)));
            }
        }
        keys
    }

    /// The cases to try: all probes whose needs are offered, then violating,
    /// boundary and conforming payloads, interleaved over the operations, up
    /// to the budget. Every target of a schema comes once before one comes
    /// again.
    pub fn plan(&self, budget: usize, offers: &[Need]) -> Vec<CaseKey> {
        let offered = |key: &CaseKey| {
            let needs = self.needs(key.kind);
            needs.iter().all(|need| *need == Need::Behaviour || offers.contains(need))
        };
        let mut keys: Vec<CaseKey> = self.probes().into_iter().filter(offered).collect();
        keys.truncate(budget);
        if self.made().next().is_none() {
            return keys;
        }
        let mut round = 0;
        while keys.len() < budget {
            for (id, operation) in self.made() {
                keys.extend(payloads(operation, round).map(|kind| self.key(id, kind, round)));
            }
            round += 1;
        }
        keys.truncate(budget);
        keys
    }

    /// The operations that can be made.
    fn made(&self) -> impl Iterator<Item = (&Arc<str>, &OperationGenerator)> {
        self.operations.iter().filter_map(|(id, o)| o.as_ref().ok().map(|o| (id, o)))
    }

    fn key(&self, operation: &Arc<str>, kind: CaseKind, index: u32) -> CaseKey {
        CaseKey {
            contract: self.contract.id.clone(),
            operation: operation.clone(),
            kind,
            index,
            shrunk: super::ShrinkPath::default(),
        }
    }
}

/// The payload kinds of a round. An operation with few targets, whose cases
/// would only come again and again, gives way to the others after a while.
fn payloads(operation: &OperationGenerator, round: u32) -> impl Iterator<Item = CaseKind> {
    let targets = operation.boundary.len() + operation.violating.len();
    let rests = targets < 24 && round as usize > 2 * targets && !round.is_multiple_of(16);
    let kinds = [
        (CaseKind::Violating, !operation.violating.is_empty()),
        (CaseKind::Boundary, !operation.boundary.is_empty()),
        (CaseKind::Conforming, true),
    ];
    kinds.into_iter().filter(move |(_, there)| *there && !rests).map(|(kind, _)| kind)
}
