//! Which cases are tried, and in which order.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::Arc;

use super::broken;
use super::generators::Generators;
use super::payload::OperationGenerator;
use super::{CaseKey, CaseKind, Need, Probe, probes};

/// Probes in the order in which they are tried: cheap and telling ones first.
/// A rate is probed early: it waits for a window beside the others, and where
/// clients share one limit, all that come before it wait too.
const ORDER: &[Probe] = &[
    Probe::WrongCredentials,
    Probe::Created,
    Probe::Link,
    Probe::Identity,
    Probe::CorrelationMissing,
    Probe::PastGateway,
    Probe::Lifecycle,
    Probe::DuplicateSequential,
    Probe::Rate,
    Probe::Throttled,
    Probe::LostAnswer,
    Probe::SomebodyElse,
    Probe::Wide,
    Probe::PartRefused,
    Probe::HeldCalls,
    Probe::OtherContent,
    Probe::OtherCall,
    Probe::OtherItem,
    Probe::PartlyInvalid,
    Probe::ItemsAtEdges,
    Probe::OtherForm,
    Probe::BodyOverLimit,
    Probe::BodyOwed,
    Probe::MediaType,
    Probe::Determinism,
    Probe::CallbackFault,
    Probe::CallbackAddress,
    Probe::JobPoisoned,
    Probe::DuplicateConcurrent,
    Probe::OtherPrincipal,
    Probe::AfterThrottle,
    Probe::AfterFailure,
    Probe::ModelFault,
    Probe::KeyOrder,
    Probe::ClientGone,
    Probe::OtherVersion,
    Probe::RetriedDuplicate,
    Probe::AfterRestart,
    Probe::InsideWindow,
    Probe::PastWindow,
    Probe::AfterSunset,
    Probe::JobCrash,
    Probe::QueueFull,
    Probe::TooManyItems,
    Probe::BodyWithoutLength,
    Probe::Routing,
    Probe::ExactLimit,
    Probe::ExactLimitBehind,
];

/// So many cases of a budget, at most a quarter of it, are left to single calls
/// however many probes there are: otherwise a small budget would try no payload
/// and nothing that is recorded.
const LEFT_TO_PAYLOADS: usize = 60;

/// So many probes stand between two sequences.
const PROBES_BETWEEN: usize = 4;

