//! Runs the checks over one subject, without a memory.

use std::sync::Arc;

use super::{
    Answered, CaseSubject, Check, ExchangeSubject, Family, Finding, Judge, Level, Origin, PhaseSubject, Weights,
};
use crate::contract::behaviour::Role;
use crate::contract::openapi::Operation;
use crate::contract::{Contract, ContractId};
use crate::generate::{Call, Caller, CaseKind, Expect, Probe, Via};
use crate::observe::CallRun;
use crate::wire::Exchange;

/// The checks that judge, each without a memory: many subjects can be examined
/// at once, and what came of each is given to one [`Judging`](super::Judging).
#[derive(Clone, Debug)]
pub struct Checks(pub(super) Arc<[&'static Check]>, pub(super) Arc<Weights>);

/// What came of one subject, not yet counted.
#[derive(Debug, Default)]
pub struct Examined {
    pub(super) counts: Vec<(Of, Counts)>,
    pub(super) findings: Vec<Finding>,
    pub(super) answered: Answered,
}

/// What a tally is about: contract and operation, or a scenario's name.
pub(super) type Of = (Option<ContractId>, Arc<str>);

/// Judged and failed, check by check.
pub(super) type Counts = Vec<(u64, u64)>;

impl Checks {
    /// Examines one exchange under load. A poll that is given under the
    /// operation that it polls for is judged by the one that it really calls.
    pub fn exchange(&self, subject: &ExchangeSubject<'_>) -> Examined {
        let mut into = Examined::default();
        match subject.operation {
            Some(operation) if operation.method != subject.exchange.request.method => {
                let meant = match_operation(subject.contract, subject.exchange);
                let subject = ExchangeSubject { operation: meant.as_deref(), ..subject.clone() };
                self.judge_exchange(&subject, &mut into);
            }
            _ => self.judge_exchange(subject, &mut into),
        }
        into
    }

    /// Examines a case that is over: the case, and each of its exchanges and
    /// polls.
    pub fn case(&self, subject: &CaseSubject<'_>) -> Examined {
        let mut into = Examined::default();
        let calls: Vec<&Call> = subject.run.case.calls().collect();
        for run in &subject.run.calls {
            // A call of another version is judged by that one's own cases.
            if let Some(call) = calls.get(run.call).filter(|call| call.contract.is_none()) {
                self.judge_call(subject, call, run, &mut into);
            }
        }
        if is_provider(subject.contract) {
            let tally = (Some(subject.contract.id.clone()), subject.run.case.key.operation.clone());
            self.apply(tally, &mut into, |check, found| match check.judge {
                Judge::Case(judge) if speaks_of_case(check.family, subject) => Some(judge(subject, found)),
                Judge::Case(_) | Judge::Exchange(_) | Judge::Phase(_) => None,
            });
        }
        into
    }

    fn judge_call(&self, subject: &CaseSubject<'_>, call: &Call, run: &CallRun, into: &mut Examined) {
        let contract = subject.contract;
        let key = &subject.run.case.key;
        if is_conforming(call, key.kind)
            && let Some(last) = run.last()
        {
            into.answered.count(&contract.id, last.status());
        }
        for exchange in &run.exchanges {
            let meant = operation_of(contract, call, key.kind, exchange);
            self.judge_exchange(
                &ExchangeSubject {
                    contract,
                    operation: meant.as_deref(),
                    call: Some(call),
                    conforming: is_conforming(call, key.kind),
                    correlation: correlation_of(contract, call, exchange),
                    exchange: &Arc::new(exchange.clone()),
                    origin: Origin::Case(key.clone()),
                },
                into,
            );
        }
        for poll in &run.polls {
            let meant = match_operation(contract, poll);
            self.judge_exchange(
                &ExchangeSubject {
                    contract,
                    operation: meant.as_deref(),
                    call: None,
                    conforming: true,
                    correlation: correlation_of(contract, call, poll),
                    exchange: &Arc::new(poll.clone()),
                    origin: Origin::Case(key.clone()),
                },
                into,
            );
        }
    }

    /// Examines a phase.
    pub(super) fn phase(&self, subject: &PhaseSubject<'_>) -> Examined {
        let mut into = Examined::default();
        let tally = (None, subject.run.scenario.clone());
        self.apply(tally, &mut into, |check, found| match check.judge {
            Judge::Phase(judge) => Some(judge(subject, found)),
            Judge::Exchange(_) | Judge::Case(_) => None,
        });
        into
    }

    fn judge_exchange(&self, subject: &ExchangeSubject<'_>, into: &mut Examined) {
        if !is_provider(subject.contract) {
            return;
        }
        let operation = subject.operation.map_or_else(|| Arc::from("(no operation)"), |o| o.id.clone());
        let tally = (Some(subject.contract.id.clone()), operation);
        self.apply(tally, into, |check, found| match check.judge {
            Judge::Exchange(judge) if speaks_of(check.family, subject) => Some(judge(subject, found)),
            Judge::Exchange(_) | Judge::Case(_) | Judge::Phase(_) => None,
        });
    }

    /// Runs what `judge` takes, and notes what came of it. `judge` gives
    /// `None` for checks of another kind of subject.
    fn apply(&self, tally: Of, into: &mut Examined, judge: impl Fn(&Check, &mut Vec<Finding>) -> Option<bool>) {
        let Examined { counts, findings, .. } = into;
        let index = counts.iter().position(|(of, _)| *of == tally).unwrap_or_else(|| {
            counts.push((tally, vec![(0, 0); self.0.len()]));
            counts.len() - 1
        });
        for (check, count_of) in self.0.iter().zip(counts[index].1.iter_mut()) {
            let before = findings.len();
            let Some(concerned) = judge(check, findings) else { continue };
            findings[before..].iter_mut().for_each(|finding| self.1.weigh(check, finding));
            count_of.0 += u64::from(concerned);
            count_of.1 += u64::from(findings[before..].iter().any(|f| f.level == Level::Error));
        }
    }
}

/// Whether checks of a family speak of a case as a whole: of what is broken on
/// the wire, of searches for limits, and of what was recorded, only their own do.
fn speaks_of_case(family: Family, subject: &CaseSubject<'_>) -> bool {
    match subject.run.case.key.kind {
        CaseKind::Broken => family == Family::Wire,
        CaseKind::Recorded => family == Family::Lifecycle,
        CaseKind::Probe(Probe::ExactLimit | Probe::ExactLimitBehind | Probe::BodyOwed) => family == Family::Limits,
        _ => true,
    }
}

/// Whether checks of a family speak of an exchange. Of a request that is broken
/// on the wire its own family does, and where an application must have answered,
/// in its own shape, those of errors and of the correlation ID. What a search
/// for a limit sends is judged by what it finds, and what was recorded as a whole;
/// of a body that stays owed only those of limits speak, for any server may
/// refuse it.
fn speaks_of(family: Family, subject: &ExchangeSubject<'_>) -> bool {
    let limit = [Probe::ExactLimit, Probe::ExactLimitBehind].map(CaseKind::Probe);
    if subject.kind().is_some_and(|kind| limit.contains(&kind) || kind == CaseKind::Recorded) {
        return false;
    }
    if subject.is_probe(Probe::BodyOwed) {
        return family == Family::Limits;
    }
    let Some(Expect::Wire(promised)) = subject.call.map(|call| &call.expect) else { return true };
    match family {
        Family::Wire => true,
        // An answer to HEAD has no body to have a shape.
        Family::Taxonomy | Family::Correlation => {
            !promised.by_server && subject.exchange.request.method != http::Method::HEAD
        }
        _ => false,
    }
}

/// Consumers are judged by what they send, not by what they answer.
fn is_provider(contract: &Contract) -> bool {
    contract.behaviour.as_ref().is_none_or(|b| b.role == Role::Provider)
}

/// The operation that should have answered: the one that the call names, but
/// where paths and methods are what is tried, the one that is really meant.
fn operation_of(contract: &Contract, call: &Call, kind: CaseKind, exchange: &Exchange) -> Option<Arc<Operation>> {
    if kind == CaseKind::Probe(Probe::Routing) {
        return match_operation(contract, exchange);
    }
    contract.openapi.operations.iter().find(|o| o.id == call.operation).cloned()
}

fn match_operation(contract: &Contract, exchange: &Exchange) -> Option<Arc<Operation>> {
    let target = &exchange.request.target;
    let path = target.split(['?', '#']).next().unwrap_or(target);
    // A `Location` may lead to another version: that one's contract is not
    // this one's to judge by.
    contract.openapi.match_inside(&exchange.request.method, path).map(|(operation, _)| operation)
}

/// Whether a client's mistake can't be the reason of a refusal.
fn is_conforming(call: &Call, kind: CaseKind) -> bool {
    if matches!(call.caller, Caller::Token(_)) || call.via != Via::Gateway {
        return false;
    }
    match call.expect {
        Expect::Success | Expect::Replay { .. } | Expect::OneOfSame | Expect::SuccessOrRetryable => true,
        Expect::Refused(_) | Expect::Wire(_) => false,
        Expect::Nothing => matches!(kind, CaseKind::Conforming | CaseKind::Boundary),
    }
}

/// The correlation ID as it was sent: in a flood each sending has its own.
fn correlation_of<'a>(contract: &Contract, call: &'a Call, exchange: &'a Exchange) -> Option<&'a str> {
    match contract.behaviour.as_ref().and_then(|b| b.correlation.as_ref()) {
        Some(correlation) => exchange.request.headers.get(&correlation.header),
        None => call.correlation.as_deref(),
    }
}
