//! Random writes of several clients at once, against the mock and against a
//! naive model: the ledger's order explains every answer, every entry and the
//! rows that are left.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::super::LedgerQuery;
use super::naive::{By, Demand, Naive, Seen, Thing, Write, agrees, id};
use super::rig::{Reply, Rig};
use crate::observe::LedgerEntry;

const TABLE: &str = "\
format: seamstress/dataverse-table/1
logical_name: thing
collection: things
primary_id: thingid
primary_name: code
columns:
  code: { type: string, max_length: 20 }
  mark: { type: integer }
  note: { type: integer }
alternate_keys:
  thing_code: [code]
";

#[derive(Clone, Debug)]
enum Step {
    Read(u8),
    Write(Write),
    /// Writes that stand together, or not at all.
    Together(How, Vec<Write>),
}

/// How writes are sent that stand together.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    ChangeSet,
    CreateMultiple,
    UpdateMultiple,
}

fn together() -> impl Strategy<Value = Step> {
    let key = || proptest::option::of(0..4_u8);
    let create = move || (0..5_u8, key()).prop_map(|(id, key)| Write::Create { id, key });
    let any = prop_oneof![
        create(),
        (by(), key()).prop_map(|(by, key)| Write::Upsert { by, demand: Demand::Nothing, key }),
        by().prop_map(|by| Write::Delete { by, demand: Demand::Nothing }),
        by().prop_map(|by| Write::Put { by }),
    ];
    let there = (0..5_u8, key()).prop_map(|(id, key)| Write::Upsert { by: By::Id(id), demand: Demand::There, key });
    let some = |write| proptest::collection::vec(write, 1..5);
    prop_oneof![
        2 => some(any.boxed()).prop_map(|writes| Step::Together(How::ChangeSet, writes)),
        1 => some(create().boxed()).prop_map(|writes| Step::Together(How::CreateMultiple, writes)),
        1 => some(there.boxed()).prop_map(|writes| Step::Together(How::UpdateMultiple, writes)),
    ]
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![(0..5_u8).prop_map(By::Id), (0..4_u8).prop_map(By::Key)]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let demand = || prop_oneof![3 => Just(Demand::Nothing), 1 => Just(Demand::There), 1 => Just(Demand::New), 2 => Just(Demand::Seen)];
    let deleting = || prop_oneof![Just(Demand::Nothing), Just(Demand::Seen)];
    let key = || proptest::option::of(0..4_u8);
    let step = prop_oneof![
        3 => (0..5_u8).prop_map(Step::Read),
        2 => (0..5_u8, key()).prop_map(|(id, key)| Step::Write(Write::Create { id, key })),
        5 => (by(), demand(), key()).prop_map(|(by, demand, key)| Step::Write(Write::Upsert { by, demand, key })),
        2 => (by(), deleting()).prop_map(|(by, demand)| Step::Write(Write::Delete { by, demand })),
        1 => by().prop_map(|by| Step::Write(Write::Put { by })),
        2 => together(),
    ];
    proptest::collection::vec(step, 1..16)
}

/// What a client sent and got.
struct Sent {
    /// Of the first of the writes; the others count on.
    number: u64,
    /// One, or several that stand together.
    writes: Vec<Write>,
    /// What the row held whose `ETag` it sent.
    seen: Option<Seen>,
    status: u16,
}

/// One client: its steps one after the other.
async fn play(rig: &Rig, client: u64, steps: &[Step]) -> (Vec<Sent>, Vec<Reply>) {
    let (mut sent, mut read) = (Vec::new(), Vec::new());
    // The last ETag that was read, and what the row held.
    let mut seen: Option<(String, Seen)> = None;
    for (position, step) in steps.iter().enumerate() {
        let number = client * 10_000 + position as u64 * 10 + 1;
        match step {
            Step::Read(n) => {
                let reply = rig.get(&format!("/things({})", id(*n))).await;
                if reply.status == 200 {
                    let held = (reply.body["mark"].as_u64(), reply.body["note"].as_u64());
                    seen = Some((reply.header("etag").to_owned(), held));
                }
                read.push(reply);
            }
            Step::Write(write) => {
                let status = send(rig, number, *write, seen.as_ref().map(|(tag, _)| tag.as_str())).await;
                let held = seen.as_ref().map(|(_, held)| *held);
                sent.push(Sent { number, writes: vec![*write], seen: held, status });
            }
            Step::Together(how, writes) => {
                let status = send_together(rig, number, *how, writes).await;
                sent.push(Sent { number, writes: writes.clone(), seen: None, status });
            }
        }
    }
    (sent, read)
}

