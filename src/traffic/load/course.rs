//! The course of a run: between its definition, which says what begins, and
//! whoever does it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::errand::{Doing, Done, Errand};
use super::phase::Due;
use super::shot::{Seen, Try};
use super::step::Step;
use crate::clock::Timestamp;
use crate::flow::{Answered, Begin, Run, Spot, Status, What, mix};
use crate::scenario::Ticket;
use crate::wire::{Exchange, Failure, FailureKind, Response};

/// How short an action's limited time may get in real time: services answer in
/// real time, however fast the clock runs.
const SHORTEST_LIMIT: Duration = Duration::from_secs(2);

/// How far a run is.
pub(super) struct Course<'e, 'p> {
    errand: &'e Errand<'p>,
    run: Run<'p>,
    /// Calls between two attempts or polls.
    waiting: HashMap<Spot, Box<Step<'p>>>,
    /// When the run was due, until it has begun.
    first: Option<Duration>,
}

impl<'e, 'p> Course<'e, 'p> {
    pub(super) fn new(errand: &'e Errand<'p>) -> Self {
        let ticket = errand.due.ticket;
        let seed = mix(errand.flow.seed, &[ticket.run]);
        let event = mix(errand.flow.seed, &[ticket.event]);
        let run = Run::new(&errand.flow.definition, ticket.only, seed).about(event);
        Self { errand, run, waiting: HashMap::new(), first: Some(errand.due.at) }
    }

    /// How it ended, once it has.
    pub(super) fn ended(&self) -> Option<Status> {
        self.run.ended()
    }

    /// Until when nothing begins unless something ends.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.run.next()
    }

    /// What is to be done now; `None`: a call can't be made.
    pub(super) fn begin(&mut self) -> Option<Vec<Doing<'p>>> {
        let begins = self.run.begin(self.errand.phase.target.clock.now());
        // What begins with the run is due with it, the rest when its turn comes.
        let first = self.first.take();
        begins.into_iter().map(|begin| self.begun(begin, first)).collect()
    }

    fn begun(&mut self, begin: Begin<'p>, first: Option<Duration>) -> Option<Doing<'p>> {
        let due = first.unwrap_or_else(|| self.real(begin.due));
        let (spot, flow) = (begin.spot, self.errand.flow);
        let attempt = match begin.what {
            What::Child(child) => {
                return Some(Doing::Child(spot, Due { ticket: self.ticket(&begin, child), at: due, ready: due }));
            }
            What::Attempt(attempt)
            | What::Poll { attempt, .. }
            | What::Part { attempt, .. }
            | What::Page { attempt, .. } => attempt,
        };
        let clock = &self.errand.phase.target.clock;
        let timeout = begin.limit.map_or(flow.timeout, |limit| clock.real(limit).max(SHORTEST_LIMIT).min(flow.timeout));
        let step = if let Some(step) = self.waiting.remove(&spot).filter(|_| begin.what != What::Attempt(1)) {
            step
        } else {
            self.errand.phase.operation_begins();
            let step = Box::new(Step::of(self.errand, &begin)?);
            self.run.carries(spot, step.payload.request.body.len());
            step
        };
        Some(Doing::Send(spot, step, begin.what, Try { due, attempt, timeout }))
    }

    /// A run of a child flow: the same event of the parent is the same event of
    /// the child.
    fn ticket(&self, begin: &Begin<'p>, child: usize) -> Ticket {
        let Errand { phase, flow, due, .. } = self.errand;
        let own = due.ticket;
        let child = flow.children[child];
        let clone = own.clone % phase.plan.flows[child].clones.len().max(1);
        let event = mix(flow.seed, &[own.event, begin.number as u64, begin.item]);
        Ticket { flow: child, clone, event, run: phase.next_run(), only: None, ..own }
    }

    /// When something was due on the clock, in real time; a jump of the clock
    /// ends a wait early.
    fn real(&self, due: Timestamp) -> Duration {
        let target = &self.errand.phase.target;
        target.elapsed().saturating_sub(target.clock.real(target.clock.now().since(due)))
    }

    /// Takes note of what was done; gives what the flow writes before it goes on.
    pub(super) fn told(&mut self, done: Done<'p>) -> Option<Doing<'p>> {
        match done {
            Done::Sent(spot, step, what, Some(Seen::Whole(exchange))) => self.answered(spot, step, &what, exchange),
            Done::Sent(spot, mut step, _, Some(Seen::Plain)) => {
                step.ends(None);
                self.run.succeeded(spot);
                None
            }
            // What can't be sent is not tried again.
            Done::Sent(spot, _, _, None) | Done::Written(spot) => {
                self.run.close(spot);
                None
            }
            Done::Child(spot, status) => {
                self.run.child_ended(spot, status);
                None
            }
        }
    }

    fn answered(
        &mut self,
        spot: Spot,
        mut step: Box<Step<'p>>,
        what: &What,
        exchange: Arc<Exchange>,
    ) -> Option<Doing<'p>> {
        let action = step.action;
        let lost = step.payload.answer_lost && *what == What::Attempt(1);
        let outcome = if lost { &lost_answer() } else { &exchange.outcome };
        if self.run.answered(spot, outcome, exchange.done_at) == Answered::Result {
            let good = outcome.as_ref().is_ok_and(|response| (200..300).contains(&response.status));
            if good && self.run.result(spot) == Some(Status::Failed) {
                step.ends(Some(&broken_off()));
            } else {
                step.ends(Some(outcome));
            }
            return Some(Doing::Write(spot, action, exchange));
        }
        if outcome.as_ref().is_ok_and(|response| (200..300).contains(&response.status)) {
            step.first.get_or_insert_with(|| exchange.request.clone());
        }
        self.waiting.insert(spot, step);
        None
    }
}

/// The flow's view of a good answer that does not say how to go on.
fn broken_off() -> Result<Response, Failure> {
    Err(Failure { kind: FailureKind::Refused, detail: "the transfer in parts was broken off".to_owned() })
}

/// The flow's view of an answer that was lost on its way.
fn lost_answer() -> Result<Response, Failure> {
    Err(Failure { kind: FailureKind::Reset, detail: "the answer is lost on its way to the flow".to_owned() })
}
