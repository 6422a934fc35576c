//! One run of a flow: its items, its actions, their attempts and polls.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::phase::{Due, Phase};
use crate::contract::behaviour::Selector;
use crate::flow::{Action, FlowRun, Workflow, next_poll};
use crate::observe::CallRecord;
use crate::scenario::{FlowClone, PlannedAction, PlannedCall, PlannedFlow};
use crate::target::Authorized;
use crate::traffic::commit::commit;
use crate::traffic::connection::follow;
use crate::wire::{Exchange, Failure, FailureKind, Request, Response};

/// The most polls of one `Location`.
const POLLS: usize = 300;

/// A run that is under way.
#[derive(Debug)]
pub(super) struct Errand<'p> {
    phase: &'p Phase,
    flow: &'p PlannedFlow,
    clone: &'p FlowClone,
    workflow: &'p Workflow,
    due: Due,
    run: FlowRun,
    correlation: Arc<str>,
}

/// One call of a run with all that stays over its attempts.
struct Step<'a> {
    action: &'a PlannedAction,
    planned: PlannedCall,
    items: Arc<[crate::generate::Item]>,
    item: u32,
    tracking: Uuid,
    rng: ChaCha8Rng,
}

impl<'p> Errand<'p> {
    pub(super) fn new(phase: &'p Phase, due: Due) -> Self {
        let plan = &phase.plan;
        let ticket = due.ticket;
        let flow = &plan.flows[ticket.flow];
        let clone = &flow.clones[ticket.clone];
        let workflow = if ticket.copied { &clone.copy } else { &clone.workflow };
        let run = FlowRun::new(flow.seed, &plan.nonce, ticket.run);
        let correlation = flow.correlation.id(&plan.nonce, flow.seed, ticket.event, ticket.run).to_string().into();
        Self { phase, flow, clone, workflow, due, run, correlation }
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
            let planned = match action.call(self.due.ticket.event, item, &self.correlation) {
                Ok(planned) => planned,
                Err(reason) => return self.phase.could_not_make(&reason),
            };
            let name = format!("{} {item} {number}", self.due.ticket.run);
            let tracking = self.phase.plan.nonce.identity(self.flow.seed, &name);
            let step = Step {
                items: planned.call.items.as_slice().into(),
                action,
                planned,
                item,
                tracking,
                rng: ChaCha8Rng::seed_from_u64(tracking.as_u64_pair().0),
            };
            let due = due.take().unwrap_or_else(|| self.phase.target.elapsed());
            if !self.action(step, due).await {
                // What follows runs only after success.
                return;
            }
        }
    }

    /// Sends a call, again as the policy says, and follows its `Location`.
    /// Gives whether the action succeeded.
    async fn action(&self, mut step: Step<'_>, mut due: Duration) -> bool {
        let mut attempt = 1;
        loop {
            let Some(authorized) = self.authorized(step.action).await else { return false };
            let request = self.request(&step, &authorized, attempt);
            let exchange = self.send(&step, request, &authorized, (due, attempt, false)).await;
            let lost = step.planned.answer_lost && attempt == 1;
            let outcome = if lost { &lost_answer() } else { &exchange.outcome };
            let wait = self.flow.retry.wait(attempt, outcome, exchange.done_at, &mut step.rng);
            let Some(wait) = wait else {
                return match outcome {
                    Ok(response) if response.status == 202 => self.polls(&mut step, &exchange, &authorized).await,
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

    /// Writes what the answer tells, where the contract leaves that to the flow.
    async fn commit(&self, action: &PlannedAction, told: &Exchange) {
        let Some(behaviour) = action.contract().behaviour.as_deref() else { return };
        // What is missing then shows in the ledger.
        let _ = commit(&self.phase.target, &self.phase.pool, behaviour, told).await;
    }

    /// Asks a `Location` again and again until another answer comes than 202.
    async fn polls(&self, step: &mut Step<'_>, accepted: &Exchange, authorized: &Authorized) -> bool {
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
                let polled = last.as_ref().map(|e| self.flow.retry.wait(attempt, &e.outcome, e.done_at, &mut step.rng));
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
            last = Some(self.send(step, request, authorized, (due, attempt, true)).await);
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

    async fn send(
        &self,
        step: &Step<'_>,
        request: Request,
        authorized: &Authorized,
        (due, attempt, poll): (Duration, u32, bool),
    ) -> Arc<Exchange> {
        let phase = self.phase;
        // The semaphore is never closed; without a permit the call just goes.
        let lane = phase.lanes.acquire().await.ok();
        let mut client = phase.pool.take(&phase.target.gateway);
        client.set_timeout(self.flow.timeout);
        let exchange = Arc::new(client.send(request, due, attempt).await);
        phase.pool.give(client);
        drop(lane);
        phase.tell(self.record(step, authorized, &exchange, poll), &exchange).await;
        exchange
    }

    fn record(&self, step: &Step<'_>, authorized: &Authorized, exchange: &Exchange, poll: bool) -> CallRecord {
        CallRecord {
            contract: step.action.contract.clone(),
            operation: step.action.operation.clone(),
            flow: self.flow.name.clone(),
            run: self.due.ticket.run,
            attempt: exchange.attempt,
            poll,
            client: authorized.client.clone(),
            correlation: step.planned.call.correlation.is_some().then(|| self.correlation.clone()),
            items: if poll { Arc::default() } else { step.items.clone() },
            step: step.name(),
            refusable: step.planned.refusable,
            status: exchange.status(),
            failure: exchange.outcome.as_ref().err().map(|failure| failure.kind),
            retry_after: exchange.response().and_then(Response::retry_after_seconds),
            tier: exchange.tier,
            due: exchange.due,
            sent: exchange.sent,
            done: exchange.done,
            sent_at: exchange.sent_at,
            done_at: exchange.done_at,
        }
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

    /// What the platform sends for an attempt: its own fields, then the
    /// action's.
    fn request(&self, step: &Step<'_>, authorized: &Authorized, attempt: u32) -> Request {
        let inside_loop = self.flow.apply_to_each.items > 1;
        let action = Action {
            name: &step.action.operation,
            tracking_id: step.tracking,
            attempt_id: Uuid::new_v5(&step.tracking, &attempt.to_be_bytes()),
            repeat_item: inside_loop.then_some(step.item as usize),
        };
        let mut headers = action.headers(self.workflow, &self.run);
        let own = &step.planned.call.request;
        for (name, value) in own.headers.iter() {
            headers.append(name, value);
        }
        if let Some(token) = &authorized.token {
            headers.append("Authorization", format!("Bearer {}", token.expose()));
        }
        Request { method: own.method.clone(), target: own.target.clone(), headers, body: own.body.clone() }
    }
}

impl Step<'_> {
    /// The step that the call names, where the contract tells steps apart.
    fn name(&self) -> Option<Arc<str>> {
        match self.action.contract().behaviour.as_ref()?.idempotency.as_ref()?.step.as_ref()? {
            Selector::Header(name) => self.planned.call.request.headers.get(name).map(Arc::from),
            _ => None,
        }
    }
}

/// The flow's view of an answer that was lost on its way.
fn lost_answer() -> Result<Response, Failure> {
    Err(Failure { kind: FailureKind::Reset, detail: "the answer is lost on its way to the flow".to_owned() })
}

fn succeeded(outcome: &Result<Response, Failure>) -> bool {
    outcome.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
}
