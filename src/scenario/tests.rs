//! Loading and planning, on the shipped files and on broken ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::contract::Contract;
use crate::flow::{Profile, RetryAfterHandling, RetryKind, RetryPolicy};
use crate::generate::{Generators, Need, Nonce, Pools, Seed};
use crate::wire::Body;

const GATE: Overrides = Overrides { rate: None, time_scale: 20.0 };

fn shipped() -> Vec<Scenario> {
    load_dir(Path::new("scenarios")).unwrap_or_else(|faults| panic!("{faults}"))
}

fn contracts() -> Vec<Contract> {
    crate::contract::load_dir(Path::new("contracts")).unwrap_or_else(|faults| panic!("{faults}"))
}

fn sources() -> Vec<CallSource> {
    let mut pools = Pools::new();
    pools.insert("account_id", (0..500_u32).map(|n| json!(format!("{n:08x}-0000-4000-8000-000000000000"))));
    let pools = Arc::new(pools);
    let source = |contract| CallSource { generators: Arc::new(Generators::new(&contract)), pools: pools.clone() };
    contracts().into_iter().map(source).collect()
}

fn planned(nonce: &str) -> Vec<Plan> {
    let (nonce, sources) = (Nonce(nonce.into()), sources());
    shipped()
        .iter()
        .map(|scenario| plan(scenario, &sources, Seed(1), &nonce, GATE).unwrap_or_else(|faults| panic!("{faults}")))
        .collect()
}

