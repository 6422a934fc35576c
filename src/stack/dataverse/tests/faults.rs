//! Faults, over HTTP: what the caller sees, and what the ledger says.

use std::time::Duration;

use serde_json::{Value, json};

use super::rig::{Reply, Rig};
use crate::observe::LedgerEntry;
use crate::wire::FaultPlan;

/// Arms a fault as the command line has it.
fn arm(rig: &Rig, text: &str) -> u64 {
    let plan = FaultPlan::parse(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
    rig.handle().arm(plan.starting(rig.clock.now(), rig.clock.scale()))
}

async fn write(rig: &Rig, status: &str) -> Reply {
    let path = format!("/accounts({})", rig.account(0));
    rig.send("PATCH", &path, &[], json!({ "new_status": status })).await
}

async fn read(rig: &Rig) -> Reply {
    rig.get(&format!("/accounts({})?$select=new_status", rig.account(0))).await
}

fn faults(entries: &[LedgerEntry]) -> Vec<(bool, Option<&str>)> {
    entries.iter().map(|entry| (entry.committed(), entry.fault.as_deref())).collect()
}

#[tokio::test]
async fn errors_of_the_platform_come_by_name_and_stand_in_the_ledger() {
    let rig = Rig::start(false).await;
    arm(&rig, "latency,by=1ms,times=2");
    arm(&rig, "deadlock,table=accounts,operation=upsert,times=1");
    arm(&rig, "not_found,operation=upsert,times=1");
    let deadlock = write(&rig, "a").await;
    assert_eq!((deadlock.error().0, deadlock.error().1), (500, "0x80044150"));
    assert!(deadlock.error().2.ends_with("Sql Number: 1205"), "{:?}", deadlock.error());
    let missing = write(&rig, "a").await;
    let message = format!("Entity 'account' With Id = {} Does Not Exist", rig.account(0));
    assert_eq!(missing.error(), (404, "0x80040217", message.as_str()));
    assert_eq!(write(&rig, "a").await.status, 204);
    let expected = [(false, Some("latency+deadlock")), (false, Some("latency+not_found")), (true, None)];
    assert_eq!(faults(&rig.entries()), expected);
    rig.stop().await;
}

#[tokio::test]
async fn every_error_of_a_name_is_answered_as_it_says() {
    let rig = Rig::start(false).await;
    for (name, status, code, _) in crate::wire::PRESETS {
        let armed = arm(&rig, name);
        let refused = write(&rig, "a").await;
        assert_eq!((refused.error().0, refused.error().1), (status, code), "{name}");
        assert_eq!(refused.header("retry-after").is_empty(), status != 429, "{name}");
        assert_eq!(refused.header("www-authenticate").is_empty(), status != 401, "{name}");
        assert!(!refused.error().2.contains('{'), "{name}: {}", refused.error().2);
        assert!(rig.handle().disarm(armed));
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_write_can_stand_after_its_answer() {
    let rig = Rig::start(false).await;
    for (answer, status) in [("unavailable", Some(503)), ("timeout", Some(504)), ("reset", None)] {
        let armed = arm(&rig, &format!("commit_later,by=10min,answer={answer}"));
        let before = rig.entries().len();
        let path = format!("/accounts({})", rig.account(0));
        let reply = rig.try_send("PATCH", &path, &[], Some(json!({ "new_status": answer }))).await;
        assert_eq!(reply.ok().map(|reply| reply.status), status);
        assert_eq!(rig.entries().len(), before, "not yet");
        rig.clock.jump(Duration::from_mins(10));
        while rig.entries().len() == before {
            tokio::task::yield_now().await;
        }
        let entries = rig.entries();
        assert_eq!(faults(&entries[before..]), [(true, Some("commit_later"))]);
        assert!(rig.handle().disarm(armed));
        assert_eq!(read(&rig).await.body["new_status"], answer);
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_write_can_take_its_time_and_be_answered_then() {
    let rig = Rig::start(false).await;
    arm(&rig, "commit_later,by=200ms,answer=own,times=1");
    let (before, sent) = (rig.entries().len(), rig.clock.now());
    assert_eq!(write(&rig, "late").await.status, 204);
    let entries = rig.entries();
    assert_eq!(faults(&entries[before..]), [(true, Some("commit_later"))]);
    assert!(entries[before].at.since(sent) >= Duration::from_millis(200));
    assert_eq!(read(&rig).await.body["new_status"], "late");
    rig.stop().await;
}

#[tokio::test]
async fn bodies_break_off_or_come_slowly() {
    let rig = Rig::start(false).await;
    arm(&rig, "half_body,times=2");
    let path = format!("/accounts({})", rig.account(0));
    let broken = rig.try_send("GET", &path, &[], None).await;
    assert!(broken.is_err_and(|fault| fault.is_body() || fault.is_decode()));
    let lost = rig.try_send("PATCH", &path, &[], Some(json!({ "new_status": "a" }))).await;
    assert!(lost.is_err(), "without a body there is no half of it");
    assert_eq!(faults(&rig.entries()), [(true, Some("half_body"))]);
    arm(&rig, "slow_body,by=30ms,times=1");
    let began = std::time::Instant::now();
    assert_eq!(read(&rig).await.body["new_status"], "a");
    assert!(began.elapsed() >= Duration::from_millis(27));
    rig.stop().await;
}

#[tokio::test]
async fn stale_reads_are_as_of_some_time_ago_with_their_etags() {
    let rig = Rig::start(false).await;
    let armed = arm(&rig, "stale_read,by=1min");
    let old = read(&rig).await;
    write(&rig, "new").await;
    let created = rig.send(
        "POST",
        "/new_decisions",
        &[],
        json!({
            "new_decision": "approve", "new_account": "a", "new_confidence": 0.5, "new_reasoncode": "r",
            "new_promptversion": "1", "new_modelversion": "1"
        }),
    );
    assert_eq!(created.await.status, 204);
    let stale = read(&rig).await;
    let told = |reply: &Reply| (reply.body["new_status"].clone(), reply.body["@odata.etag"].clone());
    assert_eq!(told(&stale), told(&old));
    let count = |reply: &Reply| reply.body["value"].as_array().map_or(0, Vec::len);
    assert_eq!(count(&rig.get("/new_decisions").await), 0);
    rig.clock.jump(Duration::from_secs(61));
    assert_eq!(read(&rig).await.body["new_status"], "new");
    assert_eq!(count(&rig.get("/new_decisions").await), 1);
    write(&rig, "newer").await;
    assert!(rig.handle().disarm(armed));
    assert_eq!(read(&rig).await.body["new_status"], "newer");
    rig.stop().await;
}

#[tokio::test]
async fn a_stuck_cookie_leads_to_the_same_rows_again() {
    let rig = Rig::start(false).await;
    let page = async |url: &str| {
        let path = url.strip_prefix(&rig.base).expect("ours").to_owned();
        rig.send("GET", &path, &[("prefer", "odata.maxpagesize=2")], Value::Null).await
    };
    let next = |reply: &Reply| reply.body["@odata.nextLink"].as_str().expect("a link").to_owned();
    let first = page(&format!("{}/accounts?$select=name", rig.base)).await;
    arm(&rig, "stuck_cookie,times=1");
    let second = page(&next(&first)).await;
    let third = page(&next(&second)).await;
    assert_eq!(third.body["value"], second.body["value"]);
    let fourth = page(&next(&third)).await;
    assert_ne!(fourth.body["value"], third.body["value"], "it was stuck once");
    let (hits, next) = rig.handle().fault_hits(0, 10);
    assert_eq!((hits.len(), hits[0].fault, hits[0].table.as_str(), next), (1, "stuck_cookie", "accounts", 1));
    rig.stop().await;
}

#[tokio::test]
async fn a_storm_grows_and_ends() {
    let rig = Rig::start(false).await;
    arm(&rig, "storm,retry_after=2,growth=3,longest=10,until=1min");
    let mut waits = Vec::new();
    for _ in 0..3 {
        let refused = write(&rig, "a").await;
        assert_eq!((refused.error().0, refused.error().1), (429, "0x80072322"));
        waits.push(refused.header("retry-after").to_owned());
    }
    assert_eq!(waits, ["2", "6", "10"]);
    rig.clock.jump(Duration::from_mins(1));
    assert_eq!(write(&rig, "a").await.status, 204);
    let (hits, _) = rig.handle().fault_hits(0, 10);
    assert_eq!(hits.len(), 3);
    rig.stop().await;
}
