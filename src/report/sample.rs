//! A rich run for the tests of the reports: hostile texts, planted secrets,
//! every kind of finding.

use std::sync::Arc;
use std::time::Duration;

use crate::check::{
    Apart, CallMark, Coverage, Covered, Evidence, Family, Finding, Level, More, NotChecked, Origin, Outcome,
    Reproduced, Shrunk, Tally, Verdict,
};
use crate::clock::Timestamp;
use crate::contract::ContractId;
use crate::diagnose::Place;
use crate::generate::{CaseKey, Nonce, Seed};
use crate::observe::{
    CallTrace, ChainLink, GatewayRow, IntervalRecorder, Latency, OperationLatency, Operations, StepTrace, TraceRecord,
};
use crate::wire::{
    Body, Exchange, Failure, FailureKind, Headers, Redactor, Request, Response, Secret, Tier, curl_line,
};

use super::sample_seconds;
use super::{Machine, ObjectiveMark, Phase, Rows, Run, Totals};

/// A value that only its registration makes a secret.
pub(super) const PLANTED: &str = "s3cr3t-\"quoted\"/value-Ω";

/// What must be in no file.
pub(super) const SECRETS: [&str; 8] = [
    PLANTED,
    "s3cr3t-",
    "hunter2",
    "c2VjcmV0LXNpZw",
    "eyJhbGciOiJSUzI1NiJ9",
    "subscription0key",
    "session0cookie",
    "client0secret",
];

/// A redactor that knows [`PLANTED`].
pub(super) fn redactor() -> Redactor {
    let redactor = Redactor::new();
    redactor.register(&Secret::new(PLANTED));
    redactor
}

/// A rich run.
pub(super) fn run() -> Run {
    let v1 = ContractId::new("bulk-update", "v1");
    Run {
        command: "gate".into(),
        arguments: vec!["--seed".into(), "7".into(), "-H".into(), "Authorization: Bearer hunter2hunter2".into()],
        started: Timestamp::parse("2026-11-21T22:00:01Z").expect("valid"),
        took: Duration::from_millis(61_234),
        clock: (Timestamp::parse("2026-09-01T08:00:00Z").expect("valid"), 20.0),
        seed: Seed(7),
        nonce: Nonce("0123456789ab".into()),
        target: ("embedded".into(), "http://user:hunter2@127.0.0.1:4711".into()),
        contracts: vec![v1.clone(), ContractId::new("tabular-intake", "v2")],
        contract_digests: vec!["00112233".into(), "44556677".into()],
        machine: Machine { os: "linux", architecture: "x86_64", cpus: 2, processor: None },
        defects: vec!["duplicate-race".into()],
        faults: Vec::new(),
        totals: Totals { cases: 2143, exchanges: 24_817, effects: 10_402, throttled: 612 },
        phases: vec![phase("steady-day", 30), phase("month-end-burst", 7)],
        objectives: vec![
            ObjectiveMark { contract: v1.clone(), quantile: 0.95, bound: Duration::from_millis(500) },
            ObjectiveMark { contract: v1, quantile: 0.99, bound: Duration::from_millis(1500) },
        ],
        rows: Some(rows()),
        traces: Some(traces()),
        output: None,
        cost: None,
        bodies: vec![("body-00ff.bin".into(), b"long".to_vec())],
        verdict: verdict(),
        notices: vec!["could not make: `pattern` with a look-behind at <contracts/x.yaml>".into()],
    }
}

fn traces() -> Rows {
    let traces = Rows::new().expect("a temporary file");
    let line = format!("{{\"path\":\"/x?sig={}\",\"steps\":[[1,1,2]]}}\n", SECRETS[0]);
    traces.add_lines(&line, &redactor()).expect("written");
    traces
}

fn rows() -> Rows {
    let rows = Rows::new().expect("a temporary file");
    rows.add(&[row()], &redactor()).expect("written");
    rows
}