impl Generators {
    /// All probes of the contract, whatever they need: the first of each,
    /// then the second, and so on.
    pub fn probes(&self) -> Vec<CaseKey> {
        let counts: Vec<(Probe, &Arc<str>, u32)> = ORDER
            .iter()
            .flat_map(|probe| self.made().map(|(id, o)| (*probe, id, probes::count(*probe, self, o))))
            .collect();
        let rounds = counts.iter().map(|(_, _, count)| *count).max().unwrap_or(0);
        // Of the tokens that must be refused those that tell most come in the
        // first round, the others with the rounds that follow.
        let in_round = |round: u32, probe: Probe, index: u32| match probe {
            Probe::Identity => probes::token_round(index) == round,
            // Each is of another kind, and none of them wants another size.
            Probe::CallbackFault | Probe::ExactLimit | Probe::ExactLimitBehind | Probe::Throttled => round == 0,
            Probe::LostAnswer | Probe::SomebodyElse => index / 2 == round,
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
        let mut keys = self.planned_probes(budget, offers);
        keys.extend(Payloads::of(self, budget - keys.len()));
        keys
    }

    /// Every breakage of every operation, twice; operations with content come
    /// twice as often as the others, whose breakages are much alike.
    fn broken(&self) -> Vec<CaseKey> {
        let mut counts: Vec<_> = self.made().map(|(id, o)| (id, broken::count(o))).collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let most = counts.first().map_or(0, |(_, count)| *count);
        let mut keys = Vec::new();
        for round in 0..4 * most {
            for (id, count) in &counts {
                let (index, turn) = if *count == most { (round, true) } else { (round / 2, round.is_multiple_of(2)) };
                if turn && index < 2 * count {
                    keys.push(self.key(id, CaseKind::Broken, index));
                }
            }
        }
        keys
    }

    /// The probes whose needs are offered, a sequence after every few of them,
    /// and a request that is broken on the wire after every two, up to the
    /// budget. Sequences are an eighth of a budget at most: each is worth ten
    /// single calls, and takes as long. Some of the budget is left to payloads.
    /// Of a lone document, which has few promises beside its schemas, it is the
    /// half.
    pub fn planned_probes(&self, budget: usize, offers: &[Need]) -> Vec<CaseKey> {
        let few = (budget / 4).min(LEFT_TO_PAYLOADS);
        let budget = budget - if self.contract.behaviour.is_some() { few } else { budget / 2 };
        let offered = |needs: &[Need]| needs.iter().all(|need| *need == Need::Behaviour || offers.contains(need));
        let mut sequences = self.sequences(budget / 8, &offered).into_iter();
        let mut keys = Vec::new();
        for (number, probe) in self.probes().into_iter().filter(|key| offered(&self.needs(key.kind))).enumerate() {
            keys.push(probe);
            if number % PROBES_BETWEEN == PROBES_BETWEEN - 1 {
                keys.extend(sequences.next());
            }
        }
        keys.extend(sequences);
        let broken = self.broken().into_iter().filter(|key| offered(&self.needs(key.kind)));
        let mut keys = woven(keys.into_iter(), broken);
        keys.truncate(budget);
        keys
    }

    /// Sequences whose needs are offered, interleaved over the operations.
    fn sequences(&self, most: usize, offered: &impl Fn(&[Need]) -> bool) -> Vec<CaseKey> {
        let mut keys = Vec::new();
        for index in 0..most as u32 {
            for (id, operation) in self.made() {
                if self.sequence_needs(operation, index).is_some_and(|needs| offered(&needs)) {
                    keys.push(self.key(id, CaseKind::Sequence, index));
                }
            }
        }
        keys.truncate(most);
        keys
    }

    /// The operations that can be made; none of an API that the tested service
    /// calls itself.
    pub(super) fn made(&self) -> impl Iterator<Item = (&Arc<str>, &OperationGenerator)> {
        let answered = !self.contract.is_consumed();
        let planned = move |id: &Arc<str>| answered && self.is_in_focus(id);
        self.operations.iter().filter(move |(id, _)| planned(id)).filter_map(|(id, o)| o.as_ref().ok().map(|o| (id, o)))
    }

    pub(super) fn key(&self, operation: &Arc<str>, kind: CaseKind, index: u32) -> CaseKey {
        CaseKey {
            contract: self.contract.id.clone(),
            operation: operation.clone(),
            kind,
            index,
            shrunk: super::ShrinkPath::default(),
        }
    }
}

/// Two of the first, one of the second, and so on.
fn woven(first: impl Iterator<Item = CaseKey>, second: impl Iterator<Item = CaseKey>) -> Vec<CaseKey> {
    let (mut first, mut second) = (first.fuse(), second.fuse());
    let mut keys = Vec::new();
    loop {
        let before = keys.len();
        keys.extend(first.by_ref().take(2));
        keys.extend(second.next());
        if keys.len() == before {
            return keys;
        }
    }
}

/// Single calls in the order in which they are tried, one after the other as
/// somebody asks for them, for a run may have millions: those that are recorded,
/// up to the half of all, then violating, boundary and conforming payloads.
#[derive(Clone, Debug)]
pub struct Payloads<G> {
    generators: G,
    left: usize,
    round: u32,
    pending: VecDeque<CaseKey>,
}

impl<G: Deref<Target = Generators>> Payloads<G> {
    /// The first `most` of them; fewer only where nothing can be made.
    pub fn of(generators: G, most: usize) -> Self {
        let left = if generators.made().next().is_some() { most } else { 0 };
        let pending = generators.recorded().0.into_iter().take(left / 2).collect();
        Self { generators, left, round: 0, pending }
    }
}

impl<G: Deref<Target = Generators>> Iterator for Payloads<G> {
    type Item = CaseKey;

    fn next(&mut self) -> Option<CaseKey> {
        self.left = self.left.checked_sub(1)?;
        while self.pending.is_empty() {
            let Self { generators, round, pending, .. } = self;
            for (id, operation) in generators.made() {
                pending.extend(payloads(operation, *round).map(|kind| generators.key(id, kind, *round)));
            }
            self.round += 1;
        }
        self.pending.pop_front()
    }
}

impl Generators {
    /// How many payloads it takes until each target had its turn.
    pub fn payload_targets(&self) -> usize {
        let of = |operation: &OperationGenerator| operation.boundary.len().max(operation.violating.len()) as u32;
        let rounds = self.made().map(|(_, operation)| of(operation)).max().unwrap_or_default();
        let of_round = |round| self.made().map(move |(_, operation)| payloads(operation, round).count());
        (0..rounds).flat_map(of_round).sum::<usize>() + self.recorded().0.len()
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
    // Examples of the document and media types come once in any case.
    let sampled = (round as usize) < operation.samples.len();
    let comes = move |kind: CaseKind| !rests || (sampled && kind == CaseKind::Conforming);
    kinds.into_iter().filter(move |(kind, there)| *there && comes(*kind)).map(|(kind, _)| kind)
}
