use super::*;
use crate::contract::behaviour::LifecycleStatus;
use crate::readiness::{DifferentInput, assessment_text, read_rows};

const DAY: Duration = Duration::from_hours(24);

fn lifecycle() -> Lifecycle {
    Lifecycle {
        status: LifecycleStatus::Deprecated,
        since: Timestamp::parse("2026-06-30"),
        sunset: Timestamp::parse("2027-03-31"),
        successor: Some("v2".into()),
        after_sunset: None,
    }
}

fn headers() -> Headers {
    [("deprecation", "@1782777600"), ("Sunset", "Wed, 31 Mar 2027 23:59:59 GMT")].into_iter().collect()
}

fn row(time: &str, path: &str, extra: &str) -> String {
    format!("{{\"TimeGenerated\":\"{time}\",\"Url\":\"https://gw{path}\"{extra}}}\n")
}

/// Two months of another API, every day.
fn others() -> String {
    let start = Timestamp::parse("2026-07-01").expect("valid");
    (0..63).map(|day| row(&start.plus(DAY * day).to_string(), "/bulk-update/v10/batches", "")).collect()
}

struct World {
    rows: RowsRead,
    headers: Option<Headers>,
    lifecycle: Lifecycle,
    successor: Option<ContractId>,
    breaking: Vec<String>,
    compared: Option<Compared>,
}

impl World {
    fn quiet() -> Self {
        Self {
            rows: read_rows("rows.jsonl", &others()),
            headers: Some(headers()),
            lifecycle: lifecycle(),
            successor: Some(ContractId::parse("bulk-update/v2")),
            breaking: vec!["`submitBatch`: the status 200 is gone".into()],
            compared: None,
        }
    }

    fn with_rows(text: &str) -> Self {
        Self { rows: read_rows("rows.jsonl", &(others() + text)), ..Self::quiet() }
    }

    fn assess(&self) -> Assessment {
        assess(&Inquiry {
            version: &ContractId::parse("bulk-update/v1"),
            base_path: "/bulk-update/v1",
            lifecycle: Some(&self.lifecycle),
            successor: self.successor.as_ref(),
            breaking: &self.breaking,
            compared: self.compared.as_ref(),
            headers: self.headers.as_ref(),
            rows: &self.rows,
            quiet: DAY * 30,
            now: Timestamp::parse("2026-09-01T12:00:00Z").expect("valid"),
        })
    }
}

#[test]
fn nobody_calls_and_everything_agrees_is_go() {
    let assessment = World::quiet().assess();
    assert_eq!(assessment.decision, Decision::Go, "{:?}", assessment.reasons);
    // Breaking changes are listed all the same.
    let text = assessment_text(&assessment);
    assert!(
        text.contains("the status 200 is gone")
            && text.ends_with("GO: nobody called bulk-update/v1 in the last 30 d\n")
    );
}

