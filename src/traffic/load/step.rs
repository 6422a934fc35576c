//! One call of a run, from its first attempt until it has its result.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use uuid::Uuid;

use super::errand::Errand;
use super::payloads::Payload;
use super::phase::Phase;
use crate::clock::Timestamp;
use crate::flow::{Begin, Kind};
use crate::observe::CallRecord;
use crate::scenario::{PlannedAction, PlannedFlow};
use crate::wire::{Failure, Request, Response};

/// One call of a run with all that stays over its attempts. Where it comes to no
/// result, nobody knows what became of it, and that is taken note of.
pub(super) struct Step<'p> {
    pub(super) action: &'p PlannedAction,
    pub(super) payload: Arc<Payload>,
    /// The action's name in the definition.
    pub(super) name: &'p str,
    /// The loop that it stands in, and the index of its turn.
    pub(super) turn: Option<(&'p str, u32)>,
    /// The action's number in the definition, and its item.
    pub(super) place: (usize, u64),
    pub(super) tracking: OnceLock<Uuid>,
    /// The first request, where others follow it.
    pub(super) first: Option<Request>,
    /// Its content goes in parts.
    pub(super) chunked: bool,
    /// What follows a good answer depends on what it says.
    pub(super) goes_on: bool,
    phase: &'p Phase,
    flow: &'p PlannedFlow,
    run: u64,
    correlation: Arc<str>,
    client: &'p Arc<str>,
    /// Whether it is known what became of it.
    known: bool,
}

impl<'p> Step<'p> {
    /// A call that begins; `None` where it can't be made.
    pub(super) fn of(errand: &Errand<'p>, begin: &Begin<'p>) -> Option<Self> {
        let Kind::Call(call) = &begin.node.kind else { return None };
        let Errand { phase, flow, due, correlation, .. } = errand;
        let action = &flow.actions[call.call];
        let payload = phase.payloads.get((call.call, action), (&due.ticket, begin.item), (correlation, &phase.target));
        let payload = payload.map_err(|reason| phase.could_not_make(&reason)).ok()?;
        let chunked = call.chunked.is_some() && !payload.request.body.is_empty();
        Some(Self {
            action,
            payload,
            name: &begin.node.name,
            turn: begin.turn,
            place: (begin.number, begin.item),
            tracking: OnceLock::new(),
            first: None,
            chunked,
            goes_on: chunked || call.pages.is_some(),
            phase,
            flow,
            run: due.ticket.run,
            correlation: correlation.clone(),
            client: errand.client(),
            known: false,
        })
    }

    /// It has its result; `None`: what was promised.
    pub(super) fn ends(&mut self, outcome: Option<&Result<Response, Failure>>) {
        self.known = self.phase.operation_ends(outcome);
    }

    /// What is known of a request before its answer.
    pub(super) fn asked(&self, client: Arc<str>, (attempt, poll): (u32, bool)) -> CallRecord {
        CallRecord {
            contract: self.action.contract.clone(),
            operation: self.action.operation.clone(),
            flow: self.flow.name.clone(),
            run: self.run,
            attempt,
            poll,
            client,
            correlation: self.payload.is_correlated().then(|| self.correlation.clone()),
            items: if poll { Arc::default() } else { self.payload.items.clone() },
            step: self.payload.step.clone(),
            refusable: self.payload.refusable,
            status: None,
            failure: None,
            retry_after: None,
            tier: None,
            due: Duration::ZERO,
            sent: Duration::ZERO,
            done: Duration::ZERO,
            sent_at: Timestamp::default(),
            done_at: Timestamp::default(),
        }
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if !self.known {
            self.phase.unknown(self.asked(self.client.clone(), (1, false)));
        }
    }
}
