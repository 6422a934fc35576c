//! Synthetic observations for the tests of checks: a contract, answers, and
//! cases that were never played.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::judging::Judging;
use super::{CaseSubject, Check, ExchangeSubject, Finding, Origin, PhaseSubject};
use crate::clock::{Timestamp, parse_duration};
use crate::contract::behaviour::{
    AfterSunset, Behaviour, Correlation, CorrelationCarrier, DataPath, Effects, ErrorShape, ErrorType, Idempotency,
    Identity, Lifecycle, LifecycleStatus, Limits, Objective, OnInvalid, Once, OtherContent, Rate, Retry, Role,
    RunningPolicy, SameContent, Scope, Selector, Throttling, ThrottlingPer, TypeName,
};
use crate::contract::openapi::OpenApi;
use crate::contract::{Contract, ContractId};
use crate::diagnose::{Place, parse_yaml};
use crate::generate::{Call, Caller, Case, CaseKey, CaseKind, Expect, Item, Label, Step, Via};
use crate::observe::{
    CallRecord, CallRun, CaseRun, ColumnChange, GatewayRow, Latency, LedgerEntry, Operation, OperationLatency, Outcome,
    PhaseRun,
};
use crate::wire::{Body, Exchange, Failure, FailureKind, Headers, Request, Response, Tier};

/// The correlation ID of a play's calls unless told otherwise.
pub(super) const ID: &str = "0b5c1a52-7a52-4d27-9a4e-5d0f5a1c2e3f";

/// Another one.
pub(super) const OTHER_ID: &str = "9f0c7d1e-1111-4222-8333-444455556666";

/// What the clock shows when a play begins.
const START: &str = "2026-09-01T08:00:00Z";

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Bulk update, version: 1.0.0 }
servers: [ { url: "https://api.example/bulk-update/v1" } ]
paths:
  /batches:
    post:
      operationId: submitBatch
      requestBody: { required: true, content: { application/json: { schema: { type: object } } } }
      responses:
        "200":
          description: done
          headers: { X-Count: { schema: { type: integer, minimum: 0 } } }
          content: { application/json: { schema: { $ref: "#/components/schemas/Batch" } } }
        "202":
          description: accepted
          headers: { Location: { required: true, schema: { type: string } } }
          content: { application/json: { schema: { type: object } } }
        "400": &failure { description: failed, content: { application/problem+json: { schema: { type: object } } } }
        "401": *failure
        "403": *failure
        "404": *failure
        "409": *failure
        "410": *failure
        "411": *failure
        "413": *failure
        "415": *failure
        "429": *failure
        "503": *failure
        "504": *failure
  /batches/{batchId}:
    get:
      operationId: getBatch
      parameters: [ { name: batchId, in: path, required: true, schema: { type: string } } ]
      responses:
        "200":
          description: done
          content: { application/json: { schema: { $ref: "#/components/schemas/Batch" } } }
        "404": *failure
components:
  schemas:
    Batch:
      type: object
      properties:
        batchId: { type: string }
        updated: { type: integer }
        records:
          type: array
          items:
            type: object
            properties: { status: { enum: [active, closed] } }
"##;

/// A lone OpenAPI document.
pub(super) fn plain() -> Contract {
    let openapi = OpenApi::parse("openapi.yaml", DOCUMENT).unwrap();
    Contract {
        id: ContractId::new("bulk-update", "v1"),
        path: "contracts/bulk-update/v1".into(),
        openapi: Arc::new(openapi),
        behaviour: None,
    }
}

/// The same with a behaviour file, changed by `change`.
pub(super) fn with(change: impl FnOnce(&mut Behaviour)) -> Contract {
    let mut behaviour = behaviour();
    change(&mut behaviour);
    Contract { behaviour: Some(Arc::new(behaviour)), ..plain() }
}

/// The same with a behaviour file.
pub(super) fn with_behaviour() -> Contract {
    with(|_| {})
}

fn error(name: &str, status: u16, tier: Option<Tier>, retry: Retry, retry_after: bool) -> ErrorType {
    ErrorType { name: TypeName::new(name), status, tier, retry, retry_after }
}