fn row() -> GatewayRow {
    GatewayRow {
        url: "https://gw/bulk-update/v1/batches?sig=c2VjcmV0LXNpZw&x=1".into(),
        method: "POST".into(),
        response_code: 200,
        request_headers: [("x-correlation-id", "9f"), ("ocp-apim-subscription-key", "subscription0key")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        trace_records: vec![TraceRecord { message: format!("token {PLANTED}"), ..TraceRecord::default() }],
        ..GatewayRow::default()
    }
}

/// What one of some seconds held of an operation.
fn within(all: &OperationLatency, number: u64, second: u64) -> OperationLatency {
    let mut latency = OperationLatency::of(&all.contract, &all.operation);
    for i in 0..150 + number * 20 {
        let slow = if (i + second).is_multiple_of(40) { 700_000 / second } else { 0 };
        let span = Duration::from_micros(4_000 * second + (i * 7919) % 9_000 + slow);
        latency.corrected.record(span);
        latency.uncorrected.record(span / 2);
    }
    latency.failed = (second + number) % 3;
    latency
}

fn phase(scenario: &str, seconds: u64) -> Phase {
    let latency = |salt: u64, tail: u64| {
        let mut latency = Latency::new();
        for i in 0..900_u64 {
            let noise = (i.wrapping_mul(2_654_435_761) ^ salt) % 1000;
            let slow = if i % 40 == 0 { tail } else { 0 };
            latency.record(Duration::from_micros(4_000 + noise * noise / 60 + slow * 1000));
        }
        latency
    };
    let operation = |contract: &str, operation: &str, salt| OperationLatency {
        contract: ContractId::parse(contract),
        operation: operation.into(),
        corrected: latency(salt, 700),
        uncorrected: latency(salt, 90),
        failed: salt % 3,
    };
    let latencies = vec![
        operation("bulk-update/v1", "submitBatch", 1),
        operation("bulk-update/v1", "getBatch", 2),
        operation("tabular-intake/v2", "submitFile", 3),
    ];
    let mut recorder = IntervalRecorder::new().expect("a temporary file");
    for second in 3..3 + seconds.min(6) {
        for (number, latency) in latencies.iter().enumerate() {
            recorder.keep(Duration::from_secs(second), &within(latency, number as u64, second));
        }
    }
    Phase {
        scenario: scenario.into(),
        began: Duration::from_secs(3),
        took: Duration::from_secs(seconds),
        offered: 21.4,
        due: 642,
        dropped: 2,
        turned_away: 0,
        exchanges: 1290,
        operations: Operations {
            begun: 640,
            done: 610,
            refused: 12,
            given_up: 14,
            attempts: 1100,
            ..Operations::default()
        },
        lag: latency(9, 0),
        latencies,
        intervals: recorder.finish().expect("a temporary file"),
        measured: sample_seconds::measured(seconds),
        thresholds: vec![sample_seconds::threshold()],
        cut: seconds < 10,
    }
}

fn verdict() -> Verdict {
    let v1 = ContractId::new("bulk-update", "v1");
    let tally = |operation: &str, check, family, judged, failed| Tally {
        contract: Some(v1.clone()),
        operation: operation.into(),
        check,
        family,
        judged,
        failed,
    };
    Verdict {
        outcome: Outcome::Failed,
        reason: "bulk-update/v1 wrote a row twice; 1 further finding".into(),
        findings: findings(),
        not_checked: vec![
            NotChecked {
                what: "throttling/honest".into(),
                contract: Some(v1.clone()),
                why: "no clock | offered".into(),
            },
            NotChecked { what: "retry-storm".into(), contract: None, why: "the budget of 80 s was used up".into() },
        ],
        tallies: vec![
            tally("submitBatch", "idempotency/duplicate-effect", Family::Idempotency, 120, 1),
            tally("submitBatch", "response/schema", Family::Response, 1803, 1),
            tally("getBatch", "response/schema", Family::Response, 340, 0),
            tally("submitBatch", "taxonomy/declared", Family::Taxonomy, 922, 0),
            Tally { contract: None, ..tally("steady-day", "latency/objective", Family::Latency, 1, 0) },
        ],
        fail_on: Level::Error,
        coverage: vec![Coverage {
            contract: v1.clone(),
            kinds: vec![
                Covered { kind: "operations", all: 2, tried: 2, not_tried: vec![] },
                Covered { kind: "keywords", all: 40, tried: 38, not_tried: vec!["maximum at <b>".into(), "x".into()] },
            ],
        }],
        apart: Apart { ambiguous: vec!["contracts/x.yaml:3:1: says <i>two</i> things".into()], ..Apart::default() },
    }
}

#[expect(clippy::too_many_lines, reason = "a sample of each kind")]
fn findings() -> Vec<Finding> {
    let v1 = ContractId::new("bulk-update", "v1");
    let key = CaseKey::parse("bulk-update/v1:submitBatch:duplicate-concurrent:3").expect("valid");
    let base = Finding {
        check: "idempotency/duplicate-effect",
        family: Family::Idempotency,
        level: Level::Error,
        contract: Some(v1.clone()),
        operation: Some("submitBatch".into()),
        title: "two identical requests, 0.3 ms apart, wrote one record twice".into(),
        expected: "one effect on `accounts` for item 7d0c…, however often the call comes".into(),
        actual: format!("2 effects, ledger 1041 and 1042; the log says password {PLANTED} <script>alert(1)</script>"),
        place: Some(Place { file: "contracts/bulk-update/v1/behaviour.yaml".into(), line: 24, column: 3 }),
        origin: Origin::Case(key),
        evidence: Evidence {
            exchange: None,
            lines: vec!["effect 1041 at 08:00:01.0003".into(), "Cookie: session0cookie".into()],
        },
        fingerprint: Finding::fingerprint_of("idempotency/duplicate-effect", Some(&v1), Some("submitBatch"), "race"),
        occurrences: 4,
        reproduced: Some(Reproduced { shown: 3, of: 3 }),
        replay: Some("seamstress replay bulk-update/v1:submitBatch:duplicate-concurrent:3 --seed 7".into()),
        curl: None,
        shrunk: Some(Shrunk {
            from: CaseKey::parse("bulk-update/v1:submitBatch:duplicate-concurrent:3").expect("valid"),
            played: 14,
            minimal: true,
            bytes_before: 2214,
            bytes_after: 71,
        }),
        calls: ["200", "500"]
            .map(|result| CallMark { role: "together".into(), call: "POST /b".into(), result: result.into() })
            .into(),
        more: More {
            source: Some("  sunset: 2027-03-31 # <b>".into()),
            gateway: Some(gateway()),
            chain: chain(),
            ..More::default()
        },
    };
    let exchange = exchange();
    let curl = curl_line("http://127.0.0.1:4711", &exchange.request, &redactor());
    let hostile = Finding {
        check: "response/schema",
        family: Family::Response,
        level: Level::Warning,
        title: "status `\u{1b}[31m<b>on_hold</b>` breaks | its *enum* ]]> \u{202e}\0".into(),
        evidence: Evidence { exchange: Some(Arc::new(exchange.clone())), lines: vec![] },
        fingerprint: "00ff00ff00ff00ff".into(),
        curl: Some(curl.clone()),
        reproduced: None,
        ..base.clone()
    };
    let lost = Exchange {
        outcome: Err(Failure { kind: FailureKind::Reset, detail: "after 12 bytes".into() }),
        ..exchange.clone()
    };
    let phase = Finding {
        check: "latency/objective",
        family: Family::Latency,
        level: Level::Information,
        contract: None,
        operation: None,
        place: None,
        origin: Origin::Phase("steady-day".into()),
        evidence: Evidence { exchange: Some(Arc::new(lost)), lines: vec!["p95 510 ms of 642 calls".into()] },
        replay: None,
        ..hostile.clone()
    };
    let base = Finding {
        curl: Some(curl),
        evidence: Evidence { exchange: Some(Arc::new(exchange)), ..base.evidence },
        ..base
    };
    vec![base, hostile, phase]
}

fn exchange() -> Exchange {
    let body = format!(
        r#"{{"client_secret":"client0secret","note":{},"records":[{{"id":"7d0c","status":"on_hold"}}],"pad":"{}"}}"#,
        serde_json::to_string(PLANTED).expect("text"),
        "x".repeat(3000)
    );
    let fields = [
        ("Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"),
        ("Ocp-Apim-Subscription-Key", "subscription0key"),
        ("Cookie", "sid=session0cookie"),
        ("X-Note", PLANTED),
        ("Content-Type", "application/json"),
    ];
    Exchange {
        request: Request {
            method: http::Method::POST,
            target: "/bulk-update/v1/batches?sig=c2VjcmV0LXNpZw&v=s3cr3t-%22quoted%22%2Fvalue-%CE%A9".into(),
            headers: fields.into_iter().collect(),
            body: Body::Bytes(body.into_bytes().into()),
        },
        outcome: Ok(Response {
            status: 200,
            headers: [("Content-Type", "application/json"), ("Set-Cookie", "sid=session0cookie")]
                .into_iter()
                .collect::<Headers>(),
            body: format!("{{\"status\":\"</script><img src=x onerror=alert(1)>\",\"echo\":\"{}\"}}", "hunter2")
                .replace("hunter2", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln")
                .into_bytes()
                .into(),
            truncated: false,
        }),
        attempt: 1,
        due: Duration::from_millis(100),
        sent: Duration::from_millis(101),
        headers: Some(Duration::from_millis(109)),
        done: Duration::from_millis(112),
        sent_at: Timestamp::parse("2026-09-01T08:00:02Z").expect("valid"),
        done_at: Timestamp::parse("2026-09-01T08:00:02.2Z").expect("valid"),
        tier: Some(Tier::Service),
    }
}

/// An operation that the service did not log.
fn chain() -> Vec<ChainLink> {
    let link = |tier, second: Option<i64>, what: &str| ChainLink {
        tier,
        at: second.map(|s| Timestamp::from_seconds(1_788_249_600 + s)),
        until: second.filter(|_| tier != "dataverse").map(|s| Timestamp::from_seconds(1_788_249_602 + s)),
        what: what.to_owned(),
    };
    vec![
        link("flow", Some(1), "POST /bulk-update/v1/batches: 200"),
        link("gateway", Some(1), "POST /bulk-update/v1/batches: 200, service said 200"),
        link("service", None, "nothing under this correlation ID"),
        link("dataverse", Some(2), "accounts 6f1c2a94: written, injected fault: <lost>"),
    ]
}

fn gateway() -> CallTrace {
    let step = |policy: &str, began, micros, raised: &str| StepTrace {
        policy: policy.into(),
        section: "inbound".into(),
        scope: "api".into(),
        path: format!("{policy}[1]"),
        place: "mocks/gateway/apis/bulk-update-v1.xml:12:5".into(),
        began,
        micros,
        raised: raised.into(),
    };
    CallTrace {
        number: 7,
        method: "POST".into(),
        path: "/b?sig=s3cr3t".into(),
        status: 401,
        micros: 412,
        steps: vec![step("validate-jwt", 12, 96, "JWT <not> present."), step("set-header", 110, 2, "")],
        ..CallTrace::default()
    }
}