#[test]
fn virtual_users_have_a_crew_and_wrong_ones_are_told_at_once() {
    let file = |users: &str| {
        format!(
            "format: seamstress/scenario/1\nname: n\ndescription: d\nflows:\n  - name: f\n    \
             actions: [{{ contract: bulk-update/v1, operation: submitBatch, weight: 2 }}]\n    start: {{ users: {users} }}\n"
        )
    };
    let good = load("n.yaml", &file("{ count: 8, ramp: 10 s, for: 1 min, think: [1 s, 3 s] }")).unwrap();
    let plan = plan(&good, &sources(), Seed(1), &Nonce("n".into()), GATE).unwrap();
    let s = |seconds: f64| Duration::from_secs_f64(seconds);
    let crew =
        Crew { flow: 0, users: 8, ramp: s(0.5), lasting: s(3.0), think: (s(0.05), s(0.15)), picks: vec![(Some(0), 2)] };
    assert_eq!((plan.crews.as_slice(), plan.tickets.len(), plan.lasts()), (&[crew][..], 0, s(3.5)));
    let told = load("n.yaml", &file("{ count: 0, think: [3 s, 1 s], pause: 1 s }")).unwrap_err().to_string();
    for part in ["a whole number from 1", "`for`", "the longest time is shorter", "`pause`"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn the_shipped_scenarios_of_the_gate_are_five_and_large_enough() {
    let all = shipped().into_iter().zip(planned("n"));
    let (scenarios, plans): (Vec<_>, Vec<_>) = all.filter(|(scenario, _)| scenario.is_tagged("gate")).unzip();
    let calls: BTreeMap<&str, u64> = plans.iter().map(|plan| (&*plan.scenario, plan.calls())).collect();
    assert_eq!(calls.len(), 5, "{calls:?}");
    assert!(calls.values().sum::<u64>() > 13_500, "{calls:?}");
    for (scenario, plan) in scenarios.iter().zip(&plans) {
        assert!(plan.needs.contains(&Need::Load), "{}", scenario.name);
        let longest = if &*plan.scenario == "steady-day" { 33 } else { 4 };
        assert!(plan.lasts() < Duration::from_secs(longest), "{} {:?}", plan.scenario, plan.lasts());
    }
}

#[test]
fn the_steady_day_offers_every_objective_its_rate_for_half_a_minute() {
    let plans = planned("n");
    let steady = plans.iter().find(|plan| &*plan.scenario == "steady-day").expect("shipped");
    for contract in contracts() {
        for objective in &contract.behaviour.as_ref().expect("shipped with behaviour").objectives {
            let of = |ticket: &Ticket| steady.flows[ticket.flow].actions.iter().any(|a| a.contract == contract.id);
            let runs = steady.tickets.iter().filter(of).count() as f64;
            assert!(steady.lasts() >= Duration::from_secs(30));
            assert!(runs / steady.lasts().as_secs_f64() >= objective.at * 1.05, "{} {runs}", contract.id);
        }
    }
}

#[test]
fn triggers_are_read_with_their_concurrency_and_their_owners_profile() {
    let file = |flow: &str| {
        format!(
            "format: seamstress/scenario/1\nname: n\ndescription: d\nflows:\n  - name: a\n    \
             actions: [{{ contract: bulk-update/v1, operation: submitBatch }}]\n    {flow}\n"
        )
    };
    let read = |flow: &str| load("s.yaml", &file(flow)).unwrap_or_else(|faults| panic!("{faults}")).flows.remove(0);
    let flow =
        read("start: { polling: { every: 5 min, times: 3, items: [0, 40] } }\n    concurrency: 25\n    profile: low");
    let Start::Polling { times: 3, items: (0, 40), .. } = flow.start else { panic!("{:?}", flow.start) };
    assert_eq!(flow.concurrency, Some(Concurrency { runs: 25, waiting: 35 }));
    assert_eq!((flow.retry, flow.profile), (RetryPolicy::PA_LOW, Some(Profile::Low)));
    let flow = read("start: { webhook: { rows: 400, within: 2 s } }\n    concurrency: { runs: 95, waiting: 7 }");
    assert_eq!(flow.concurrency, Some(Concurrency { runs: 95, waiting: 7 }));
    assert_eq!((flow.retry, flow.profile), (RetryPolicy::PA_MEDIUM, None));
    assert_eq!(Concurrency::of(95).waiting, 100);
    let told = load(
        "s.yaml",
        &file(
            "start: { polling: { every: 5 min, items: [401, 2] } }\n    concurrency: 101\n    profile: low\n    apply_to_each: { items: 6000 }",
        ),
    );
    let told = told.expect_err("broken").to_string();
    for words in [
        "the most are fewer than the least",
        "from 1 to 100",
        "more than the profile takes",
        "does not split 401 items",
    ] {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
}

fn tickets(plan: &Plan) -> Vec<Ticket> {
    plan.tickets.iter().collect()
}

#[test]
fn one_seed_plans_the_same_but_for_the_nonce() {
    let (first, second, other) = (planned("n"), planned("n"), planned("m"));
    for ((a, b), c) in first.iter().zip(&second).zip(&other) {
        assert_eq!((tickets(a), &a.faults), (tickets(b), &b.faults));
        assert_eq!(tickets(a), tickets(c));
        let request = |plan: &Plan| plan.flows[0].actions[0].call(3, 1, "id").expect("makeable").call.request;
        assert_eq!(request(a), request(b));
    }
}

#[test]
fn duplicates_share_the_event_and_its_calls_and_have_a_run_of_their_own() {
    let plans = planned("n");
    let plan = plans.iter().find(|plan| &*plan.scenario == "duplicate-runs").expect("shipped");
    let mut by_event: BTreeMap<(usize, u64), Vec<Ticket>> = BTreeMap::new();
    for ticket in plan.tickets.iter() {
        by_event.entry((ticket.flow, ticket.event)).or_default().push(ticket);
    }
    let again = by_event.values().filter(|tickets| tickets.len() > 1).count();
    assert!((100..300).contains(&again), "{again}");
    assert!(plan.tickets.iter().any(|ticket| ticket.copied));
    let runs: BTreeSet<u64> = plan.tickets.iter().map(|ticket| ticket.run).collect();
    assert_eq!(runs.len() as u64, plan.tickets.len());
    let lost = |item| plan.flows[0].actions[0].call(1, item, "id").expect("makeable").answer_lost;
    assert!((0..100).any(lost) && !(0..100).all(lost));
}

#[test]
fn oversized_calls_are_over_the_limit_in_both_ways() {
    let plans = planned("n");
    let plan = plans.iter().find(|plan| &*plan.scenario == "oversized-files").expect("shipped");
    let action = &plan.flows[0].actions[0];
    let limit = action.contract().behaviour.as_ref().and_then(|b| b.limits.as_ref()?.body).expect("declared");
    let mut ways = BTreeSet::new();
    for event in 0..40 {
        let planned = action.call(event, 0, "id").expect("makeable");
        assert_eq!(planned.refusable, planned.call.request.body.len() > limit);
        if let Body::Filler { length, .. } = planned.call.request.body {
            ways.insert(length);
        }
    }
    assert_eq!(ways.len(), 2);
}

#[test]
fn a_rate_can_be_set_over_all_flows() {
    let (scenarios, sources, nonce) = (shipped(), sources(), Nonce("n".into()));
    let steady = scenarios.iter().find(|s| &*s.name == "steady-day").expect("shipped");
    let faster = Overrides { rate: Some(10.0), time_scale: 1.0 };
    let plan = plan(steady, &sources, Seed(1), &nonce, faster).expect("planned");
    assert_eq!(plan.tickets.len(), 10 * 32);
}

#[test]
fn every_fault_of_a_file_is_told_with_its_place() {
    let text = "\
format: seamstress/scenario/2
name: broken
description: x
flows:
  - name: a
    actions: [{ contract: bulk-update/v1, operation: submitBatch }]
    start: { arrivals: { rate: fast, for: 3 s }, burst: { runs: 1, within: 1 s } }
  - name: b
    actions: []
    clones: 0
    start: { burst: { runs: 1, within: soon } }
    apply_to_each: { items: 3, concurrency: 51 }
    retry: { type: exponential, interval: PT1S }
    corelation: per_run
faults:
  - { kind: throttled, from: 8 s, until: 3 s }
";
    let faults = load("s.yaml", text).expect_err("broken");
    assert!(faults.iter().map(|fault| (fault.place.line, fault.place.column)).is_sorted(), "{faults}");
    let faults = faults.to_string();
    for place in ["s.yaml:1:9", "s.yaml:7:12", "s.yaml:9:14", "s.yaml:10:13", "s.yaml:11:40", "s.yaml:12:45"] {
        assert!(faults.contains(place), "{place} is not in\n{faults}");
    }
    for words in ["did you mean `correlation`?", "from `PT5S` to `P1D`", "ends before it begins", "`retry_after`"] {
        assert!(faults.contains(words), "{words} is not in\n{faults}");
    }
}

#[test]
fn a_policy_can_be_written_out_as_in_a_definition() {
    let text = |retry: &str| {
        format!(
            "format: seamstress/scenario/1\nname: n\ndescription: d\nflows:\n  - name: a\n    \
             actions: [{{ contract: a/v1, operation: b }}]\n    start: {{ burst: {{ runs: 1, within: 1 s }} }}\n    \
             retry: {retry}\n"
        )
    };
    let policy = |retry: &str| load("s.yaml", &text(retry)).unwrap_or_else(|e| panic!("{e}")).flows[0].retry;
    assert_eq!(policy("pa-low"), RetryPolicy::PA_LOW);
    assert_eq!(policy("none"), RetryPolicy::NONE);
    let written = policy("{ type: fixed, count: 3, interval: PT20S, retryAfter: ignore }");
    assert_eq!((written.kind, written.count), (RetryKind::Fixed, 3));
    assert_eq!((written.interval, written.retry_after), (Duration::from_secs(20), RetryAfterHandling::Ignore));
}

#[test]
fn connections_are_of_http_1_1_or_2_and_nothing_else_is_meant() {
    let text = |connections: &str, fields: &str| {
        format!(
            "format: seamstress/scenario/1\nname: n\ndescription: d\nconnections: {connections}\nflows:\n  - name: a\n    \
             actions: [{{ contract: a/v1, operation: b, fields: {fields} }}]\n    \
             start: {{ burst: {{ runs: 1, within: 1 s }} }}\n"
        )
    };
    let read = |connections: &str| load("s.yaml", &text(connections, "{ Upgrade: x }")).map(|s| s.connections);
    let (default, written) = (read("{}").expect("good"), read("{ http: 1.1, opened: 3 }").expect("good"));
    assert_eq!((default.http, written.http), (Http::One, Http::One));
    assert_eq!((default.at_start(), written.at_start()), (0, 3));
    let second = load("s.yaml", &text("{ http: 2, kept: by_flow }", "{ X-A: b }")).expect("good").connections;
    assert_eq!((second.http, second.kept, second.at_start()), (Http::Two, Kept::ByFlow, 1));
    for wrong in ["3", "1.0", "h2", "[2]"] {
        let told = read(&format!("{{ http: {wrong} }}")).expect_err("wrong").to_string();
        assert!(told.contains("s.yaml:4:22") && told.contains("`1.1` or `2`"), "{told}");
    }
    let told = read("{ http: 2 }").expect_err("a field of one connection").to_string();
    assert!(told.contains("s.yaml:7:15") && told.contains("over HTTP/2 can't carry `Upgrade`"), "{told}");
}

#[test]
fn an_unknown_operation_is_told_where_it_is_named() {
    let text = "format: seamstress/scenario/1\nname: n\ndescription: d\nflows:\n  - name: a\n    \
                actions: [{ contract: bulk-update/v1, operation: submitBach }]\n    \
                start: { burst: { runs: 1, within: 1 s } }\n";
    let scenario = load("s.yaml", text).expect("well formed");
    let faults = plan(&scenario, &sources(), Seed(1), &Nonce("n".into()), GATE).expect_err("unknown").to_string();
    assert!(faults.contains("s.yaml:6:15") && faults.contains("did you mean `submitBatch`?"), "{faults}");
}

#[test]
fn lint_names_what_can_t_come_to_anything() {
    assert!(lint(&shipped(), &contracts()).is_empty());
    let text = "format: seamstress/scenario/1\nname: n\ndescription: d\nflows:\n  - name: a\n    \
                actions: [{ contract: bulk-update/v9, operation: submitBatch }]\n    \
                start: { burst: { runs: 1, within: 1 s } }\n    retry: none\n    \
                duplicates: [{ by: lost_answer, share: 10% }]\n";
    let scenario = load("s.yaml", text).expect("well formed");
    let found = lint(&[scenario], &contracts()).to_string();
    assert!(found.contains("there is no contract `bulk-update/v9`"), "{found}");
    assert!(found.contains("never retries"), "{found}");
}
