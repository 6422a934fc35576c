//! One question, decided once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, json};
use uuid::Uuid;

use super::super::bulk;
use super::super::call::Call;
use super::super::dataverse::{Condition, Errand, Target, Trouble};
use super::super::defect::Defect;
use super::super::execution::Execution;
use super::super::ledger::Place;
use super::super::memory::{Claim, Fingerprint, ItemId, Scope, Standing};
use super::super::problem::{Answer, FailureType, Fault, Problem};
use super::super::route::Contract;
use super::model::{NoVerdict, Verdict};
use super::question::Question;

/// How long one call goes on retrying, by the shared clock.
const PATIENCE: Duration = Duration::from_mins(1);

/// The name space of decision ids: a decision's id follows from the call, so
/// the same call gets the same id again.
const DECISIONS: Uuid = Uuid::from_u128(0x1f0c_5d2e_77aa_4c19_9b64_d10e_42c7_9a03);

/// How far a question has come: what the model said, once it did.
type Progress = Option<Arc<Verdict>>;

/// Decides a question.
pub(in super::super) async fn submit(
    execution: &Arc<Execution>,
    contract: Contract,
    call: &Call,
    body: &Bytes,
) -> Result<Answer, Problem> {
    let question = Question::read(body)?;
    let mut scope = Scope::with_step(remembered_as(contract), call);
    if execution.defects.has(Defect::DecisionsShared) {
        scope.principal = "everybody".into();
    }
    let (item, content) = question.item();
    let ignored = execution.defects.has(Defect::OtherContentReplayed);
    let items = [(item, if ignored { Fingerprint(0) } else { content })];
    let free = |standings: &[Standing<Progress>]| !matches!(standings[0], Standing::Running | Standing::Conflict);
    let (mut standings, claim) = execution.decisions.claim(&scope, &items, free);
    let Some(claim) = claim else {
        return Err(busy(execution, &standings[0], &question));
    };
    let known = match standings.pop() {
        Some(Standing::Done(Some(verdict))) => return Ok(told(execution, contract, call, (&question, &verdict))),
        Some(Standing::Open(known)) => known,
        _ => None,
    };
    execution.hesitate().await;
    let mut work = Work { execution, contract, call, question: &question, item, claim };
    match work.decide(known).await {
        Ok(verdict) => Ok(told(execution, contract, call, (&question, &verdict))),
        Err(problem) => {
            let failed = problem.failure == FailureType::DownstreamUnavailable;
            if failed && execution.defects.has(Defect::StuckAfterFailure) {
                work.claim.stick();
            }
            Err(problem)
        }
    }
}

/// Under which name calls are remembered: each API has its own.
fn remembered_as(contract: Contract) -> &'static str {
    match contract {
        Contract::ScreeningV1 => "screen",
        Contract::ScoringV1 => "score",
        _ => "decide",
    }
}

fn busy(execution: &Execution, standing: &Standing<Progress>, question: &Question) -> Problem {
    match standing {
        Standing::Conflict => {
            let fault = Fault::new("/recordId", "was sent with other content under this correlation ID");
            Problem::conflict(vec![fault.of(Some(&question.record_text))])
        }
        _ => bulk::busy(execution),
    }
}

/// A question at work.
struct Work<'w> {
    execution: &'w Arc<Execution>,
    contract: Contract,
    call: &'w Call,
    question: &'w Question,
    item: ItemId,
    claim: Claim<Progress>,
}

