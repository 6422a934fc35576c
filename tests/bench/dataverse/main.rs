//! The mocked Dataverse beside an axum handler that only parses the same JSON,
//! and its own figures: rows a second, pages of a million rows, memory.
//!
//! Each server has a thread and a runtime to itself, and what it takes is that
//! thread's CPU time, so that neither the client nor another process counts.
//! Rounds go in turn, medians are shown. `--soak N` writes N times over the same
//! keys and shows how memory grows; `--only` measures `upserts`, `bulk` or
//! `pages` alone.

#![expect(clippy::print_stdout, reason = "a benchmark says what it measured")]

mod client;
mod server;

use std::time::Instant;

use client::Connections;
use server::{Served, accounts, memory};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 7;
/// Requests of a round.
const REQUESTS: usize = 20_000;
/// Connections, each with one request under way.
const CONNECTIONS: usize = 16;
const MILLION: usize = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    if let Some(writes) = after("--soak").and_then(|text| text.parse().ok()) {
        return soak(writes);
    }
    let parts: [(&str, fn()); 3] = [("upserts", upserts), ("bulk", bulk), ("pages", pages)];
    for (_, part) in parts.iter().filter(|(name, _)| after("--only").is_none_or(|only| only == name)) {
        part();
    }
}

fn body(n: usize) -> String {
    format!(
        r#"{{"name":"Customer {n}","creditlimit":{},"new_status":"active","new_correlationid":"{:08x}-1111-4111-8111-111111111111","new_externalref":"R-{n}"}}"#,
        n % 90_000,
        n % 4096
    )
}

fn upsert(n: usize) -> (String, String) {
    (format!("PATCH /api/data/v9.2/accounts(accountnumber='A-{}')", n % 20_000 + 1), body(n))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// CPU microseconds of a server for each of these requests.
fn cost(server: &Served, requests: usize, request: impl Fn(usize) -> (String, String)) -> f64 {
    let mut connections = Connections::open(server, CONNECTIONS);
    connections.play(0..requests / 10, &request);
    let before = server.cpu();
    connections.play(0..requests, &request);
    (server.cpu() - before) / requests as f64
}

fn upserts() {
    let mock = Served::dataverse(&accounts(20_000));
    let peer = Served::parser();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(cost(&peer, REQUESTS, upsert));
        ours.push(cost(&mock, REQUESTS, upsert));
    }
    let ratios = ours.iter().zip(&theirs).map(|(a, b)| a / b).collect();
    let (ours, theirs) = (median(ours), median(theirs));
    println!("upsert by alternate key     {ours:8.2} µs CPU a request");
    println!("axum, parses the same JSON  {theirs:8.2} µs CPU a request");
    println!("ratio, median of {ROUNDS} rounds   {:8.2}", median(ratios));
    // Five columns before and after, some 80 bytes; with the indices.
    println!("an entry of the ledger      {:8.0} bytes, its values with it", mock.ledger_entry());
}

/// `CreateMultiple` of 1,000 rows.
fn thousand(round: usize) -> (String, String) {
    let target = |n: usize| {
        let rest = &body(n)[1..];
        format!(r#"{{"@odata.type":"Microsoft.Dynamics.CRM.account","accountnumber":"B-{round}-{n}",{rest}"#)
    };
    let targets: Vec<String> = (0..1000).map(target).collect();
    let path = "POST /api/data/v9.2/accounts/Microsoft.Dynamics.CRM.CreateMultiple".to_owned();
    (path, format!(r#"{{"Targets":[{}]}}"#, targets.join(",")))
}

fn bulk() {
    let mock = Served::dataverse(&accounts(20_000));
    let single = cost(&mock, REQUESTS, upsert);
    let mut connections = Connections::open(&mock, 1);
    let mut costs = Vec::new();
    for round in 0..60 {
        let before = mock.cpu();
        connections.play(round..round + 1, &thousand);
        costs.push((mock.cpu() - before) / 1000.0);
    }
    let row = median(costs);
    println!("single upserts              {:8.0} rows/s of one core", 1e6 / single);
    println!("CreateMultiple of 1,000     {:8.0} rows/s of one core, {:.1} times as many", 1e6 / row, single / row);
}

fn pages() {
    let before = memory();
    let mock = Served::dataverse(&accounts(MILLION));
    let row = (memory() - before) as f64 / MILLION as f64;
    // Name and account number are texts of some 14 and 8 bytes, status is
    // shared, the other two are numbers.
    println!("a row of 8 columns, 1 key   {row:8.0} bytes, its values and the indices with it");
    let mut connections = Connections::open(&mock, 1);
    for (what, query) in [
        (
            "key, filtered and ordered",
            "$select=name,accountnumber&$filter=accountnumber%20ge%20'A-5'&$orderby=accountnumber",
        ),
        ("scan, filtered and ordered", "$select=name,creditlimit&$filter=contains(name,'7')&$orderby=name%20desc"),
        ("scan, no order", "$select=name&$filter=startswith(name,'Account%2099')"),
    ] {
        let request = |_| (format!("GET /api/data/v9.2/accounts?{query}"), String::new());
        let times: Vec<f64> = (0..=ROUNDS).map(|_| timed(|| connections.play(0..1, &request))).collect();
        println!("{what:27} {:8.1} ms first, {:.1} ms median", times[0], median(times[1..].to_vec()));
    }
}

fn timed(what: impl FnOnce()) -> f64 {
    let start = Instant::now();
    what();
    start.elapsed().as_secs_f64() * 1e3
}

fn soak(writes: usize) {
    let mock = Served::dataverse(&accounts(20_000));
    let mut connections = Connections::open(&mock, CONNECTIONS);
    let step = (writes / 10).max(1);
    for part in 0..10 {
        connections.play(part * step..(part + 1) * step, &upsert);
        println!("{:9} writes: {:6.1} MB resident", (part + 1) * step, memory() as f64 / 1e6);
    }
}
