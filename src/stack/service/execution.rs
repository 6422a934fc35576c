//! One running service: what all its calls share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest;
use axum::body::Body;
use bytes::Bytes;
use http::Method;
use http::request::Parts;

use super::call::{self, Call};
use super::callback::{Caller, Letter, Outbox};
use super::careless::LeftOver;
use super::dataverse::{Dataverse, Errand};
use super::defect::{Defect, Defects};
use super::distort;
use super::inference::{self, ModelClient, Verdict};
use super::intake::RowState;
use super::ledger::{JobState, Ledger, Place};
use super::log::Log;
use super::memory::{Memory, Scope};
use super::problem::{Answer, FailureType, Problem};
use super::queue::{Lanes, Queue};
use super::route::{self, Contract, Operation};
use super::standstill::Standstill;
use super::tasks::Tasks;
use super::{bulk, careless, intake};
use crate::clock::Clock;
use crate::door::Origin;
use crate::wire::Secret;

/// How late an answer is, in real time, where a defect makes it so.
const LATE: Duration = Duration::from_secs(2);

/// How long the service hesitates between looking and doing, in real time,
/// where that defect is on.
const HESITATION: Duration = Duration::from_millis(20);

/// What all calls share.
#[derive(Debug)]
pub(super) struct Execution {
    pub(super) dataverse: Dataverse,
    /// Records: whether a write may have been done unseen.
    pub(super) records: Arc<Memory<bool>>,
    /// Files: how far each line has come.
    pub(super) files: Arc<Memory<Vec<RowState>>>,
    /// Questions: what the model said.
    pub(super) decisions: Arc<Memory<Option<Arc<Verdict>>>>,
    pub(super) model: Option<ModelClient>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) log: Arc<Log>,
    /// Jobs that have not ended.
    pub(super) queue: Arc<Queue>,
    pub(super) lanes: Lanes,
    /// What the flow is to be told.
    pub(super) outbox: Arc<Outbox>,
    pub(super) caller: Option<Arc<Caller>>,
    pub(super) tasks: Tasks,
    pub(super) clock: Clock,
    pub(super) defects: Defects,
    pub(super) gateway: Arc<OnceLock<Origin>>,
    pub(super) gateway_key: Secret,
    pub(super) answered: AtomicU64,
    /// How many calls and files there were, for the defects that count.
    pub(super) submitted: AtomicU64,
    pub(super) files_submitted: AtomicU64,
    pub(super) replays: Replays,
    /// The last job of each caller, for the defect that mixes them up.
    pub(super) last_jobs: Mutex<HashMap<Arc<str>, String>>,
    pub(super) left_over: LeftOver,
    pub(super) standstill: Arc<Standstill>,
}

impl Execution {
    /// Answers a call.
    pub(super) async fn answer(self: &Arc<Self>, parts: &Parts, body: Body) -> Result<Answer, Problem> {
        self.admit(parts)?;
        let operation = route::find(&parts.method, parts.uri.path())
            .ok_or_else(|| Problem::not_found("There is no such operation"))?;
        let call = self.misread(Call::read(&parts.headers)?);
        match operation {
            Operation::Get(contract, id) => self.result(contract, &call, &id),
            Operation::Submit(contract) => {
                let expected = route::media_types(contract);
                let sent = call::demand_media_type(&parts.headers, expected)?;
                let body = call::read_body(body, careless::most(&self.defects), &self.defects).await?;
                let query = parts.uri.query().unwrap_or_default().to_owned();
                let (json, workbook, whole) = (sent == "application/json", sent == route::WORKBOOK, body.clone());
                let body = careless::content(&self.defects, &parts.headers, json, body)?;
                // Dropped after it is known whether the caller left.
                let _letting_go = LettingGo { execution: Arc::clone(self), call: call.clone() };
                let leaving = call.watch();
                let work = Arc::clone(self).submit(contract, call, query, (workbook, body));
                // The caller may go away; the work is done to its end.
                let ended = self.tasks.run(work).await;
                leaving.stays();
                careless::too_late(&self.defects, &parts.headers, json, &whole)?;
                ended.unwrap_or_else(|| Err(Problem::new(FailureType::Internal, "The call was not finished")))
            }
        }
    }

    /// Whether a call may come in: the gateway has looked at its token.
    fn admit(&self, parts: &Parts) -> Result<(), Problem> {
        let reads = parts.method == Method::GET && self.defects.has(Defect::ReadsPastGateway);
        if !(reads || self.defects.has(Defect::PastGatewayAccepted)) {
            call::through_gateway(&parts.headers, &self.gateway_key)?;
        }
        let token = call::text(&parts.headers, "authorization").unwrap_or_default();
        if self.defects.has(Defect::ServiceSchemeCase) && !token.starts_with("Bearer ") {
            return Err(Problem::new(FailureType::Forbidden, "There is no bearer token"));
        }
        Ok(())
    }

