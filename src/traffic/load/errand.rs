//! One run of a flow: its items, its actions, their attempts and polls.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::payloads::Payload;
use super::phase::{Due, Phase};
use crate::contract::behaviour::DataPath;
use crate::flow::{FlowRun, Workflow, next_poll};
use crate::scenario::{FlowClone, PlannedAction, PlannedFlow};
use crate::target::Authorized;
use crate::traffic::commit::commit;
use crate::traffic::connection::follow;
use crate::wire::{Exchange, Failure, FailureKind, Response};

/// The most polls of one `Location`.
const POLLS: usize = 300;

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

/// One call of a run with all that stays over its attempts.
pub(super) struct Step<'a> {
    pub(super) action: &'a PlannedAction,
    pub(super) payload: Arc<Payload>,
    pub(super) item: u32,
    /// Its place among the flow's actions.
    number: usize,
    tracking: OnceLock<Uuid>,
}

/// What came of an attempt.
pub(super) enum Seen {
    /// What was promised, and nothing more needs to be looked at.
    Plain,
    /// Whatever else.
    Whole(Arc<Exchange>),
}

impl<'p> Errand<'p> {
    pub(super) fn new(phase: &'p Phase, due: Due) -> Self {
        let plan = &phase.plan;
        let ticket = due.ticket;
        let flow = &plan.flows[ticket.flow];
        let clone = &flow.clones[ticket.clone];
        let workflow = if ticket.copied { &clone.copy } else { &clone.workflow };
        let correlation = flow.correlation.id(&plan.nonce, flow.seed, ticket.event, ticket.run).to_string().into();
        Self { phase, flow, clone, workflow, due, correlation }
    }

    /// How its calls show the run.
    pub(super) fn run(&self) -> FlowRun {
        FlowRun::new(self.flow.seed, &self.phase.plan.nonce, self.due.ticket.run)
    }

    /// Stays over all attempts of a step.
    pub(super) fn tracking(&self, step: &Step<'_>) -> Uuid {
        *step.tracking.get_or_init(|| {
            let name = format!("{} {} {}", self.due.ticket.run, step.item, step.number);
            self.phase.plan.nonce.identity(self.flow.seed, &name)
        })
    }

    /// Goes through all items, so many at once as the flow says.
    pub(super) async fn go(&self) {
        let each = self.flow.apply_to_each;
        stream::iter(0..each.items)
            .for_each_concurrent(each.concurrency as usize, |item| async move {
                // Those that begin with the run are due with it, the others
                // when their turn comes.
                let first = (item < each.concurrency).then_some(self.due.at);
                self.item(item, first).await;
            })
            .await;
    }

    async fn item(&self, item: u32, first: Option<Duration>) {
        let mut due = first;
        let only = self.due.ticket.only;
        let actions =
            self.flow.actions.iter().enumerate().filter(|(number, _)| only.is_none_or(|only| only == *number));
        for (number, action) in actions {
            let ticket = self.due.ticket;
            let payload = self.phase.payloads.get(
                (ticket.flow, number, action),
                (ticket.event, item),
                (&self.correlation, &self.phase.target),
            );
            let payload = match payload {
                Ok(payload) => payload,
                Err(reason) => return self.phase.could_not_make(&reason),
            };
            let step = Step { action, payload, item, number, tracking: OnceLock::new() };
            let due = due.take().unwrap_or_else(|| self.phase.target.elapsed());
            if !self.action(step, due).await {
                // What follows runs only after success.
                return;
            }
        }
    }

