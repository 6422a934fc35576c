//! One attempt: what goes out, and what is taken note of.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::errand::Errand;
use super::step::Step;
use crate::contract::behaviour::DataPath;
use crate::flow::{Action, HeaderSet};
use crate::observe::{CallRecord, Glimpse};
use crate::scenario::PlannedAction;
use crate::target::Authorized;
use crate::traffic::connection::{Draft, Shot, drafted, field, tier, write_field};
use crate::wire::{Exchange, Headers, Request, Response, Secret};

/// About how many bytes the platform's fields take.
const PLATFORM: usize = 1024;

/// How many the field of a token takes beside it.
const BEARER: usize = "Authorization: Bearer \r\n".len();

/// One attempt at a call or a poll.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    /// When it is due, in real time since the run began.
    pub(super) due: Duration,
    /// From 1.
    pub(super) attempt: u32,
    /// How long its answer may take, in real time.
    pub(super) timeout: Duration,
}

/// What came of an attempt.
pub(super) enum Seen {
    /// What was promised, and nothing more needs to be looked at.
    Plain,
    /// Whatever else.
    Whole(Arc<Exchange>),
}

impl Errand<'_> {
    /// Sends a call once.
    pub(super) async fn send(&self, step: &Step<'_>, authorized: &Authorized, attempt: Try) -> Seen {
        let phase = self.phase;
        let Try { due, attempt, timeout } = attempt;
        let due = self.paced(due, step.payload.request.body.len()).await;
        let draft = self.draft(step, authorized, attempt);
        if attempt == 1 {
            phase.asks(due.max(self.due.ready));
        }
        let shot = self.shoot(draft, timeout).await;
        self.received(&shot);
        if self.is_plain(step, &shot) {
            let received = shot.outcome.as_ref().map_or(0, |answer| answer.body.len() as u64);
            let sizes = (step.payload.request.body.len(), received);
            phase.note(self.plain(step, authorized, &shot, (due, attempt)), sizes);
            return Seen::Plain;
        }
        let request = self.request(step, authorized, attempt);
        let exchange = Arc::new(shot.exchange(request, (due, attempt), &phase.target));
        Box::pin(phase.tell(record(step, authorized, &exchange, false), &exchange)).await;
        Seen::Whole(exchange)
    }

    /// Sends a draft when a lane is free, over the connection of the flow's copy.
    async fn shoot(&self, draft: Draft, timeout: Duration) -> Shot {
        let phase = self.phase;
        let _room = self.room().await;
        let owner = phase.owner(&self.due.ticket);
        phase.lines.shoot(draft, owner, timeout).await
    }

    /// Sends what follows the first request of a call, or announces it; a `poll`
    /// is none of the calls that answers are promised for.
    pub(super) async fn send_further(
        &self,
        step: &Step<'_>,
        (mut request, poll): (Request, bool),
        authorized: &Authorized,
        Try { due, attempt, timeout }: Try,
    ) -> Arc<Exchange> {
        let target = &self.phase.target;
        let due = self.paced(due, request.body.len()).await;
        target.dress(&mut request);
        let shot = match drafted(&request, &target.gateway.authority()) {
            Ok(draft) => self.shoot(draft, timeout).await,
            Err(failure) => Shot::unsent(failure, target),
        };
        self.received(&shot);
        let exchange = Arc::new(shot.exchange(request, (due, attempt), target));
        self.phase.tell(record(step, authorized, &exchange, poll), &exchange).await;
        exchange
    }

    /// Whether an answer is what was promised, and like one that was judged, so
    /// that the flow goes on and nobody need look at it.
    fn is_plain(&self, step: &Step<'_>, shot: &Shot) -> bool {
        let Ok(answer) = &shot.outcome else { return false };
        if step.payload.refusable || step.payload.answer_lost || step.goes_on || commits(step.action) {
            return false;
        }
        self.phase.is_plain(&Glimpse {
            contract: &step.action.contract,
            operation: &step.action.operation,
            status: answer.status,
            headers: &answer.fields,
            body: &answer.body,
            truncated: answer.truncated,
            correlation: step.payload.is_correlated().then_some(&*self.correlation),
            took: shot.done.saturating_sub(shot.sent),
        })
    }

    fn plain(
        &self,
        step: &Step<'_>,
        authorized: &Authorized,
        shot: &Shot,
        (due, attempt): (Duration, u32),
    ) -> CallRecord {
        let answer = shot.outcome.as_ref().ok();
        CallRecord {
            status: answer.map(|answer| answer.status),
            failure: None,
            retry_after: None,
            tier: answer.and_then(|answer| tier(&answer.fields, &self.phase.target)),
            due,
            sent: shot.sent,
            done: shot.done,
            sent_at: shot.sent_at,
            done_at: shot.done_at,
            ..step.asked(authorized.client.clone(), (attempt, false))
        }
    }

    /// What goes out for an attempt: the platform's fields, the action's own.
    fn draft(&self, step: &Step<'_>, authorized: &Authorized, attempt: u32) -> Draft {
        let token = authorized.token.as_ref().map(Secret::expose);
        let platform = if step.action.headers == HeaderSet::Suppressed { 0 } else { PLATFORM };
        let mut draft = step.payload.draft(&self.correlation, platform + token.map_or(0, |token| token.len() + BEARER));
        for (name, value) in self.platform(step, attempt).iter() {
            // A field that can't be sent is none.
            let _ = field(&mut draft.head, name, value);
        }
        if let Some(token) = token.filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic())) {
            write_field(&mut draft.head, "Authorization", &["Bearer ", token]);
        }
        draft
    }

    /// The same as a plain value.
    pub(super) fn request(&self, step: &Step<'_>, authorized: &Authorized, attempt: u32) -> Request {
        let own = step.payload.plain(&self.correlation);
        let mut headers = self.platform(step, attempt);
        for (name, value) in own.headers.iter() {
            headers.append(name, value);
        }
        if let Some(token) = &authorized.token {
            headers.append("Authorization", format!("Bearer {}", token.expose()));
        }
        Request { headers, ..own }
    }

    /// The platform's fields.
    fn platform(&self, step: &Step<'_>, attempt: u32) -> Headers {
        if step.action.headers == HeaderSet::Suppressed {
            return Headers::new();
        }
        let tracking = self.tracking(step);
        let action = Action {
            name: step.name,
            tracking_id: tracking,
            attempt_id: Uuid::new_v5(&tracking, &attempt.to_be_bytes()),
            turn: step.turn,
            target: &step.payload.request.target,
        };
        action.headers((step.action.headers, &self.flow.connector_keeps), self.workflow, &self.run())
    }
}

/// What is known of a request and of what came of it.
fn record(step: &Step<'_>, authorized: &Authorized, exchange: &Exchange, poll: bool) -> CallRecord {
    CallRecord {
        status: exchange.status(),
        failure: exchange.outcome.as_ref().err().map(|failure| failure.kind),
        retry_after: exchange.response().and_then(Response::retry_after_seconds),
        tier: exchange.tier,
        due: exchange.due,
        sent: exchange.sent,
        done: exchange.done,
        sent_at: exchange.sent_at,
        done_at: exchange.done_at,
        ..step.asked(authorized.client.clone(), (exchange.attempt, poll))
    }
}

/// Whether the contract leaves it to the flow to write what the answer tells.
fn commits(action: &PlannedAction) -> bool {
    let behaviour = action.contract().behaviour.as_deref();
    behaviour.is_some_and(|b| b.data_path == Some(DataPath::FlowCommits) && b.commits.is_some())
}