/// Method, path, demand and body of one write.
fn request(number: u64, write: Write) -> (&'static str, String, Demand, Value) {
    let row = |by: By| match by {
        By::Id(n) => format!("/things({})", id(n)),
        By::Key(key) => format!("/things(code='K{key}')"),
    };
    let body = |key: Option<u8>| {
        let mut body = json!({ "mark": number });
        if let Some(key) = key {
            body["code"] = json!(format!("K{key}"));
        }
        body
    };
    match write {
        Write::Create { id: n, key } => {
            let mut body = body(key);
            body["thingid"] = json!(id(n));
            ("POST", "/things".to_owned(), Demand::Nothing, body)
        }
        Write::Upsert { by, demand, key } => ("PATCH", row(by), demand, body(key)),
        Write::Delete { by, demand } => ("DELETE", row(by), demand, Value::Null),
        Write::Put { by } => ("PUT", row(by) + "/note", Demand::Nothing, json!({ "value": number })),
    }
}

/// What 200 and 201 say as well.
fn done(status: u16) -> u16 {
    if status < 300 { 204 } else { status }
}

async fn send_together(rig: &Rig, number: u64, how: How, writes: &[Write]) -> u16 {
    let numbered = || writes.iter().enumerate().map(|(i, write)| request(number + i as u64, *write));
    let correlation = number.to_string();
    if how == How::ChangeSet {
        return done(rig.batch(&correlation, &change_set(numbered())).await);
    }
    let target = |(_, path, _, mut body): (_, String, _, Value)| {
        body["@odata.type"] = json!("Microsoft.Dynamics.CRM.thing");
        if let Some(id) = path.strip_prefix("/things(").and_then(|rest| rest.strip_suffix(')')) {
            body["thingid"] = json!(id);
        }
        body
    };
    let targets: Vec<Value> = numbered().map(target).collect();
    let path = format!("/things/Microsoft.Dynamics.CRM.{how:?}");
    let headers = [("x-correlation-id", correlation.as_str())];
    done(rig.send("POST", &path, &headers, json!({ "Targets": targets })).await.status)
}