#[test]
fn clients_are_named_by_subscription_then_application_then_flow() {
    let v1 = "/bulk-update/v1/batches";
    let assessment = World::with_rows(
        &[
            row(
                "2026-08-30T10:00:00Z",
                v1,
                r#","ApimSubscriptionId":"sub","RequestHeaders":{"x-ms-workflow-name":"f"}"#,
            ),
            row("2026-08-31T10:00:00Z", v1, r#","TraceRecords":[{"Metadata":{"applicationId":"app"}}]"#),
            row("2026-08-29T10:00:00Z", v1, r#","RequestHeaders":{"X-MS-Workflow-Name":"nightly\u001b[2J"}"#),
            row("2026-07-05T10:00:00Z", v1, r#","ApimSubscriptionId":"sub""#),
            row("2026-08-28T10:00:00Z", v1, ""),
        ]
        .concat(),
    )
    .assess();
    let names: Vec<_> = assessment.clients.iter().map(|c| (c.name.as_str(), c.named_by, c.usage.recent)).collect();
    assert_eq!(
        names,
        [("app", NamedBy::Application, 1), ("sub", NamedBy::Subscription, 1), ("nightly\u{1b}[2J", NamedBy::Flow, 1)]
    );
    assert_eq!(assessment.clients[1].usage.calls, 2);
    assert_eq!((assessment.nameless.calls, assessment.decision), (1, Decision::NoGo));
    assert_eq!(
        assessment.reasons[0].text,
        "3 clients and callers that no row names still call bulk-update/v1: 4 calls in the last 30 d, the last one 1.1 d ago"
    );
    assert_eq!(assessment.reasons[1].text, "1 breaking change of the successor would reach them");
    assert!(!assessment_text(&assessment).contains('\u{1b}'));
}

#[test]
fn calls_before_the_quiet_time_and_of_other_versions_do_not_count() {
    let old = row("2026-07-20T10:00:00Z", "/bulk-update/v1", r#","ApimSubscriptionId":"sub""#);
    let assessment = World::with_rows(&old).assess();
    assert_eq!((assessment.decision, assessment.clients.len()), (Decision::Go, 1));
}

#[test]
fn headers_must_be_there_and_agree() {
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&[("Deprecation", "@1782777600")], "sends no Sunset field"),
        (&[("Deprecation", "true"), ("Sunset", "Wed, 31 Mar 2027 00:00:00 GMT")], "comes from an old draft"),
        (&[("Deprecation", "@1782777600"), ("Sunset", "2027-03-31")], "is no HTTP-date"),
        (
            &[("Deprecation", "@1782777600"), ("Sunset", "Thu, 01 Apr 2027 00:00:00 GMT")],
            "the Sunset field says 2027-04-01, the contract 2027-03-31",
        ),
        (
            &[("Deprecation", "@1906502400"), ("Sunset", "Wed, 31 Mar 2027 00:00:00 GMT")],
            "before the one of the Deprecation",
        ),
    ];
    for (fields, expected) in cases {
        let world = World { headers: Some(fields.iter().copied().collect()), ..World::quiet() };
        let assessment = world.assess();
        assert_eq!(assessment.decision, Decision::NoGo, "{expected}");
        assert!(assessment.reasons.iter().any(|reason| reason.text.contains(expected)), "{:?}", assessment.reasons);
    }
}

#[test]
fn without_a_successor_it_is_no_go() {
    let assessment = World { successor: None, ..World::quiet() }.assess();
    assert_eq!(assessment.decision, Decision::NoGo);
    assert!(assessment.reasons[0].text.contains("`v2`"));
}

#[test]
fn what_is_not_known_is_never_go() {
    let worlds = [
        World { rows: RowsRead::default(), ..World::quiet() },
        World { rows: read_rows("r", &row("2026-08-31T10:00:00Z", "/other", "")), ..World::quiet() },
        World { rows: read_rows("r", &row("2026-07-01T10:00:00Z", "/other", "")), ..World::quiet() },
        World { headers: None, ..World::quiet() },
        World::with_rows("broken\n"),
    ];
    for world in worlds {
        let assessment = world.assess();
        assert_eq!(assessment.decision, Decision::Inconclusive, "{:?}", assessment.reasons);
        assert!(!assessment.reasons.is_empty());
    }
}

#[test]
fn inputs_that_fare_otherwise_count_while_somebody_calls() {
    let input = DifferentInput {
        operation: "submitBatch".into(),
        tries: "body /records/0/name at its maxLength".into(),
        what: "update of accounts, column name".into(),
        old: "\"x\"".into(),
        new: "\"y\"".into(),
        curl_old: "curl v1".into(),
        curl_new: "curl v2".into(),
        bytes: 7,
    };
    let compared = Some(Compared { inputs: 9, equal: 8, different: vec![input], ..Compared::default() });
    let quiet = World { compared: compared.clone(), ..World::quiet() }.assess();
    assert_eq!(quiet.decision, Decision::Go);
    let text = assessment_text(&quiet);
    assert!(text.contains("9 inputs to both versions: 8 treated alike by bulk-update/v2, 1 otherwise"), "{text}");
    assert!(text.contains("column name: \"x\", then \"y\"") && text.contains("curl v2"), "{text}");
    let called = World::with_rows(&row("2026-08-25T00:00:00Z", "/bulk-update/v1/batches", ""));
    let called = World { compared, ..called }.assess();
    assert!(called.reasons.iter().any(|r| r.text.starts_with("1 of 9 inputs")), "{:?}", called.reasons);
}
