//! `$batch`: order, change sets, references, rollback.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::rig::{NEVER, Rig};
use crate::observe::{LedgerEntry, Operation};

/// One request of a batch.
#[derive(Clone, Debug)]
struct Inner {
    id: Option<&'static str>,
    line: String,
    body: Value,
}

fn inner(id: &'static str, line: impl Into<String>, body: Value) -> Inner {
    Inner { id: (!id.is_empty()).then_some(id), line: line.into(), body }
}

fn part(inner: &Inner, boundary: &str) -> String {
    let mut text = format!("--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
    if let Some(id) = inner.id {
        write!(text, "Content-ID: {id}\r\n").expect("text");
    }
    write!(text, "\r\n{} HTTP/1.1\r\nContent-Type: application/json; type=entry\r\n\r\n", inner.line).expect("text");
    if !inner.body.is_null() {
        write!(text, "{}", inner.body).expect("text");
    }
    text + "\r\n"
}

/// Requests by themselves, and in their midst one change set.
fn batch(before: &[Inner], set: &[Inner], after: &[Inner]) -> String {
    let mut text: String = before.iter().map(|i| part(i, "batch_A")).collect();
    if !set.is_empty() {
        text += "--batch_A\r\nContent-Type: multipart/mixed;boundary=changeset_B\r\n\r\n";
        text.extend(set.iter().map(|i| part(i, "changeset_B")));
        text += "--changeset_B--\r\n\r\n";
    }
    text.extend(after.iter().map(|i| part(i, "batch_A")));
    text + "--batch_A--\r\n"
}

async fn send(rig: &Rig, prefer: Option<&str>, body: String) -> (u16, String, String) {
    let request = rig.client.request(http::Method::POST, &format!("{}/$batch?tag=T", rig.base)).expect("allowed");
    let request = request
        .bearer_auth(&rig.token)
        .header("content-type", "multipart/mixed; boundary=\"batch_A\"")
        .header("x-correlation-id", "outer");
    let request = match prefer {
        Some(prefer) => request.header("prefer", prefer),
        None => request,
    };
    let answer = request.body(body).send().await.expect("answers");
    let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
    (answer.status().as_u16(), kind, answer.text().await.expect("text"))
}

fn statuses(text: &str) -> Vec<u16> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 "));
    lines.map(|line| line[..3].parse().expect("a status")).collect()
}

fn committed(rig: &Rig) -> Vec<LedgerEntry> {
    rig.entries().into_iter().filter(LedgerEntry::committed).collect()
}

#[tokio::test]
async fn a_change_set_refers_to_its_own_rows_and_the_ledger_names_both_boundaries() {
    let rig = Rig::start(false).await;
    let path = |rest: &str| format!("/api/data/v9.2/{rest}");
    let set = [
        inner("1", format!("POST {}/accounts", rig.base), json!({ "name": "In a set" })),
        inner(
            "2",
            format!("POST {}", path("contacts")),
            json!({ "lastname": "C", "parentcustomerid_account@odata.bind": "$1" }),
        ),
        inner("3", "PATCH $1", json!({ "primarycontactid@odata.bind": "$2", "accountnumber": "X-1" })),
        inner("4", "POST leads", json!({ "subject": "L" })),
        inner("5", "POST $1/accountleads_association/$ref", json!({ "@odata.id": "$4" })),
        inner("6", "PUT $1/telephone1", json!({ "value": "123" })),
    ];
    let get = inner("", "GET accounts?$select=name&$filter=name eq 'In a set'", Value::Null);
    let (status, kind, text) =
        send(&rig, None, batch(std::slice::from_ref(&get), &set, std::slice::from_ref(&get))).await;
    assert_eq!(status, 200, "{text}");
    let boundary = kind.strip_prefix("multipart/mixed; boundary=").expect("a boundary");
    assert!(boundary.starts_with("batchresponse_") && text.starts_with(&format!("--{boundary}\r\n")));
    assert_eq!(statuses(&text), [200, 204, 204, 204, 204, 204, 204, 200]);
    assert!(text.contains("\"value\":[]") && text.contains("\"name\":\"In a set\""));
    for id in 1..=6 {
        assert!(text.contains(&format!("Content-ID: {id}\r\n\r\nHTTP/1.1 204 No Content\r\n")), "{id} in {text}");
    }
    assert!(text.contains("\r\nLocation: ") && text.contains("\r\nOData-EntityId: "));
    let account =
        rig.get("/accounts(accountnumber='X-1')?$expand=primarycontactid,accountleads_association").await.body;
    assert_eq!((&account["primarycontactid"]["lastname"], &account["telephone1"]), (&json!("C"), &json!("123")));
    assert_eq!(account["accountleads_association"][0]["subject"], "L");
    let entries = committed(&rig);
    assert_eq!(entries.len(), 6);
    for entry in &entries {
        let boundaries = (entry.batch.as_deref(), entry.change_set.as_deref());
        assert_eq!(boundaries, (Some("batch_A"), Some("changeset_B")));
        assert_eq!((entry.request, entry.headers["x-correlation-id"].as_str()), (entries[0].request, "outer"));
    }
    rig.stop().await;
}