/// A batch with one change set, as clients write it.
fn change_set(requests: impl Iterator<Item = (&'static str, String, Demand, Value)>) -> String {
    let mut text = "--batch_1\r\nContent-Type: multipart/mixed; boundary=\"set_1\"\r\n\r\n".to_owned();
    for (position, (method, path, demand, body)) in requests.enumerate() {
        let condition = if demand == Demand::There { "If-Match: *\r\n" } else { "" };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let part = format!(
            "--set_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {}\r\n\r\n\
             {method} /api/data/v9.2{path} HTTP/1.1\r\n{condition}Content-Type: application/json\r\n\r\n{body}\r\n",
            position + 1
        );
        text.push_str(&part);
    }
    text + "--set_1--\r\n--batch_1--\r\n"
}

async fn send(rig: &Rig, number: u64, write: Write, tag: Option<&str>) -> u16 {
    let correlation = number.to_string();
    let mut headers = vec![("x-correlation-id", correlation.as_str())];
    let (method, path, demand, body) = request(number, write);
    match demand {
        Demand::Nothing => {}
        Demand::There => headers.push(("if-match", "*")),
        Demand::New => headers.push(("if-none-match", "*")),
        // An ETag that no row ever had, where nothing was read.
        Demand::Seen => headers.push(("if-match", tag.unwrap_or("W/\"1\""))),
    }
    rig.send(method, &path, &headers, body).await.status
}

/// Plays one request in the model: how many entries it has, and its status. The
/// rows that it left are added to `states`.
fn one_or_together(
    naive: &mut Naive,
    sent: &Sent,
    entries: &[LedgerEntry],
    states: &mut Vec<(String, Thing)>,
) -> Result<(usize, u16), String> {
    let (mut trial, mut left) = (naive.clone(), Vec::new());
    for (position, write) in sent.writes.iter().enumerate() {
        // A refused entry names no row that was made, and behind it stand those of
        // other requests; each row gets an id of its own.
        let none = format!("no row {position}");
        let own = |entry: &&LedgerEntry| entry.committed() && entry.request == entries[0].request;
        let made = entries.get(position).filter(own).map_or(&none, |entry| &entry.key);
        match trial.apply(sent.number + position as u64, *write, made, sent.seen) {
            Ok(done) => left.push(done),
            // None of them stands, and the first entry tells of the refusal.
            Err(status) => return agrees(&entries[0], &Err(status)).map(|()| (1, status)),
        }
    }
    for (position, done) in left.into_iter().enumerate() {
        let entry = entries.get(position).ok_or("an entry is missing")?;
        if entry.change_set != entries[0].change_set || entry.request != entries[0].request {
            return Err(format!("of another request: {entry:?}"));
        }
        let (_, id, _, after) = done.clone();
        agrees(entry, &Ok(done))?;
        states.push((id, after));
    }
    *naive = trial;
    Ok((sent.writes.len(), 204))
}

/// Judges what happened by the order in which the ledger has it.
fn judge(entries: &[LedgerEntry], sent: &[Sent], read: &[Reply], left: &[Value]) -> Result<(), String> {
    let mut naive = Naive::default();
    let by_number: HashMap<String, &Sent> = sent.iter().map(|sent| (sent.number.to_string(), sent)).collect();
    let (mut states, mut rest, mut told) = (Vec::new(), entries, 0);
    while let Some(first) = rest.first() {
        let sent = by_number.get(&first.headers["x-correlation-id"]).ok_or("an entry of nobody")?;
        let (taken, status) = one_or_together(&mut naive, sent, rest, &mut states)?;
        if sent.status != status {
            return Err(format!("{} instead of {status}: {:?}", sent.status, sent.writes));
        }
        rest = &rest[taken..];
        told += 1;
    }
    if told != sent.len() {
        return Err(format!("{} requests, and the ledger tells of {told}", sent.len()));
    }
    let shown = |id: &str, mark: Option<u64>, note: Option<u64>, code: &Value| json!([id, mark, note, code]);
    let of = |body: &Value| {
        shown(body["thingid"].as_str().unwrap_or_default(), body["mark"].as_u64(), body["note"].as_u64(), &body["code"])
    };
    let row = |id: &str, thing: &Thing| {
        shown(id, thing.mark, thing.note, &thing.key.map_or(Value::Null, |k| json!(format!("K{k}"))))
    };
    for reply in read.iter().filter(|reply| reply.status == 200) {
        if !states.iter().any(|(id, thing)| row(id, thing) == of(&reply.body)) {
            return Err(format!("a row that never was: {}", reply.body));
        }
    }
    let mut found: Vec<String> = left.iter().map(|body| of(body).to_string()).collect();
    let mut expected: Vec<String> = naive.rows.iter().map(|(id, thing)| row(id, thing).to_string()).collect();
    found.sort();
    expected.sort();
    if found == expected { Ok(()) } else { Err(format!("{found:?} are left instead of {expected:?}")) }
}

#[test]
fn writes_of_several_clients_are_one_sequence_that_the_ledger_tells() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let rig = runtime.block_on(Rig::of_table("things.yaml", TABLE));
    assert!(rig.handle().snapshot("empty"));
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let clients = proptest::collection::vec(steps(), 1..5);
    let outcome = runner.run(&clients, |clients| {
        assert!(rig.handle().restore("empty"));
        let since = rig.handle().ledger(&LedgerQuery { since: u64::MAX >> 1, ..LedgerQuery::default() }).1;
        let played = clients.iter().enumerate().map(|(n, steps)| play(&rig, n as u64, steps));
        let played = runtime.block_on(futures_util::future::join_all(played));
        let (sent, read): (Vec<_>, Vec<_>) = played.into_iter().unzip();
        let entries = rig.handle().ledger(&LedgerQuery { since, limit: 1000, ..LedgerQuery::default() }).0;
        let left = runtime.block_on(rig.get("/things"));
        let left = left.body["value"].as_array().cloned().unwrap_or_default();
        let (sent, read): (Vec<Sent>, Vec<Reply>) =
            (sent.into_iter().flatten().collect(), read.into_iter().flatten().collect());
        judge(&entries, &sent, &read, &left).map_err(TestCaseError::fail)
    });
    runtime.block_on(rig.stop());
    outcome.unwrap_or_else(|fault| panic!("{fault}"));
}

#[test]
fn the_judge_hears_a_lost_write_a_phantom_and_a_wrong_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let rig = runtime.block_on(Rig::of_table("things.yaml", TABLE));
    let steps = [
        Step::Write(Write::Create { id: 1, key: Some(1) }),
        Step::Write(Write::Upsert { by: By::Key(1), demand: Demand::There, key: None }),
        Step::Read(1),
    ];
    let (mut sent, mut read) = runtime.block_on(play(&rig, 0, &steps));
    let mut entries = rig.entries();
    let left = runtime.block_on(rig.get("/things")).body["value"].as_array().cloned().expect("rows");
    runtime.block_on(rig.stop());
    assert_eq!(judge(&entries, &sent, &read, &left), Ok(()));
    assert!(judge(&entries[..1], &sent, &read, &left).is_err(), "a lost entry");
    assert!(judge(&entries, &sent, &read, &[]).is_err(), "a lost row");
    read[0].body["mark"] = json!(77);
    assert!(judge(&entries, &sent, &read, &left).is_err(), "a row that never was");
    read.clear();
    sent[1].status = 412;
    assert!(judge(&entries, &sent, &read, &left).is_err(), "a wrong answer");
    sent[1].status = 204;
    entries[1].columns[0].before = json!(9);
    assert!(judge(&entries, &sent, &read, &left).is_err(), "a wrong before");
}
