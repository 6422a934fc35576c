//! Cases that were never played.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::{Answer, ID, effect, request};
use crate::check::judging::Judging;
use crate::check::{CaseSubject, Check, ExchangeSubject, Finding, Origin};
use crate::clock::parse_duration;
use crate::contract::Contract;
use crate::generate::{Call, Caller, Case, CaseKey, CaseKind, Expect, Item, Knob, Label, Manner, Search, Step, Via};
use crate::observe::{
    CallRun, CaseRun, GatewayRow, HealthRun, LedgerEntry, LogLine, ReadEntry, ReceivedCall, SearchRun,
};
use crate::wire::{Body, Request};

/// What a check finds in a conforming call that was answered so.
pub(in crate::check) fn exchange_findings(check: &'static Check, contract: &Contract, answer: Answer) -> Vec<Finding> {
    Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer).findings(check, contract)
}

/// What a check finds in an exchange under load.
pub(in crate::check) fn load_findings(check: &'static Check, contract: &Contract, answer: Answer) -> Vec<Finding> {
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
pub(in crate::check) struct Play {
    steps: Vec<Step>,
    labels: Vec<Label>,
    kind: CaseKind,
    runs: Vec<CallRun>,
    ledger: Vec<LedgerEntry>,
    reads: Vec<ReadEntry>,
    rows: Vec<GatewayRow>,
    log: Vec<LogLine>,
    callbacks: Vec<ReceivedCall>,
    searches: Vec<SearchRun>,
    health: Vec<HealthRun>,
    now: Duration,
}

impl Play {
    pub(in crate::check) fn new(kind: CaseKind) -> Self {
        let (steps, labels, runs) = (Vec::new(), Vec::new(), Vec::new());
        let (ledger, rows, searches, callbacks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (reads, log, health) = (Vec::new(), Vec::new(), Vec::new());
        Self { steps, labels, kind, runs, ledger, reads, rows, log, callbacks, searches, health, now: Duration::ZERO }
    }

    pub(in crate::check) fn label(mut self, at: &str, keyword: &str) -> Self {
        self.labels.push(Label { at: at.into(), keyword: keyword.into() });
        self
    }

    /// A call that has no answer yet.
    pub(in crate::check) fn call(mut self, expect: Expect) -> Self {
        let call = Call {
            role: "call",
            operation: "submitBatch".into(),
            request: request(),
            caller: Caller::Own(0),
            via: Via::Gateway,
            correlation: Some(ID.into()),
            items: Vec::new(),
            expect,
            manner: Manner::default(),
            contract: None,
        };
        self.steps.push(Step::Call(call));
        let (call, client) = (self.runs.len(), "client-0".into());
        self.runs.push(CallRun { call, exchanges: Vec::new(), polls: Vec::new(), client });
        self
    }

    pub(in crate::check) fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Makes the last `n` steps, which are calls, one barrier.
    pub(in crate::check) fn together(mut self, n: usize) -> Self {
        let calls = self.steps.split_off(self.steps.len() - n);
        let calls = calls.into_iter().map(|step| match step {
            Step::Call(call) => call,
            other => panic!("{other:?} is no call"),
        });
        self.steps.push(Step::Together(calls.collect()));
        self
    }

    /// Makes the last step, which is a call, a flood.
    pub(in crate::check) fn flood(mut self) -> Self {
        match self.steps.pop() {
            Some(Step::Call(call)) => self.steps.push(Step::Flood { call, most: 1000 }),
            other => panic!("{other:?} is no call"),
        }
        self
    }

    /// Makes the last step, which is a call, a search for a limit that came to
    /// this.
    pub(in crate::check) fn searched(
        mut self,
        declared: Option<u64>,
        accepted: Option<u64>,
        refused: Option<u64>,
    ) -> Self {
        match self.steps.pop() {
            Some(Step::Call(call)) => {
                self.steps.push(Step::Search(Search { call, knob: Knob::Headers, low: 1, high: 2000, declared }));
            }
            other => panic!("{other:?} is no call"),
        }
        self.searches.push(SearchRun { call: self.runs.len() - 1, trials: Vec::new(), accepted, refused });
        self
    }

    /// The service was asked for its health while calls were held.
    pub(in crate::check) fn health(mut self, health: HealthRun) -> Self {
        self.health.push(health);
        self
    }

    /// Changes the last call.
    pub(in crate::check) fn but(mut self, change: impl FnOnce(&mut Call)) -> Self {
        match self.steps.last_mut() {
            Some(Step::Call(call)) => change(call),
            other => panic!("{other:?} is no call"),
        }
        self
    }

    pub(in crate::check) fn role(self, role: &'static str) -> Self {
        self.but(|call| call.role = role)
    }

    pub(in crate::check) fn caller(mut self, caller: Caller) -> Self {
        if let (Caller::Own(n), Some(run)) = (caller, self.runs.last_mut()) {
            run.client = format!("client-{n}").into();
        }
        self.but(|call| call.caller = caller)
    }

    pub(in crate::check) fn id(self, id: Option<&str>) -> Self {
        self.but(|call| {
            call.correlation = id.map(str::to_owned);
            call.request.headers.remove("X-Correlation-Id");
            if let Some(id) = id {
                call.request.headers.set("X-Correlation-Id", id);
            }
        })
    }

    pub(in crate::check) fn items(self, items: &[(&str, u64)]) -> Self {
        self.but(|call| {
            call.items = items.iter().map(|(id, content)| Item { id: (*id).into(), content: *content }).collect();
        })
    }

    pub(in crate::check) fn body(self, body: &Value) -> Self {
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
    pub(in crate::check) fn answered(mut self, answer: Answer) -> Self {
        let took = answer.took;
        let exchange = answer.exchange(self.last_request(), self.now);
        self.runs.last_mut().unwrap().exchanges.push(exchange);
        self.now += took;
        self
    }

    /// A poll after the last call.
    pub(in crate::check) fn polled(mut self, answer: Answer) -> Self {
        let mut request = self.last_request();
        request.method = Method::GET;
        request.target = "/bulk-update/v1/batches/1".into();
        let exchange = answer.exchange(request, self.now);
        self.runs.last_mut().unwrap().polls.push(exchange);
        self.now += Duration::from_millis(10);
        self
    }

    /// Lets time pass.
    pub(in crate::check) fn wait(mut self, span: &str) -> Self {
        self.now += parse_duration(span).unwrap();
        self
    }

    /// An effect on a row, 5 ms before now.
    pub(in crate::check) fn wrote(mut self, key: &str, id: Option<&str>) -> Self {
        let sequence = self.ledger.len() as u64 + 1;
        let at = self.now.saturating_sub(Duration::from_millis(5));
        self.ledger.push(effect(sequence, key, id, at));
        self
    }

    /// Changes the last entry of the ledger.
    pub(in crate::check) fn entry(mut self, change: impl FnOnce(&mut LedgerEntry)) -> Self {
        change(self.ledger.last_mut().unwrap());
        self
    }

    /// One row was read.
    pub(in crate::check) fn read(mut self, table: &str, columns: &[&str], whole: bool) -> Self {
        self.reads.push(ReadEntry {
            sequence: self.reads.len() as u64 + 1,
            at: crate::clock::Timestamp::from_seconds(0),
            request: 1,
            table: table.to_owned(),
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            whole,
            rows: 1,
            key: None,
            headers: BTreeMap::from([("x-correlation-id".to_owned(), ID.to_owned())]),
            tag: None,
            principal: String::new(),
            way: crate::observe::Way::Gateway,
            fault: None,
        });
        self
    }

    /// A gateway row with this ID.
    pub(in crate::check) fn logged(mut self, id: &str) -> Self {
        let request_headers = BTreeMap::from([("x-correlation-id".to_owned(), id.to_owned())]);
        self.rows.push(GatewayRow { request_headers, ..GatewayRow::default() });
        self
    }

    /// A line of the service's log.
    pub(in crate::check) fn told(mut self, line: LogLine) -> Self {
        self.log.push(line);
        self
    }

    /// A call back that was received, with its content and what it was
    /// answered.
    pub(in crate::check) fn called_back(mut self, body: &Value, status: Option<u16>) -> Self {
        let sequence = self.callbacks.len() as u64 + 1;
        self.callbacks.push(ReceivedCall {
            sequence,
            at: crate::clock::Timestamp::from_seconds(0),
            method: "POST".to_owned(),
            target: "/triggers/job-ended".to_owned(),
            headers: BTreeMap::from([
                ("x-correlation-id".to_owned(), ID.to_owned()),
                ("content-type".to_owned(), "application/json".to_owned()),
            ]),
            refused: None,
            body: body.to_string(),
            status,
            fault: None,
        });
        self
    }

    /// Changes the last call back.
    pub(in crate::check) fn received(mut self, change: impl FnOnce(&mut ReceivedCall)) -> Self {
        change(self.callbacks.last_mut().unwrap());
        self
    }

    /// What a check finds in it, also in its exchanges where it judges those.
    pub(in crate::check) fn findings(self, check: &'static Check, contract: &Contract) -> Vec<Finding> {
        let run = self.run(contract);
        Judging::of(vec![check]).case(&CaseSubject { contract, run: &run })
    }

    /// The case as it is given to the judge.
    pub(in crate::check) fn run(self, contract: &Contract) -> CaseRun {
        let key = CaseKey {
            contract: contract.id.clone(),
            operation: "submitBatch".into(),
            kind: self.kind,
            index: 0,
            shrunk: crate::generate::ShrinkPath::default(),
        };
        let (title, needs) = ("a case".to_owned(), Vec::new());
        let case = Case { key, seed: 1, title, labels: self.labels, steps: self.steps, needs };
        let searches = self.searches;
        CaseRun {
            case: Arc::new(case),
            calls: self.runs,
            ledger: self.ledger,
            reads: self.reads,
            rows: self.rows,
            log: self.log,
            callbacks: self.callbacks,
            health: self.health,
            searches,
        }
    }
}