fn errors() -> Vec<ErrorType> {
    let (gateway, service) = (Some(Tier::Gateway), Some(Tier::Service));
    vec![
        error("throttled", 429, gateway, Retry::Policy, true),
        error("quota_exceeded", 403, gateway, Retry::Later, true),
        error("unauthorized", 401, gateway, Retry::Never, false),
        error("forbidden", 403, None, Retry::Never, false),
        error("correlation_id_missing", 400, gateway, Retry::Never, false),
        error("validation_error", 400, service, Retry::Never, false),
        error("too_many_items", 400, None, Retry::Never, false),
        error("length_required", 411, gateway, Retry::Never, false),
        error("payload_too_large", 413, gateway, Retry::Never, false),
        error("unsupported_media_type", 415, gateway, Retry::Never, false),
        error("not_found", 404, None, Retry::Never, false),
        error("idempotency_conflict", 409, service, Retry::Never, false),
        error("in_progress", 503, service, Retry::Policy, true),
        error("downstream_unavailable", 503, service, Retry::Policy, true),
        error("timeout", 504, gateway, Retry::Policy, false),
        error("gone", 410, gateway, Retry::Never, false),
        error("internal", 500, None, Retry::Policy, false),
    ]
}

fn idempotency() -> Idempotency {
    Idempotency {
        scope: vec![Scope::Principal, Scope::Operation],
        request: selector("header X-Correlation-Id"),
        item: Some(selector("body /records/*/id")),
        step: Some(selector("header X-Step-Id")),
        same_content: SameContent::SameResult,
        volatile: vec![selector("header Date"), selector("body /at")],
        other_content: Some(OtherContent::Type(TypeName::new("idempotency_conflict"))),
        new_item_executed: true,
        unfinished_resumed: true,
        while_running: Some(RunningPolicy::Type(TypeName::new("in_progress"))),
        window: Duration::from_secs(86_400),
        not_remembered: ["throttled", "quota_exceeded", "in_progress", "downstream_unavailable", "timeout", "internal"]
            .map(TypeName::new)
            .to_vec(),
    }
}

fn behaviour() -> Behaviour {
    Behaviour {
        file: "behaviour.yaml".into(),
        role: Role::Provider,
        lifecycle: Some(deprecated()),
        correlation: Some(Correlation {
            header: "X-Correlation-Id".into(),
            uuid: true,
            echo: true,
            missing: Some(TypeName::new("correlation_id_missing")),
        }),
        identity: Some(Identity {
            issuer: "entra".into(),
            token_version: 2,
            audience: "3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91".into(),
            app_id_uri: "api://bulk-update".into(),
            roles: vec!["Jobs.Submit".into()],
            through_gateway_only: true,
        }),
        data_path: Some(DataPath::Governed),
        idempotency: Some(idempotency()),
        error_shape: Some(ErrorShape::ProblemJson),
        errors: errors(),
        limits: Some(Limits {
            body: Some(1024),
            items: vec![(selector("body /records"), 3)],
            content_types: vec!["application/json".into()],
            answer_within: Some(Duration::from_secs(100)),
        }),
        throttling: Some(Throttling {
            per: ThrottlingPer::Client,
            rate: Some(Rate { calls: 100, per: Duration::from_secs(60) }),
            quota: None,
        }),
        effects: Some(Effects {
            table: "accounts".into(),
            columns: vec!["name".into(), "new_correlationid".into()],
            once: Once::PerItem,
            on_invalid: OnInvalid::RefuseAll,
            correlated_by: CorrelationCarrier::Column("new_correlationid".into()),
            business_key: None,
        }),
        pools: Vec::new(),
        objectives: vec![Objective {
            at: 20.0,
            quantiles: vec![(0.95, Duration::from_millis(500))],
            errors: Some(0.01),
            place: Place::file("behaviour.yaml"),
        }],
        source: parse_yaml("behaviour.yaml", "format: seamstress/behaviour/1\n").unwrap(),
    }
}

/// Deprecated since June, answering until the end of March.
pub(super) fn deprecated() -> Lifecycle {
    Lifecycle {
        status: LifecycleStatus::Deprecated,
        since: Timestamp::parse("2026-06-30"),
        sunset: Timestamp::parse("2027-03-31"),
        successor: Some("v2".into()),
        after_sunset: Some(AfterSunset::Type(TypeName::new("gone"))),
    }
}

/// A selector.
pub(super) fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