#[tokio::test]
async fn the_first_failure_ends_a_batch_unless_it_is_to_go_on() {
    let rig = Rig::start(false).await;
    let good = |name: &str| inner("", "POST accounts", json!({ "name": name }));
    let bad = inner("", "POST accounts", json!({ "name": "x".repeat(321) }));
    let parts = [good("first"), bad, good("third")];
    let (status, _, text) = send(&rig, None, batch(&parts, &[], &[])).await;
    assert_eq!((status, statuses(&text)), (400, vec![400]));
    assert!(text.contains("REQ_ID: ") && text.contains("\"code\":\"0x80044331\""));
    assert_eq!(committed(&rig).len(), 1);

    let (status, _, text) = send(&rig, Some("odata.continue-on-error"), batch(&parts, &[], &[])).await;
    assert_eq!((status, statuses(&text)), (200, vec![204, 400, 204]));
    assert_eq!(committed(&rig).len(), 3);
    assert!(committed(&rig).iter().all(|e| e.batch.as_deref() == Some("batch_A") && e.change_set.is_none()));

    let set = [
        inner("1", "POST accounts", json!({ "name": "never" })),
        inner("2", format!("DELETE accounts({NEVER})"), Value::Null),
    ];
    let (status, _, text) = send(&rig, Some("odata.continue-on-error"), batch(&[good("a")], &set, &[good("b")])).await;
    assert_eq!((status, statuses(&text)), (200, vec![204, 404, 204]));
    assert!(!text.contains("changesetresponse_"));
    let told = rig.entries();
    let refused = told.iter().rfind(|e| !e.committed()).expect("a refusal");
    assert_eq!((refused.operation, refused.change_set.as_deref()), (Operation::Delete, Some("changeset_B")));
    assert_eq!(rig.get("/accounts?$filter=name eq 'never'").await.body["value"], json!([]));
    rig.stop().await;
}

#[tokio::test]
async fn what_is_no_batch_is_refused_as_a_whole_in_plain_json() {
    let rig = Rig::start(false).await;
    let post = inner("1", "POST accounts", json!({ "name": "never" }));
    let get = inner("2", "GET accounts", Value::Null);
    let cases = [
        (batch(std::slice::from_ref(&post), &[], &[]).replace("--batch_A--", ""), "closing delimiter"),
        (batch(&[], &[post.clone(), get], &[]), "invalid HTTP method 'GET'"),
        (String::new(), "no delimiter"),
    ];
    for (body, expected) in cases {
        let (status, kind, text) = send(&rig, None, body).await;
        assert_eq!((status, kind.as_str()), (400, "application/json; odata.metadata=minimal"));
        assert!(text.contains("0x80048d19") && text.contains(expected), "{text}");
    }
    let unknown = inner("2", "PATCH $7", json!({ "name": "never" }));
    let (status, _, text) = send(&rig, None, batch(&[], &[post, unknown], &[])).await;
    assert_eq!((status, statuses(&text)), (400, vec![400]));
    assert!(text.contains("Content-ID Reference: '$7' does not exist in the batch context."));
    let nested = inner("", "POST $batch", Value::Null);
    let (status, _, text) = send(&rig, None, batch(&[nested], &[], &[])).await;
    assert_eq!(status, 400);
    assert!(text.contains("Nested batch requests are not supported."));
    assert_eq!(committed(&rig).len(), 0);
    rig.stop().await;
}

/// A request that a change set may hold, with numbers for rows.
fn any_step() -> impl Strategy<Value = (u8, u8)> {
    (0..7_u8, 0..6_u8)
}

fn step((kind, n): (u8, u8)) -> Inner {
    let key = format!("new_invoices(new_number='P-{n}')");
    let body = json!({ "new_customer": format!("C{kind}"), "new_amount": n, "new_currency": "EUR" });
    match kind {
        0 | 1 => inner("", format!("PATCH {key}"), body),
        2 => inner("", format!("DELETE {key}"), Value::Null),
        3 => {
            let mut body = body;
            body["new_number"] = format!("P-{n}").into();
            inner("", "POST new_invoices", body)
        }
        4 => inner("", "POST leads", json!({ "subject": "P", "accountleads_association": [{ "name": "P" }] })),
        5 => inner("", format!("PUT {key}/new_customer"), json!({ "value": "D" })),
        _ => inner("", "POST contacts", json!({ "lastname": "P", "firstname": "x".repeat(48 + usize::from(n)) })),
    }
}

/// All that a change set could have touched.
async fn rows(rig: &Rig) -> Vec<Value> {
    let mut found = Vec::new();
    for query in [
        "/new_invoices?$orderby=new_number",
        "/leads?$filter=subject eq 'P'&$orderby=leadid&$expand=accountleads_association",
        "/contacts?$filter=lastname eq 'P'",
        "/accounts?$filter=name eq 'P'",
    ] {
        found.push(rig.get(query).await.body["value"].clone());
    }
    found
}

#[test]
fn a_change_set_stands_as_a_whole_or_leaves_rows_and_ledger_as_they_were() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let rig = runtime.block_on(Rig::start(false));
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let outcomes = std::cell::Cell::new((0, 0));
    let run = TestRunner::new(config).run(&proptest::collection::vec(any_step(), 1..6), |steps| {
        let set: Vec<Inner> = steps.iter().copied().map(step).collect();
        let (before, known) = (runtime.block_on(rows(&rig)), committed(&rig).len());
        let (status, _, text) = runtime.block_on(send(&rig, None, batch(&[], &set, &[])));
        let (after, written) = (runtime.block_on(rows(&rig)), committed(&rig).len() - known);
        let (stood, fell) = outcomes.get();
        if status == 200 {
            outcomes.set((stood + 1, fell));
            prop_assert_eq!(statuses(&text).len(), set.len());
            prop_assert!(written >= set.len());
        } else {
            outcomes.set((stood, fell + 1));
            prop_assert_eq!(statuses(&text), vec![status]);
            prop_assert_eq!(before, after);
            prop_assert_eq!(written, 0);
        }
        Ok(())
    });
    run.expect("holds");
    let (stood, fell) = outcomes.get();
    assert!(stood > 5 && fell > 5, "{stood} stood and {fell} fell");
    runtime.block_on(rig.stop());
}