    /// Sends a call, again as the policy says, and follows its `Location`.
    /// Gives whether the action succeeded.
    async fn action(&self, step: Step<'_>, mut due: Duration) -> bool {
        let mut attempt = 1;
        let mut rng = None;
        loop {
            let Some(authorized) = self.authorized(step.action).await else { return false };
            let exchange = match self.send(&step, &authorized, (due, attempt)).await {
                Seen::Plain => return true,
                Seen::Whole(exchange) => exchange,
            };
            let lost = step.payload.answer_lost && attempt == 1;
            let outcome = if lost { &lost_answer() } else { &exchange.outcome };
            let rng = rng.get_or_insert_with(|| self.rng(&step));
            let Some(wait) = self.flow.retry.wait(attempt, outcome, exchange.done_at, rng) else {
                return match outcome {
                    Ok(response) if response.status == 202 => self.polls(&step, (&exchange, &authorized), rng).await,
                    outcome => {
                        self.commit(step.action, &exchange).await;
                        succeeded(outcome)
                    }
                };
            };
            due = self.pause(wait).await;
            attempt += 1;
        }
    }

    fn rng(&self, step: &Step<'_>) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.tracking(step).as_u64_pair().0)
    }

    /// Writes what the answer tells, where the contract leaves that to the flow.
    async fn commit(&self, action: &PlannedAction, told: &Exchange) {
        let Some(behaviour) = action.contract().behaviour.as_deref() else { return };
        // What is missing then shows in the ledger.
        let _ = commit(&self.phase.target, &self.phase.pool, behaviour, told).await;
    }

    /// Asks a `Location` again and again until another answer comes than 202.
    async fn polls(
        &self,
        step: &Step<'_>,
        (accepted, authorized): (&Exchange, &Authorized),
        rng: &mut ChaCha8Rng,
    ) -> bool {
        let gateway = &self.phase.target.gateway;
        let (mut location, mut attempt, mut last): (Option<String>, u32, Option<Arc<Exchange>>) = (None, 1, None);
        for _ in 0..POLLS {
            let seen = last.as_deref().unwrap_or(accepted);
            let next = seen.response().and_then(|r| next_poll(r, location.as_deref(), seen.done_at));
            let wait = if let Some(poll) = next {
                location = Some(poll.location);
                attempt = 1;
                poll.after
            } else {
                // A poll that fails is retried like any other call.
                let polled = last.as_ref().map(|e| self.flow.retry.wait(attempt, &e.outcome, e.done_at, rng));
                let Some(Some(wait)) = polled else {
                    self.commit(step.action, seen).await;
                    return succeeded(&seen.outcome);
                };
                attempt += 1;
                wait
            };
            let Some((origin, request)) = location.as_deref().and_then(|l| follow(gateway, &accepted.request, l))
            else {
                return false;
            };
            if origin != *gateway {
                // Flows would follow it; a load generator stays where it was sent.
                return false;
            }
            let due = self.pause(wait).await;
            last = Some(self.poll(step, request, authorized, (due, attempt)).await);
        }
        false
    }

    /// Waits for a span of the clock's time; gives when the wait should have
    /// ended, in real time.
    async fn pause(&self, wait: Duration) -> Duration {
        let target = &self.phase.target;
        let due = target.elapsed() + target.clock.real(wait);
        target.clock.sleep(wait).await;
        // A jump of the clock ends a wait early.
        due.min(target.elapsed())
    }

    async fn authorized(&self, action: &PlannedAction) -> Option<Authorized> {
        let identity = action.contract().behaviour.as_ref().and_then(|b| b.identity.as_ref());
        match self.phase.target.clients.client(identity, &self.clone.client).await {
            Ok(authorized) => Some(authorized),
            Err(error) => {
                self.phase.no_token(error);
                None
            }
        }
    }
}

/// Whether the contract leaves it to the flow to write what the answer tells.
pub(super) fn commits(action: &PlannedAction) -> bool {
    let behaviour = action.contract().behaviour.as_deref();
    behaviour.is_some_and(|b| b.data_path == Some(DataPath::FlowCommits) && b.commits.is_some())
}

/// The flow's view of an answer that was lost on its way.
fn lost_answer() -> Result<Response, Failure> {
    Err(Failure { kind: FailureKind::Reset, detail: "the answer is lost on its way to the flow".to_owned() })
}

fn succeeded(outcome: &Result<Response, Failure>) -> bool {
    outcome.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
}
