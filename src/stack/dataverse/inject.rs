//! What goes wrong on purpose.

use std::sync::Arc;
use std::time::Duration;

use http::Response;
use http::header::IF_NONE_MATCH;

use super::super::fault::{Injected, Subject, lasting};
use super::answer::{Aftermath, Answer, Cost};
use super::body::AnswerBody;
use super::error::Refusal;
use super::guard::Principal;
use super::operate::Call;
use super::organization::{Organization, Reset};
use super::servers::Throttled;
use crate::limit::ProtectionLimit;
use crate::wire::{Downstream, FaultError, FaultKind, FaultOperation, InsteadOf};

/// How long nothing is answered at most, in real time.
const SILENCE: Duration = Duration::from_mins(10);

/// What a fault leaves of an answer.
pub(super) enum Outcome {
    /// It goes out.
    Answer(Answer),
    /// Half of it goes out.
    Half(Answer),
    /// The connection is reset.
    Lost,
    /// Nothing comes until this is over; then the connection is reset.
    Silence(tokio::sync::oneshot::Receiver<Answer>),
    /// It goes out when it is there.
    Late(tokio::sync::oneshot::Receiver<Answer>),
}

impl Organization {
    /// What hits a request.
    pub(super) fn injected(&self, call: &Call, principal: &Principal, part: bool) -> Injected {
        // Nearly always there is none, and nothing need be known of the request.
        if self.faults.is_empty() {
            return Injected::default();
        }
        self.faults.hit(&Subject {
            tier: Downstream::Dataverse,
            table: &call.path.segment,
            method: call.method.as_str(),
            operation: Some(operation_of(call)),
            principal: &principal.id,
            tag: call.option("tag"),
            headers: &call.headers,
            now: call.at,
            part,
        })
    }

    /// What hits one part of a `$batch`: an error, which is in the ledger
    /// already, or what becomes of the whole answer; the name of the fault.
    pub(super) fn inject_part(
        &self,
        call: &Call,
        principal: &Principal,
        aftermath: &mut Aftermath,
    ) -> Result<Option<&'static str>, Refusal> {
        let injected = self.injected(call, principal, true);
        aftermath.delay = aftermath.delay.max(injected.delay);
        aftermath.lost |= injected.outcome == Some(FaultKind::AnswerLost);
        let refusal = injected.outcome.as_ref().and_then(|kind| self.injected_refusal(call, principal, kind));
        let Some(refusal) = refusal else { return Ok(injected.name) };
        self.note_refusal(call, principal, (refusal.status, refusal.code), injected.name);
        Err(refusal)
    }

    /// Does what is asked for, or what a fault makes of it.
    pub(super) fn carry_out(self: &Arc<Self>, call: Call, principal: &Principal, injected: &Injected) -> Outcome {
        let (annotated, name) = (call.prefer.annotated(), injected.name);
        let refuse = |call: &Call, refusal: &Refusal| {
            self.note_refusal(call, principal, (refusal.status, refusal.code), name);
            Outcome::Answer(self.refusal(refusal, annotated))
        };
        let execute = |call: &Call| self.execute(call, principal, name).unwrap_or_else(|r| self.refusal(&r, annotated));
        match &injected.outcome {
            Some(FaultKind::Reset) => {
                self.note_refusal(&call, principal, (0, "reset"), name);
                Outcome::Lost
            }
            Some(FaultKind::AnswerLost) => {
                execute(&call);
                Outcome::Lost
            }
            Some(FaultKind::HalfBody) => match execute(&call) {
                answer if answer.body.is_empty() => Outcome::Lost,
                answer => Outcome::Half(answer),
            },
            Some(FaultKind::SomebodyElse { column, value }) => {
                let answer = execute(&call);
                self.somebody_else_writes(&call, column, value);
                Outcome::Answer(answer)
            }
            Some(FaultKind::CommitLater { milliseconds, answer }) => {
                let answered = instead(*answer);
                if call.operation().is_none() && operation_of(&call) == FaultOperation::Read {
                    return match answered {
                        Some(refusal) => Outcome::Answer(self.refusal(&refusal, annotated)),
                        None if *answer == InsteadOf::Own => Outcome::Answer(execute(&call)),
                        None => Outcome::Lost,
                    };
                }
                let done = self.commit_later(call, principal.clone(), (name, Duration::from_millis(*milliseconds)));
                match (answered, answer) {
                    (Some(refusal), _) => Outcome::Answer(self.refusal(&refusal, annotated)),
                    (None, InsteadOf::Silence) => Outcome::Silence(done),
                    (None, InsteadOf::Own) => Outcome::Late(done),
                    (None, _) => Outcome::Lost,
                }
            }
            Some(kind) => match self.injected_refusal(&call, principal, kind) {
                Some(refusal) => refuse(&call, &refusal),
                None => Outcome::Answer(execute(&call)),
            },
            None => match execute(&call) {
                answer if answer.aftermath.lost => Outcome::Lost,
                answer => Outcome::Answer(answer),
            },
        }
    }

    /// The refusal that a kind stands for.
    fn injected_refusal(&self, call: &Call, principal: &Principal, kind: &FaultKind) -> Option<Refusal> {
        match kind {
            FaultKind::Throttled { retry_after } => {
                Some(self.throttled(Throttled { limit: ProtectionLimit::Requests, retry_after: *retry_after }))
            }
            FaultKind::Unavailable => Some(Refusal::unavailable()),
            FaultKind::Error { error } => Some(self.filled(error, call, principal)),
            _ => None,
        }
    }

    /// An error with what the request names.
    fn filled(&self, error: &FaultError, call: &Call, principal: &Principal) -> Refusal {
        let segment = call.path.segment.as_str();
        let entity = self.table(segment).map_or(segment, |table| &self.tables[table].logical);
        let key = call.path.key.as_deref().unwrap_or_default();
        let message = error
            .message
            .replace("{table}", segment)
            .replace("{entity}", entity)
            .replace("{key}", key)
            .replace("{principal}", &principal.id);
        Refusal { retry_after: error.retry_after, ..Refusal::of(error.status, lasting(&error.code), message) }
    }

    /// Commits a write later, whatever becomes of the caller.
    fn commit_later(
        self: &Arc<Self>,
        mut call: Call,
        principal: Principal,
        (fault, by): (Option<&'static str>, Duration),
    ) -> tokio::sync::oneshot::Receiver<Answer> {
        let (done, waiting) = tokio::sync::oneshot::channel();
        let (organization, due) = (Arc::clone(self), call.at.plus(by));
        self.late.spawn(async move {
            organization.clock.sleep_until(due).await;
            call.at = organization.clock.now();
            let annotated = call.prefer.annotated();
            let answer = organization.execute(&call, &principal, fault);
            // What came of it is in the ledger; who waited for it may be gone.
            let _ = done.send(answer.unwrap_or_else(|refusal| organization.refusal(&refusal, annotated)));
        });
        waiting
    }
}