/// An answer, or none, with the tier that gave it.
#[derive(Clone)]
pub(super) struct Answer {
    outcome: Result<Response, Failure>,
    tier: Option<Tier>,
    took: Duration,
}

/// An answer without content that echoes the ID.
pub(super) fn answer(status: u16) -> Answer {
    let headers = Headers::from_iter([("X-Correlation-Id", ID)]);
    let response = Response { status, headers, body: Bytes::new(), truncated: false };
    Answer { outcome: Ok(response), tier: None, took: Duration::from_millis(10) }
}

/// A declared failure in the agreed shape, with `Retry-After` where that is
/// due.
pub(super) fn failure(status: u16, failure_type: &str) -> Answer {
    let problem = json!({
        "type": format!("urn:seamstress:failure:{failure_type}"),
        "title": failure_type,
        "status": status,
        "failureType": failure_type,
        "correlationId": ID,
    });
    let plain = answer(status).json(&problem).header("Content-Type", "application/problem+json");
    if matches!(status, 429 | 503) { plain.header("Retry-After", "5") } else { plain }
}

/// No answer.
pub(super) fn silence(kind: FailureKind) -> Answer {
    Answer { outcome: Err(Failure { kind, detail: "gone".into() }), ..answer(200) }
}

impl Answer {
    fn change(mut self, change: impl FnOnce(&mut Response)) -> Self {
        change(self.outcome.as_mut().unwrap());
        self
    }

    pub(super) fn header(self, name: &str, value: &str) -> Self {
        self.change(|r| r.headers.set(name, value))
    }

    pub(super) fn without(self, name: &str) -> Self {
        self.change(|r| r.headers.remove(name))
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.change(|r| r.body = Bytes::copy_from_slice(text.as_bytes()))
    }

    pub(super) fn json(self, body: &Value) -> Self {
        self.text(&body.to_string()).header("Content-Type", "application/json")
    }

    pub(super) fn tier(mut self, tier: Tier) -> Self {
        self.tier = Some(tier);
        self
    }

    pub(super) fn took(mut self, took: Duration) -> Self {
        self.took = took;
        self
    }

    /// The exchange that was sent at an instant after the start.
    pub(super) fn exchange(self, request: Request, at: Duration) -> Exchange {
        let start = Timestamp::parse(START).unwrap();
        Exchange {
            request,
            outcome: self.outcome,
            attempt: 1,
            due: at,
            sent: at,
            headers: None,
            done: at + self.took,
            sent_at: start.plus(at),
            done_at: start.plus(at + self.took),
            tier: self.tier,
        }
    }
}

/// A request to `submitBatch` with the ID.
pub(super) fn request() -> Request {
    Request {
        method: Method::POST,
        target: "/bulk-update/v1/batches".into(),
        headers: Headers::from_iter([("Content-Type", "application/json"), ("X-Correlation-Id", ID)]),
        body: Body::Bytes(Bytes::from_static(b"{\"records\":[]}")),
    }
}

/// What a check finds in a conforming call that was answered so.
pub(super) fn exchange_findings(check: &'static Check, contract: &Contract, answer: Answer) -> Vec<Finding> {
    Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer).findings(check, contract)
}

/// What a check finds in an exchange under load.
pub(super) fn load_findings(check: &'static Check, contract: &Contract, answer: Answer) -> Vec<Finding> {
    let exchange = Arc::new(answer.exchange(request(), Duration::ZERO));
    Judging::of(vec![check]).exchange(&ExchangeSubject {
        contract,
        operation: contract.openapi.operations.first().map(AsRef::as_ref),
        call: None,
        conforming: true,
        correlation: Some(ID),
        exchange: &exchange,
        origin: Origin::Phase("steady-day".into()),
    })
}

/// A case that is written down as if it had been played. Each answer moves the
/// clock by as long as it took.
#[derive(Clone)]
pub(super) struct Play {
    steps: Vec<Step>,
    labels: Vec<Label>,
    kind: CaseKind,
    runs: Vec<CallRun>,
    ledger: Vec<LedgerEntry>,
    rows: Vec<GatewayRow>,
    now: Duration,
}

impl Play {
    pub(super) fn new(kind: CaseKind) -> Self {
        let (steps, labels, runs) = (Vec::new(), Vec::new(), Vec::new());
        Self { steps, labels, kind, runs, ledger: Vec::new(), rows: Vec::new(), now: Duration::ZERO }
    }

