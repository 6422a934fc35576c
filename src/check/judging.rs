//! Runs the selected checks over subjects and gathers what they find.

use std::collections::{BTreeSet, HashMap};

use super::examine::{Checks, Counts, Examined, Of};
use super::{
    Answered, CaseSubject, Check, ExchangeSubject, Finding, Origin, PhaseSubject, Selection, Tally, Weights, table,
};
use crate::generate::Need;

/// The judge of a run: takes subjects as they come, counts each broken promise
/// once, and keeps tallies.
#[derive(Debug)]
pub struct Judging {
    checks: Checks,
    findings: HashMap<String, Finding>,
    tallies: HashMap<Of, Counts>,
    answered: Answered,
}

/// What stands at the end.
#[derive(Clone, Debug)]
pub struct Judged {
    /// One a fingerprint, the heaviest first, then by family, check and
    /// fingerprint.
    pub findings: Vec<Finding>,
    /// What was judged, by contract, operation and check.
    pub tallies: Vec<Tally>,
    /// How conforming calls were answered.
    pub answered: Answered,
}

impl Judging {
    /// With the checks that `selection` takes and whose needs `offers` meets.
    /// What a contract lacks ([`Need::Behaviour`]) is no matter here: a promise
    /// that nobody made is not judged.
    pub fn new(selection: &Selection, offers: &BTreeSet<Need>) -> Self {
        Self::weighed(selection, offers, Weights::default())
    }

    /// The same with other weights; a check that is off does not judge.
    pub fn weighed(selection: &Selection, offers: &BTreeSet<Need>, weights: Weights) -> Self {
        let met = |need: &Need| *need == Need::Behaviour || offers.contains(need);
        let taken = |check: &&Check| selection.takes(check) && weights.judges(check) && check.needs.iter().all(met);
        let mut judging = Self::of(table().iter().filter(taken).collect());
        judging.checks.1 = weights.into();
        judging
    }

    /// With these checks.
    pub(super) fn of(checks: Vec<&'static Check>) -> Self {
        Self {
            checks: Checks(checks.into(), Weights::default().into()),
            findings: HashMap::new(),
            tallies: HashMap::new(),
            answered: Answered::default(),
        }
    }

    /// The checks that judge.
    pub fn checks(&self) -> Checks {
        self.checks.clone()
    }

    /// Judges one exchange under load. Gives the findings that are new. A poll
    /// that is given under the operation that it polls for is judged by the
    /// one that it really calls.
    pub fn exchange(&mut self, subject: &ExchangeSubject<'_>) -> Vec<Finding> {
        let examined = self.checks.exchange(subject);
        self.take(examined)
    }

    /// Judges a case that is over: the case, and each of its exchanges and
    /// polls. Gives the findings that are new.
    pub fn case(&mut self, subject: &CaseSubject<'_>) -> Vec<Finding> {
        let examined = self.checks.case(subject);
        self.take(examined)
    }

    /// Judges a phase. Gives the findings that are new. Tallies count a phase
    /// once, when it is over.
    pub fn phase(&mut self, subject: &PhaseSubject<'_>) -> Vec<Finding> {
        let mut examined = self.checks.phase(subject);
        if subject.interim {
            examined.counts.clear();
        }
        self.take(examined)
    }

    /// Counts what came of a subject, and gives the findings that are new.
    pub fn take(&mut self, examined: Examined) -> Vec<Finding> {
        for (of, counts) in examined.counts {
            match self.tallies.get_mut(&of) {
                Some(all) => all.iter_mut().zip(&counts).for_each(|(sum, more)| {
                    sum.0 += more.0;
                    sum.1 += more.1;
                }),
                None => drop(self.tallies.insert(of, counts)),
            }
        }
        self.answered.add(&examined.answered);
        let mut fresh = Vec::new();
        for finding in examined.findings {
            keep(&mut self.findings, finding, &mut fresh);
        }
        fresh
    }

    /// The findings so far, in no order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.values()
    }

    /// What stands at the end.
    pub fn finish(self) -> Judged {
        let mut findings: Vec<Finding> = self.findings.into_values().collect();
        findings.sort_by(|a, b| {
            let key = |f: &Finding| (std::cmp::Reverse(f.level), f.family, f.check);
            key(a).cmp(&key(b)).then_with(|| a.fingerprint.cmp(&b.fingerprint))
        });
        let mut tallies: Vec<Tally> = Vec::new();
        for ((contract, operation), counts) in self.tallies {
            for (check, (judged, failed)) in self.checks.0.iter().zip(counts) {
                if judged > 0 {
                    let (contract, operation) = (contract.clone(), operation.clone());
                    tallies.push(Tally { contract, operation, check: check.id, family: check.family, judged, failed });
                }
            }
        }
        tallies.sort_by(|a, b| {
            let key = |t: &Tally| (t.contract.clone(), t.operation.clone(), t.family, t.check);
            key(a).cmp(&key(b))
        });
        Judged { findings, tallies, answered: self.answered }
    }
}