    /// Fails now and then, where a defect is on that does.
    fn stumble(&self, contract: Contract) -> Result<(), Problem> {
        let number = self.submitted.fetch_add(1, Ordering::Relaxed) + 1;
        if self.defects.has(Defect::OneInTwentyUnavailable) && number.is_multiple_of(20) {
            return Err(Problem::unavailable(1));
        }
        let file = contract == Contract::TabularIntakeV2 && self.defects.has(Defect::OneFileInFifteenFails);
        if file && self.files_submitted.fetch_add(1, Ordering::Relaxed) % 15 == 14 {
            return Err(Problem::new(FailureType::Internal, "The file could not be taken"));
        }
        Ok(())
    }

    async fn submit(
        self: Arc<Self>,
        contract: Contract,
        call: Call,
        query: String,
        (workbook, body): (bool, Bytes),
    ) -> Result<Answer, Problem> {
        self.stumble(contract)?;
        let body = if workbook { body } else { distort::content(&self.defects, contract, body)? };
        let swallowed = self.swallow_key(contract, &call);
        let throttled = self.throttle_key(contract, &call, &body);
        if let Some(answer) = self.replays.get(swallowed.as_ref()).or_else(|| self.replays.get(throttled.as_ref())) {
            return Ok(answer);
        }
        let outcome = match contract {
            Contract::BulkUpdateV1 => bulk::submit_v1(&self, &call, &body).await,
            Contract::BulkUpdateV2 => bulk::submit_v2(&self, &call, &body).await,
            Contract::InferenceV1 | Contract::ScreeningV1 | Contract::ScoringV1 => {
                inference::submit(&self, contract, &call, &body).await
            }
            Contract::TabularIntakeV1 | Contract::TabularIntakeV2 => {
                intake::submit(&self, contract, &call, (&query, workbook, &body)).await
            }
        };
        match &outcome {
            Ok(answer) => self.replays.keep(swallowed, || answer.clone()),
            Err(problem) if problem.failure == FailureType::DownstreamUnavailable => {
                let correlation = Some(call.correlation_text.as_ref());
                let midway = self.records.has_done(&Scope::with_step("submitBatch", &call));
                let throttled = throttled.filter(|_| midway || self.defects.has(Defect::ThrottleRemembered));
                self.replays.keep(throttled, || problem.clone().answer(correlation, &self.defects));
            }
            Err(_) => {}
        }
        self.forget(&call);
        outcome
    }

    /// Takes a call for another one, where such a defect is on.
    fn misread(&self, mut call: Call) -> Call {
        if self.defects.has(Defect::ScopeWithoutPrincipal) {
            call.principal = "everybody".into();
        }
        if self.defects.has(Defect::StepIgnored) {
            call.step = None;
        }
        if self.defects.has(Defect::KeyInvented) && call.step.is_none() {
            call.step = Some(uuid::Uuid::new_v4().to_string().into());
        }
        call
    }

    /// Forgets what was done, or never finishes it, where such a defect is on.
    fn forget(&self, call: &Call) {
        let records = Scope::with_step("submitBatch", call);
        let files = Scope::without_step("submitFile", call);
        let sum = call.principal.bytes().fold(0_u8, u8::wrapping_add);
        let some = self.defects.has(Defect::SomePrincipalsForgotten) && sum % 2 == 1;
        if some || (call.has_left() && self.defects.has(Defect::AgainAfterClientLeft)) {
            self.records.forget(&records);
            self.files.forget(&files);
        }
        if call.has_left() && self.defects.has(Defect::StuckAfterClientLeft) {
            self.records.freeze(&records);
            self.files.freeze(&files);
        }
    }

    /// What became of a batch or file.
    fn result(&self, contract: Contract, call: &Call, id: &str) -> Result<Answer, Problem> {
        let place = Place::of(contract, call, id);
        match self.ledger.state(&place) {
            Some(JobState::Ended { result, .. }) if !self.hides(contract, &result) => Ok(Answer::stored(200, result)),
            Some(_) if contract == Contract::BulkUpdateV2 => {
                let mut answer = bulk::running(&place.id, self.location(contract, call, &place.id));
                if self.defects.has(Defect::PollWithoutRetryAfter) {
                    answer.retry_after = None;
                }
                if self.defects.has(Defect::PollAtOnce) {
                    answer.retry_after = Some(0);
                }
                Ok(answer)
            }
            Some(_) | None => Err(Problem::not_found("There is no such batch, file or decision")),
        }
    }