impl Outcome {
    /// What it cost.
    pub(super) fn cost(&self) -> Cost {
        match self {
            Self::Answer(answer) | Self::Half(answer) => answer.cost,
            Self::Lost | Self::Silence(_) | Self::Late(_) => Cost::default(),
        }
    }

    /// How much later it comes for what hit the parts of a batch, in real time.
    pub(super) fn delay(&self) -> Duration {
        match self {
            Self::Answer(answer) | Self::Half(answer) => answer.aftermath.delay,
            Self::Lost | Self::Silence(_) | Self::Late(_) => Duration::ZERO,
        }
    }

    /// As it goes out.
    pub(super) async fn finish(
        self,
        injected: &Injected,
        respond: impl FnOnce(Answer) -> Response<AnswerBody>,
    ) -> Result<Response<AnswerBody>, Reset> {
        let (answer, half) = match self {
            Self::Answer(answer) => (answer, false),
            Self::Half(answer) => (answer, true),
            Self::Lost => return Err(Reset),
            Self::Silence(done) => {
                // Whether it was done or the environment stopped: nothing comes.
                let _ = tokio::time::timeout(SILENCE, done).await;
                return Err(Reset);
            }
            Self::Late(done) => (done.await.map_err(|_| Reset)?, false),
        };
        let mut response = respond(answer);
        if half {
            response.body_mut().half();
        } else if let Some(over) = injected.slow_body {
            response.body_mut().slow(over);
        }
        Ok(response)
    }
}

fn instead(answer: InsteadOf) -> Option<Refusal> {
    match answer {
        InsteadOf::Unavailable => Some(Refusal::unavailable()),
        InsteadOf::Timeout => Some(Refusal::of(504, "", "Gateway Timeout")),
        InsteadOf::Reset | InsteadOf::Silence | InsteadOf::Own => None,
    }
}

/// What a request asks for.
fn operation_of(call: &Call) -> FaultOperation {
    let method = call.method.as_str();
    if call.path.segment == "$batch" {
        return FaultOperation::Batch;
    }
    if matches!(method, "GET" | "HEAD") {
        return FaultOperation::Read;
    }
    let name = call.path.rest.strip_prefix("Microsoft.Dynamics.CRM.");
    match name.map(|name| name.ends_with("Multiple")) {
        Some(true) => return FaultOperation::Bulk,
        Some(false) => return FaultOperation::Action,
        None => {}
    }
    let has = |name: &str| call.header(name).is_some();
    let whole_row = call.path.rest.is_empty();
    match method {
        "POST" if whole_row && call.path.key.is_none() => FaultOperation::Create,
        "PATCH" if whole_row && call.header(IF_NONE_MATCH).map(str::trim) == Some("*") => FaultOperation::Create,
        "PATCH" if whole_row && !has("if-match") => FaultOperation::Upsert,
        "DELETE" if whole_row => FaultOperation::Delete,
        _ => FaultOperation::Update,
    }
}
