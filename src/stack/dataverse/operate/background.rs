//! Actions in the background: `Prefer: respond-async` (reference A12).
//!
//! The effects are there at once; the row of the operation says so only after
//! `background_time`, so that whoever waits for it has something to wait for. A
//! failed action is not tried again, and no callback is sent: the mock calls
//! nobody.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::answer::{Answer, Cost};
use super::super::error::Refusal;
use super::super::ledger::Writer;
use super::super::organization::Organization;
use super::actions::Called;
use super::call::Call;
use crate::clock::Timestamp;

/// The entity set of operations.
pub(super) const OPERATIONS: &str = "backgroundoperations";

/// What the status of an operation is asked of beside the Web API:
/// `/api/backgroundoperation/ID`.
pub(super) const STATUS: &str = "backgroundoperation";

/// How many are remembered; of more the oldest are forgotten.
const REMEMBERED: usize = 10_000;

/// Operations that were accepted, the oldest first.
#[derive(Debug, Default)]
pub(in crate::stack::dataverse) struct Background(Mutex<VecDeque<Operation>>);

#[derive(Clone, Debug)]
struct Operation {
    id: Uuid,
    name: Box<str>,
    started: Timestamp,
    completed: Timestamp,
    /// What came of it: members of the answer, or code and message.
    outcome: Result<Box<str>, (&'static str, Box<str>)>,
}

/// State and reason of an operation (recalled, not confirmed).
#[derive(Clone, Copy)]
enum Stage {
    Ready,
    InProgress,
    Succeeded,
    Failed,
}

impl Stage {
    fn codes(self) -> (u8, u8) {
        match self {
            Self::Ready => (0, 0),
            Self::InProgress => (2, 20),
            Self::Succeeded => (3, 30),
            Self::Failed => (3, 31),
        }
    }
}

impl Background {
    fn operations(&self) -> MutexGuard<'_, VecDeque<Operation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, operation: Operation) {
        let mut operations = self.operations();
        if operations.len() >= REMEMBERED {
            operations.pop_front();
        }
        operations.push_back(operation);
    }

    fn find(&self, id: Uuid) -> Option<Operation> {
        self.operations().iter().rev().find(|operation| operation.id == id).cloned()
    }
}

impl Operation {
    fn stage(&self, now: Timestamp) -> Stage {
        match &self.outcome {
            _ if now < self.completed => Stage::InProgress,
            Ok(_) => Stage::Succeeded,
            Err(_) => Stage::Failed,
        }
    }

    /// Its row.
    fn row(&self, now: Timestamp) -> Value {
        let stage = self.stage(now);
        let (state, status) = stage.codes();
        let instant = |at: Timestamp| at.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let done = matches!(stage, Stage::Succeeded | Stage::Failed);
        let (output, fault) = match &self.outcome {
            Ok(output) => (Some(output), None),
            Err(fault) => (None, Some(fault)),
        };
        json!({
            "backgroundoperationid": self.id,
            "name": self.name,
            "backgroundoperationstatecode": state,
            "backgroundoperationstatuscode": status,
            "startedon": instant(self.started),
            "completedon": done.then(|| instant(self.completed)),
            "outputparameters": output.filter(|_| done),
            "errorcode": fault.filter(|_| done).map(|(code, _)| code),
            "errormessage": fault.filter(|_| done).map(|(_, message)| message),
            "retrycount": 0,
        })
    }
}

impl Organization {
    /// Whether an action is to be done in the background.
    pub(super) fn goes_behind(&self, call: &Call) -> bool {
        call.prefer.respond_async
            && call.method == http::Method::POST
            && self.environment.conduct.background_status.is_some()
    }