    /// The defect under which jobs of more than four records never end for
    /// those who ask.
    fn hides(&self, contract: Contract, result: &Bytes) -> bool {
        let on = self.defects.has(Defect::PollNeverEnds) && contract == Contract::BulkUpdateV2;
        on && result.windows(8).filter(|window| *window == b"\"index\":").count() > 4
    }

    /// The job that a caller began before this one, else this one.
    pub(super) fn previous(&self, principal: &Arc<str>, id: &str) -> String {
        let mut last = self.last_jobs.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(Arc::clone(principal), id.to_owned()).unwrap_or_else(|| id.to_owned())
    }

    /// Takes up what an earlier process left: jobs that have not ended, and
    /// what the flow was not told.
    pub(super) fn take_up(self: &Arc<Self>) {
        if self.defects.has(Defect::JobLostOnCrash) {
            self.queue.clear();
        }
        for (number, taken) in self.queue.all() {
            self.tasks.spawn(bulk::work(Arc::clone(self), number, taken));
        }
        for letter in self.outbox.open() {
            self.call_back(letter);
        }
    }

    /// Tells the flow, until it has heard.
    pub(super) fn call_back(self: &Arc<Self>, letter: Letter) {
        if let Some(caller) = self.caller.clone() {
            let outbox = Arc::clone(&self.outbox);
            self.tasks.spawn(async move { caller.deliver(&letter, &outbox).await });
        }
    }

    /// An errand on behalf of a call; retries end after `patience`.
    pub(super) fn errand(&self, call: &Call, patience: Duration) -> Errand {
        Errand {
            correlation: Arc::clone(&call.correlation_text),
            step: call.step.clone(),
            until: self.clock.now().plus(patience),
            hurried: self.defects.has(Defect::AllAtOnce),
            direct: false,
        }
    }

    /// Where a batch can be asked for: at the gateway, as the caller named it.
    pub(super) fn location(&self, contract: Contract, call: &Call, id: &str) -> String {
        let base = call.base.clone().or_else(|| self.gateway.get().map(ToString::to_string)).unwrap_or_default();
        format!("{base}/{}/batches/{id}", contract.name())
    }

    /// Lets some answers wait, where a defect is on that does.
    pub(super) async fn dawdle(&self) {
        let number = self.answered.fetch_add(1, Ordering::Relaxed) + 1;
        let late = (self.defects.has(Defect::EveryTenthLate) && number.is_multiple_of(10))
            || (self.defects.has(Defect::EveryFifthLate) && number.is_multiple_of(5));
        if late {
            tokio::time::sleep(LATE).await;
        }
    }

    /// Whether a set is answered without being written, by that defect.
    pub(super) fn drops_set(&self) -> bool {
        let on = self.defects.has(Defect::OneSetInTwentyDropped);
        on && self.answered.load(Ordering::Relaxed) % 20 == 19
    }

    /// Between looking and doing, where that defect is on.
    pub(super) async fn hesitate(&self) {
        if self.defects.has(Defect::DuplicateRace) {
            tokio::time::sleep(HESITATION).await;
        }
    }

    fn swallow_key(&self, contract: Contract, call: &Call) -> Option<String> {
        let on = self.defects.has(Defect::SecondCallSwallowed);
        on.then(|| format!("id {} {} {}", contract.name(), call.principal, call.correlation))
    }

    fn throttle_key(&self, contract: Contract, call: &Call, body: &Bytes) -> Option<String> {
        let on = self.defects.has(Defect::ThrottleRemembered) || self.defects.has(Defect::FailureRememberedMidway);
        let content = on.then(|| hex(digest::digest(&digest::SHA256, body).as_ref()))?;
        Some(format!("call {} {} {} {:?} {content}", contract.name(), call.principal, call.correlation, call.step))
    }
}

/// Gives up what a caller that left has begun, where that defect is on.
struct LettingGo {
    execution: Arc<Execution>,
    call: Call,
}

impl Drop for LettingGo {
    fn drop(&mut self) {
        if self.call.has_left() && self.execution.defects.has(Defect::ClaimLostWithClient) {
            self.execution.records.forget(&Scope::with_step("submitBatch", &self.call));
            self.execution.files.forget(&Scope::without_step("submitFile", &self.call));
            self.execution.decisions.forget(&Scope::with_step("decide", &self.call));
        }
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

/// Whole answers, kept and given again: what only defects do here. A right
/// answer is made anew from the items' standing.
#[derive(Debug, Default)]
pub(super) struct Replays(Mutex<HashMap<String, Answer>>);

impl Replays {
    /// The answer kept under a key.
    pub(super) fn get(&self, key: Option<&String>) -> Option<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key?).cloned()
    }

    /// Keeps the first answer under a key.
    pub(super) fn keep(&self, key: Option<String>, answer: impl FnOnce() -> Answer) {
        if let Some(key) = key {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(answer);
        }
    }
}