impl Work<'_> {
    /// Looks for the record, asks the model unless it has spoken, and writes
    /// down what it said.
    async fn decide(&mut self, known: Progress) -> Result<Arc<Verdict>, Problem> {
        let defects = &self.execution.defects;
        let mut errand = self.execution.errand(self.call, PATIENCE);
        errand.direct = self.contract == Contract::ScoringV1 && !defects.has(Defect::ScoringThroughGateway);
        let record = self.question.record.to_string();
        let found = self.execution.dataverse.read(&errand, "accounts", &record, "accountid").await.map_err(trouble)?;
        if found.is_none() {
            return Err(Problem::invalid(vec![unknown(self.question)]));
        }
        let tried = known.is_some();
        let verdict = match known {
            Some(verdict) => verdict,
            None => Arc::new(self.ask(&errand).await?),
        };
        self.claim.intend(self.item, Some(Arc::clone(&verdict)));
        // What `screening` decides, the flow writes.
        if self.contract != Contract::ScreeningV1 || defects.has(Defect::ScreeningWrites) {
            let target = self.target(&verdict);
            let written = self.execution.dataverse.write(&errand, &target, Condition::Absent, tried).await;
            written.map_err(|given_up| trouble(given_up.trouble))?;
        }
        self.claim.done(self.item, Some(Arc::clone(&verdict)));
        Ok(verdict)
    }

    async fn ask(&self, errand: &Errand) -> Result<Verdict, Problem> {
        let Some(model) = &self.execution.model else {
            return Err(Problem::new(FailureType::Internal, "There is no model"));
        };
        let defects = &self.execution.defects;
        let mut question = self.question.clone();
        if defects.has(Defect::DecisionByTime) {
            question.text.push_str(&self.execution.clock.now().to_string());
        }
        if defects.has(Defect::DecisionByPrincipal) {
            question.text.push_str(&self.call.principal);
        }
        let split =
            defects.has(Defect::ModelVersionIgnored) && self.call.correlation.as_u128().count_ones().is_multiple_of(2);
        let version = if split { question.other_model() } else { question.model };
        model.ask(errand, &question, version).await.map_err(|none| match none {
            NoVerdict::Unavailable { retry_after } => Problem::model_unavailable(retry_after),
            NoVerdict::OffSchema => Problem::new(
                FailureType::ModelOutputInvalid,
                "The model's output breaks its schema; nothing was decided, send the same call again",
            ),
        })
    }

    fn target(&self, verdict: &Verdict) -> Target {
        let columns = json!({
            "new_account": self.question.record.to_string(),
            "new_decision": verdict.decision,
            "new_confidence": verdict.confidence,
            "new_reasoncode": verdict.reason_code,
            "new_promptversion": self.question.prompt,
            "new_modelversion": self.question.model,
        });
        let columns = match columns {
            serde_json::Value::Object(columns) => columns,
            _ => Map::new(),
        };
        Target { table: "new_decisions", key: decision_id(self.call, self.question), columns, has_step: true }
    }
}

fn trouble(trouble: Trouble) -> Problem {
    match trouble {
        Trouble::Unavailable { retry_after } => Problem::unavailable(retry_after),
        Trouble::Gone | Trouble::Refused(_) => Problem::new(FailureType::Internal, "Dataverse did not take a decision"),
    }
}

fn unknown(question: &Question) -> Fault {
    Fault::new("/recordId", "names no account").of(Some(&question.record_text))
}

/// The id of the decision that a call names by its ID and record.
fn decision_id(call: &Call, question: &Question) -> String {
    let step = call.step.as_deref().unwrap_or_default();
    let name = format!("{} {} {step} {}", call.principal, call.correlation, question.record);
    Uuid::new_v5(&DECISIONS, name.as_bytes()).to_string()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decided<'a> {
    decision_id: &'a str,
    record_id: &'a str,
    #[serde(flatten)]
    verdict: &'a Verdict,
    prompt_version: &'static str,
    model_version: &'static str,
}

/// The answer, and the same for those who ask later.
fn told(execution: &Execution, contract: Contract, call: &Call, (question, verdict): (&Question, &Verdict)) -> Answer {
    let id = decision_id(call, question);
    let content = Decided {
        decision_id: &id,
        record_id: &question.record_text,
        verdict,
        prompt_version: question.prompt,
        model_version: question.model,
    };
    let answer = Answer::json(200, &content);
    execution.ledger.put(Place::of(contract, call, &id), answer.body.clone(), false);
    answer
}