    pub(super) fn label(mut self, at: &str, keyword: &str) -> Self {
        self.labels.push(Label { at: at.into(), keyword: keyword.into() });
        self
    }

    /// A call that has no answer yet.
    pub(super) fn call(mut self, expect: Expect) -> Self {
        let call = Call {
            role: "call",
            operation: "submitBatch".into(),
            request: request(),
            caller: Caller::Own(0),
            via: Via::Gateway,
            correlation: Some(ID.into()),
            items: Vec::new(),
            expect,
        };
        self.steps.push(Step::Call(call));
        let (call, client) = (self.runs.len(), "client-0".into());
        self.runs.push(CallRun { call, exchanges: Vec::new(), polls: Vec::new(), client });
        self
    }

    pub(super) fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Makes the last `n` steps, which are calls, one barrier.
    pub(super) fn together(mut self, n: usize) -> Self {
        let calls = self.steps.split_off(self.steps.len() - n);
        let calls = calls.into_iter().map(|step| match step {
            Step::Call(call) => call,
            other => panic!("{other:?} is no call"),
        });
        self.steps.push(Step::Together(calls.collect()));
        self
    }

    /// Makes the last step, which is a call, a flood.
    pub(super) fn flood(mut self) -> Self {
        match self.steps.pop() {
            Some(Step::Call(call)) => self.steps.push(Step::Flood { call, most: 1000 }),
            other => panic!("{other:?} is no call"),
        }
        self
    }

    /// Changes the last call.
    pub(super) fn but(mut self, change: impl FnOnce(&mut Call)) -> Self {
        match self.steps.last_mut() {
            Some(Step::Call(call)) => change(call),
            other => panic!("{other:?} is no call"),
        }
        self
    }

    pub(super) fn role(self, role: &'static str) -> Self {
        self.but(|call| call.role = role)
    }

    pub(super) fn caller(mut self, caller: Caller) -> Self {
        if let (Caller::Own(n), Some(run)) = (caller, self.runs.last_mut()) {
            run.client = format!("client-{n}").into();
        }
        self.but(|call| call.caller = caller)
    }

    pub(super) fn id(self, id: Option<&str>) -> Self {
        self.but(|call| {
            call.correlation = id.map(str::to_owned);
            call.request.headers.remove("X-Correlation-Id");
            if let Some(id) = id {
                call.request.headers.set("X-Correlation-Id", id);
            }
        })
    }

    pub(super) fn items(self, items: &[(&str, u64)]) -> Self {
        self.but(|call| {
            call.items = items.iter().map(|(id, content)| Item { id: (*id).into(), content: *content }).collect();
        })
    }

    pub(super) fn body(self, body: &Value) -> Self {
        self.but(|call| call.request.body = Body::Bytes(Bytes::from(body.to_string())))
    }

    fn last_request(&self) -> Request {
        match self.steps.last() {
            Some(Step::Call(call) | Step::Flood { call, .. }) => call.request.clone(),
            Some(Step::Together(calls)) => calls[0].request.clone(),
            other => panic!("{other:?} is no call"),
        }
    }

    /// Another attempt of the last call, and its answer.
    pub(super) fn answered(mut self, answer: Answer) -> Self {
        let took = answer.took;
        let exchange = answer.exchange(self.last_request(), self.now);
        self.runs.last_mut().unwrap().exchanges.push(exchange);
        self.now += took;
        self
    }

    /// A poll after the last call.
    pub(super) fn polled(mut self, answer: Answer) -> Self {
        let mut request = self.last_request();
        request.method = Method::GET;
        request.target = "/bulk-update/v1/batches/1".into();
        let exchange = answer.exchange(request, self.now);
        self.runs.last_mut().unwrap().polls.push(exchange);
        self.now += Duration::from_millis(10);
        self
    }

    /// Lets time pass.
    pub(super) fn wait(mut self, span: &str) -> Self {
        self.now += parse_duration(span).unwrap();
        self
    }

    /// An effect on a row, 5 ms before now.
    pub(super) fn wrote(mut self, key: &str, id: Option<&str>) -> Self {
        let sequence = self.ledger.len() as u64 + 1;
        let at = self.now.saturating_sub(Duration::from_millis(5));
        self.ledger.push(effect(sequence, key, id, at));
        self
    }

