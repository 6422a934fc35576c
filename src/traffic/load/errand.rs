//! One run of a flow: what its definition begins is done, and what became of it
//! is told.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use uuid::Uuid;

use super::course::Course;
use super::further::Sends;
use super::phase::{Due, Phase};
use super::shot::{Seen, Try};
use super::step::Step;
use crate::flow::{FlowRun, Spot, Status, What, Workflow};
use crate::scenario::{FlowClone, PlannedAction, PlannedFlow};
use crate::target::Authorized;
use crate::traffic::commit::commit;
use crate::wire::Exchange;

/// A run that is under way.
#[derive(Debug)]
pub(super) struct Errand<'p> {
    pub(super) phase: &'p Phase,
    pub(super) flow: &'p PlannedFlow,
    clone: &'p FlowClone,
    pub(super) workflow: &'p Workflow,
    pub(super) due: Due,
    pub(super) correlation: Arc<str>,
}

/// Something that a run does.
pub(super) enum Doing<'p> {
    /// An attempt or a poll.
    Send(Spot, Box<Step<'p>>, What, Try),
    /// What the flow itself writes of an answer.
    Write(Spot, &'p PlannedAction, Arc<Exchange>),
    /// Another flow.
    Child(Spot, Due),
}

/// What became of it.
pub(super) enum Done<'p> {
    /// Nothing was sent where nothing was seen.
    Sent(Spot, Box<Step<'p>>, What, Option<Seen>),
    Written(Spot),
    Child(Spot, Status),
}

impl<'p> Errand<'p> {
    pub(super) fn new(phase: &'p Phase, due: Due) -> Self {
        let plan = &phase.plan;
        let ticket = due.ticket;
        let flow = &plan.flows[ticket.flow];
        let clone = &flow.clones[ticket.clone];
        let workflow = if ticket.copied { &clone.copy } else { &clone.workflow };
        Self { phase, flow, clone, workflow, due, correlation: flow.correlation(&plan.nonce, &ticket) }
    }

    /// Who calls.
    pub(super) fn client(&self) -> &'p Arc<str> {
        &self.clone.client
    }

    /// How its calls show the run.
    pub(super) fn run(&self) -> FlowRun {
        FlowRun::new(self.flow.seed, &self.phase.plan.nonce, self.due.ticket.run)
    }

    /// Stays over all attempts of a step.
    pub(super) fn tracking(&self, step: &Step<'_>) -> Uuid {
        *step.tracking.get_or_init(|| {
            let (number, item) = step.place;
            let name = format!("{} {item} {number}", self.due.ticket.run);
            self.phase.plan.nonce.identity(self.flow.seed, &name)
        })
    }

    /// Does what the flow's definition says, to the run's end.
    pub(super) async fn go(&self) -> Status {
        let mut course = Course::new(self);
        while let Some(mut begun) = course.begin() {
            if let Some(status) = course.ended() {
                return status;
            }
            // Most runs do one thing at a time.
            let alone = if begun.len() == 1 && course.next().is_none() { begun.pop() } else { None };
            let Some(alone) = alone else { return Box::pin(self.go_on(course, begun)).await };
            let done = self.done(alone).await;
            if let Some(write) = course.told(done) {
                return Box::pin(self.go_on(course, vec![write])).await;
            }
        }
        Status::Failed
    }

    /// Goes on where more than one thing is under way.
    async fn go_on(&self, mut course: Course<'_, 'p>, mut begun: Vec<Doing<'p>>) -> Status {
        let mut doing = FuturesUnordered::new();
        loop {
            doing.extend(begun.into_iter().map(|begun| self.done(begun)));
            let next = course.next();
            tokio::select! {
                Some(done) = doing.next() => doing.extend(course.told(done).map(|write| self.done(write))),
                () = self.phase.target.clock.sleep_until(next.unwrap_or_default()), if next.is_some() => {}
                else => return Status::Failed,
            }
            let Some(more) = course.begin() else { return Status::Failed };
            if let Some(status) = course.ended() {
                return status;
            }
            begun = more;
        }
    }

    async fn done(&self, doing: Doing<'p>) -> Done<'p> {
        match doing {
            Doing::Send(spot, step, what, attempt) => {
                let seen = self.sent(&step, &what, attempt).await;
                Done::Sent(spot, step, what, seen)
            }
            Doing::Write(spot, action, told) => {
                Box::pin(self.commit(action, &told)).await;
                Done::Written(spot)
            }
            Doing::Child(spot, due) => Done::Child(spot, Self::new(self.phase, due).boxed().await),
        }
    }

    /// Boxed, since a run may run others.
    fn boxed(self) -> Pin<Box<dyn Future<Output = Status> + Send + 'p>> {
        Box::pin(async move { self.go().await })
    }

    /// Sends a call or what follows it; `None` where there is no token, or a `Location`
    /// that leads elsewhere.
    async fn sent(&self, step: &Step<'p>, what: &What, attempt: Try) -> Option<Seen> {
        let authorized = self.authorized(step.action).await?;
        let request = match self.sends(step, what, &authorized) {
            Sends::Call => return Some(self.send(step, &authorized, attempt).await),
            Sends::Further(request) => request,
            Sends::Nothing => return None,
        };
        // The last part is what is asked for; all else is on the way there.
        let whole = step.payload.request.body.len();
        let poll = !matches!(what, What::Part { part, .. } if part.to == whole);
        Some(Seen::Whole(Box::pin(self.send_further(step, (request, poll), &authorized, attempt)).await))
    }

    /// Writes what the answer tells, where the contract leaves that to the flow.
    async fn commit(&self, action: &PlannedAction, told: &Exchange) {
        let Some(behaviour) = action.contract().behaviour.as_deref() else { return };
        // What is missing then shows in the ledger.
        let _ = commit(&self.phase.target, &self.phase.pool, behaviour, told).await;
    }

    async fn authorized(&self, action: &PlannedAction) -> Option<Authorized> {
        let identity = action.contract().behaviour.as_ref().and_then(|b| b.identity.as_ref());
        match self.phase.target.clients.client(identity, self.clone.client.clone()).await {
            Ok(authorized) => Some(authorized),
            Err(error) => {
                self.phase.no_token(error);
                None
            }
        }
    }
}