    /// Accepts an action: what comes of it is told by the row of the operation.
    pub(super) fn act_behind(&self, call: &Call, called: &Called, writer: &Writer) -> Answer {
        let done = self.act(call, called, writer);
        let cost = done.as_ref().map_or(Cost { operations: 1, read: 0, written: 0 }, |answer| answer.cost);
        let outcome = match done {
            Ok(answer) => Ok(output(&answer.body)),
            Err(Refusal { code, message, .. }) => Err((code, message.into())),
        };
        let started = call.at;
        let completed = started.plus(self.environment.conduct.background_time);
        let id = Uuid::new_v4();
        let name = self.actions[called.action()].name.to_string().into();
        self.background.enter(Operation { id, name, started, completed, outcome });
        let location = format!("{}/{OPERATIONS}({id})", call.base);
        let (state, status) = Stage::Ready.codes();
        let body = json!({
            "backgroundOperationId": id,
            "backgroundOperationStateCode": state,
            "backgroundOperationStatusCode": status,
            "location": location,
        });
        let answer = Answer::json(self.environment.conduct.background_status.unwrap_or(202), &body);
        let answer = answer.with("x-ms-dyn-backgroundoperationid", id.to_string());
        answer.with("preference-applied", "respond-async".to_owned()).with("location", location).costing(cost)
    }

    /// `GET /api/backgroundoperation/ID`: the status, and once it is done what
    /// the action gives (recalled, not confirmed). Who asks to cancel it is told
    /// the same: what was begun is done.
    pub(super) fn background_status(&self, call: &Call) -> Result<Answer, Refusal> {
        let text = call.path.key.as_deref().unwrap_or_default();
        let unknown = || Refusal::no_row(STATUS, text);
        let id = Uuid::parse_str(text).map_err(|_| unknown())?;
        let operation = self.background.find(id).ok_or_else(unknown)?;
        let stage = operation.stage(self.clock.now());
        let (state, status) = stage.codes();
        let mut body = json!({ "backgroundOperationStateCode": state, "backgroundOperationStatusCode": status });
        match (&operation.outcome, stage) {
            (Ok(output), Stage::Succeeded) => {
                let members: Map<String, Value> = serde_json::from_str(output).unwrap_or_default();
                members.into_iter().for_each(|(name, value)| body[name] = value);
            }
            (Err((code, message)), Stage::Failed) => {
                let number = u32::from_str_radix(code.trim_start_matches("0x"), 16).unwrap_or_default();
                body["backgroundOperationErrorCode"] = number.cast_signed().into();
                body["backgroundOperationErrorMessage"] = (**message).into();
            }
            _ => {}
        }
        Ok(Answer::json(200, &body))
    }

    /// `GET /backgroundoperations(ID)`, with `$select` or without.
    pub(super) fn background_operation(&self, call: &Call) -> Result<Answer, Refusal> {
        let text = call.path.key.as_deref().unwrap_or_default();
        let unknown = || Refusal::no_row("backgroundoperation", text);
        let id = Uuid::parse_str(text.trim_start_matches("backgroundoperationid=")).map_err(|_| unknown())?;
        let row = self.background.find(id).ok_or_else(unknown)?.row(self.clock.now());
        let mut body = Map::new();
        let select = call.option("$select").map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
        let names = select.as_ref().map(|names| format!("({})", names.join(","))).unwrap_or_default();
        body.insert("@odata.context".into(), format!("{}/$metadata#{OPERATIONS}{names}/$entity", call.base).into());
        if let Some(unknown) = select.iter().flatten().find(|name| row.get(**name).is_none()) {
            return Err(Refusal::no_property(unknown, "backgroundoperation"));
        }
        let wanted =
            |name: &str| name == "backgroundoperationid" || select.as_ref().is_none_or(|names| names.contains(&name));
        let Value::Object(members) = row else { return Err(unknown()) };
        body.extend(members.into_iter().filter(|(name, _)| wanted(name)));
        Ok(Answer::json(200, &Value::Object(body)))
    }
}

/// The members of an answer, without those of the protocol.
fn output(body: &[u8]) -> Box<str> {
    let mut members: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    members.retain(|name, _| !name.starts_with('@'));
    Value::Object(members).to_string().into()
}