/// Keeps the first of its fingerprint; later ones count up. A phase that is
/// judged again while it goes on shows the same thing again, not another.
fn keep(findings: &mut HashMap<String, Finding>, finding: Finding, fresh: &mut Vec<Finding>) {
    match findings.get_mut(&finding.fingerprint) {
        Some(known) if matches!(finding.origin, Origin::Phase(_)) && known.origin == finding.origin => {
            known.occurrences = known.occurrences.max(finding.occurrences);
        }
        Some(known) => {
            known.occurrences += finding.occurrences;
            known.level = known.level.max(finding.level);
        }
        None => {
            fresh.push(finding.clone());
            findings.insert(finding.fingerprint.clone(), finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::check::synthetic::{Play, answer, effect, failure, phase, record, subject, with, with_behaviour};
    use crate::check::{Family, Level};
    use crate::contract::behaviour::Role;
    use crate::generate::{CaseKind, Expect, Probe};

    fn judging() -> Judging {
        let all = [Need::Effects, Need::Faults, Need::MintedTokens, Need::DirectService, Need::Load];
        Judging::new(&Selection::all(), &all.into())
    }

    #[test]
    fn a_finding_is_told_once_and_counted() {
        let contract = with_behaviour();
        let run = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(418)).run(&contract);
        let mut judging = judging();
        let subject = CaseSubject { contract: &contract, run: &run };
        assert!(judging.case(&subject).iter().any(|f| f.check == "response/undeclared-status"));
        assert!(judging.case(&subject).is_empty());
        let judged = judging.finish();
        let undeclared = judged.findings.iter().find(|f| f.check == "response/undeclared-status").unwrap();
        assert_eq!(undeclared.occurrences, 2);
        let tally = judged.tallies.iter().find(|t| t.check == "response/undeclared-status").unwrap();
        assert_eq!((tally.judged, tally.failed), (2, 2));
        let levels: Vec<Level> = judged.findings.iter().map(|f| f.level).collect();
        assert!(levels.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn what_is_right_is_silent_all_over() {
        let contract = with_behaviour();
        let right = || {
            answer(200)
                .json(&json!({"batchId": "x", "updated": 1}))
                .header("Deprecation", "@1782777600")
                .header("Sunset", "Wed, 31 Mar 2027 00:00:00 GMT")
                .header("Link", "</bulk-update/v2>; rel=\"successor-version\"")
        };
        let id = crate::check::synthetic::ID;
        let play = Play::new(CaseKind::Probe(Probe::DuplicateSequential)).call(Expect::Success).items(&[("a", 1)]);
        let play = play.answered(failure(429, "throttled")).answered(right()).wrote("a", Some(id));
        let play = play.call(Expect::Replay { of: 0 }).items(&[("a", 1)]).answered(right()).logged(id);
        let run = play.run(&contract);
        let found = judging().case(&CaseSubject { contract: &contract, run: &run });
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn polls_are_judged_by_their_own_operation() {
        let contract = with_behaviour();
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(202).header("Location", "/1"));
        let run = play.polled(answer(200).json(&json!({"updated": "one"}))).run(&contract);
        let found = judging().case(&CaseSubject { contract: &contract, run: &run });
        let schema = found.iter().find(|f| f.check == "response/body-schema").unwrap();
        assert_eq!(schema.operation.as_deref(), Some("getBatch"));
    }

    #[test]
    fn a_poll_under_load_is_judged_by_what_it_calls() {
        let contract = with_behaviour();
        let mut poll = crate::check::synthetic::request();
        (poll.method, poll.target) = (http::Method::GET, "/bulk-update/v1/batches/1".into());
        let exchange = Arc::new(answer(200).json(&json!({"updated": "one"})).exchange(poll, Duration::ZERO));
        let subject = ExchangeSubject {
            contract: &contract,
            operation: contract.openapi.operation("submitBatch").map(AsRef::as_ref),
            call: None,
            conforming: true,
            correlation: None,
            exchange: &exchange,
            origin: Origin::Phase("steady-day".into()),
        };
        let found = judging().exchange(&subject);
        let schema = found.iter().find(|f| f.check == "response/body-schema").unwrap();
        assert_eq!(schema.operation.as_deref(), Some("getBatch"));
    }

    #[test]
    fn a_phase_in_between_is_not_counted_and_not_told_twice() {
        let contracts = [with_behaviour()];
        let twice = [1, 2].map(|n| effect(n, "key-1", Some("id-1"), Duration::from_millis(n)));
        let run = phase(vec![record(1, 0), record(1, 5)], twice.to_vec());
        let mut judging = judging();
        for (interim, new) in [(true, 1), (true, 0), (false, 0)] {
            let fresh = judging.phase(&subject(&contracts, &run, interim));
            assert_eq!(fresh.iter().filter(|f| f.family == Family::Idempotency).count(), new);
        }
        let judged = judging.finish();
        let duplicate = judged.findings.iter().find(|f| f.check == "idempotency/duplicate-under-load").unwrap();
        assert_eq!(duplicate.occurrences, 1);
        assert!(judged.tallies.iter().all(|t| t.judged == 1), "{:?}", judged.tallies);
    }

    #[test]
    fn consumers_and_unmet_needs_are_not_judged() {
        let consumer = with(|b| b.role = Role::Consumer);
        let run = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(418)).run(&consumer);
        assert!(judging().case(&CaseSubject { contract: &consumer, run: &run }).is_empty());
        let bare = Judging::new(&Selection::all(), &BTreeSet::new());
        assert!(bare.checks.0.iter().all(|check| !check.needs.contains(&Need::Effects)));
        assert!(bare.checks.0.iter().any(|check| check.needs.contains(&Need::Behaviour)));
    }
}