    /// Changes the last entry of the ledger.
    pub(super) fn entry(mut self, change: impl FnOnce(&mut LedgerEntry)) -> Self {
        change(self.ledger.last_mut().unwrap());
        self
    }

    /// A gateway row with this ID.
    pub(super) fn logged(mut self, id: &str) -> Self {
        let request_headers = BTreeMap::from([("x-correlation-id".to_owned(), id.to_owned())]);
        self.rows.push(GatewayRow { request_headers, ..GatewayRow::default() });
        self
    }

    /// What a check finds in it, also in its exchanges where it judges those.
    pub(super) fn findings(self, check: &'static Check, contract: &Contract) -> Vec<Finding> {
        let key = CaseKey { contract: contract.id.clone(), operation: "submitBatch".into(), kind: self.kind, index: 0 };
        let (title, needs) = ("a case".to_owned(), Vec::new());
        let case = Case { key, seed: 1, title, labels: self.labels, steps: self.steps, needs };
        let run = CaseRun { case: Arc::new(case), calls: self.runs, ledger: self.ledger, rows: self.rows };
        Judging::of(vec![check]).case(&CaseSubject { contract, run: &run })
    }
}

/// An effect on a row of `accounts`.
pub(super) fn effect(sequence: u64, key: &str, id: Option<&str>, at: Duration) -> LedgerEntry {
    let change = |name: &str, after: Value| ColumnChange { name: name.to_owned(), before: Value::Null, after };
    let mut columns = vec![change("name", json!("x"))];
    columns.extend(id.map(|id| change("new_correlationid", json!(id))));
    LedgerEntry {
        sequence,
        at: Timestamp::parse(START).unwrap().plus(at),
        outcome: Outcome::Committed,
        operation: Operation::Update,
        table: "accounts".into(),
        key: key.into(),
        columns,
        headers: BTreeMap::new(),
        tag: None,
        principal: "5b0c6f3e-0e0f-4a86-9d52-3a9f7d1c2e44".into(),
        governed: true,
        fault: None,
    }
}

/// A call under load of run `run`, sent so many milliseconds after the start
/// and answered 200 after 10 ms.
pub(super) fn record(run: u64, sent: u64) -> CallRecord {
    let (sent, done) = (Duration::from_millis(sent), Duration::from_millis(sent + 10));
    let start = Timestamp::parse(START).unwrap();
    CallRecord {
        contract: ContractId::new("bulk-update", "v1"),
        operation: "submitBatch".into(),
        flow: "flow".into(),
        run,
        attempt: 1,
        poll: false,
        client: "client-0".into(),
        correlation: Some(format!("id-{run}").into()),
        items: Arc::from([Item { id: format!("key-{run}").into(), content: 1 }]),
        refusable: false,
        status: Some(200),
        failure: None,
        retry_after: None,
        tier: Some(Tier::Service),
        due: sent,
        sent,
        done,
        sent_at: start.plus(sent),
        done_at: start.plus(done),
    }
}

/// A phase with these calls; latencies are those of the calls.
pub(super) fn phase(calls: Vec<CallRecord>, ledger: Vec<LedgerEntry>) -> PhaseRun {
    let (mut corrected, mut uncorrected) = (Latency::new(), Latency::new());
    for call in &calls {
        corrected.record(call.done.saturating_sub(call.due));
        uncorrected.record(call.done.saturating_sub(call.sent));
    }
    let latency = OperationLatency {
        contract: ContractId::new("bulk-update", "v1"),
        operation: "submitBatch".into(),
        corrected,
        uncorrected,
        failed: 0,
    };
    PhaseRun {
        scenario: "steady-day".into(),
        began: Duration::ZERO,
        ended: calls.iter().map(|c| c.done).max().unwrap_or_default(),
        due: calls.len() as u64,
        dropped: 0,
        lag: Latency::new(),
        latencies: vec![latency],
        calls,
        faults: Vec::new(),
        ledger,
        cut: false,
    }
}

/// What a check finds in a phase that is over.
pub(super) fn phase_findings(check: &'static Check, contract: &Contract, run: &PhaseRun) -> Vec<Finding> {
    let contracts = [contract.clone()];
    Judging::of(vec![check]).phase(&PhaseSubject { contracts: &contracts, run, interim: false })
}
