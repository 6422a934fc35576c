use std::time::Duration;

use super::board::{Faults, Injected, Subject};
use crate::clock::Timestamp;
use crate::wire::{Cycle, Distribution, Downstream, Fault, FaultError, FaultKind, FaultOperation};

#[derive(Clone, Copy)]
struct Sent<'a> {
    table: &'a str,
    correlation: &'a str,
    principal: &'a str,
    operation: FaultOperation,
    seconds: i64,
    part: bool,
}

const SENT: Sent<'static> = Sent {
    table: "t",
    correlation: "abc",
    principal: "app",
    operation: FaultOperation::Upsert,
    seconds: 0,
    part: false,
};

fn send(faults: &mut Faults, sent: Sent<'_>) -> Injected {
    let mut headers = http::HeaderMap::new();
    headers.insert("x-correlation-id", sent.correlation.parse().expect("valid"));
    faults.hit(&Subject {
        tier: Downstream::Dataverse,
        table: sent.table,
        method: "PATCH",
        operation: Some(sent.operation),
        principal: sent.principal,
        tag: Some("the-tag"),
        headers: &headers,
        now: Timestamp::from_seconds(sent.seconds),
        part: sent.part,
    })
}

fn hits(faults: &mut Faults, sent: Sent<'_>) -> bool {
    send(faults, sent).outcome.is_some()
}

fn arm(fault: Fault) -> Faults {
    let mut faults = Faults::default();
    faults.arm(fault);
    faults
}

fn deadlock() -> FaultKind {
    FaultKind::Error { error: FaultError::preset("deadlock").expect("there") }
}

#[test]
fn a_fault_passes_some_then_hits_so_many() {
    let mut faults = arm(Fault { after: 2, times: Some(2), ..Fault::new(FaultKind::Unavailable) });
    let found: Vec<bool> = (0..6).map(|_| hits(&mut faults, SENT)).collect();
    assert_eq!(found, [false, false, true, true, false, false]);
    assert_eq!(faults.counts(), [(6, 2)]);
    assert!(faults.disarm(1) && !faults.disarm(1));
}

#[test]
fn every_filter_must_hold() {
    let text = |text: &str| Some(text.to_owned());
    let mut faults = arm(Fault {
        table: text("t"),
        method: text("patch"),
        correlation: text("ABC"),
        principal: text("APP"),
        operation: Some(FaultOperation::Write),
        from: Some(Timestamp::from_seconds(10)),
        until: Some(Timestamp::from_seconds(20)),
        ..Fault::new(FaultKind::Reset)
    });
    let right = Sent { seconds: 10, ..SENT };
    assert!(hits(&mut faults, right));
    for wrong in [
        Sent { table: "u", ..right },
        Sent { correlation: "abd", ..right },
        Sent { principal: "other", ..right },
        Sent { operation: FaultOperation::Read, ..right },
        Sent { seconds: 9, ..right },
        Sent { seconds: 20, ..right },
    ] {
        assert!(!hits(&mut faults, wrong));
    }
    assert!(hits(&mut arm(Fault { correlation: text("The-Tag"), ..Fault::new(FaultKind::Reset) }), SENT));
}

#[test]
fn a_share_hits_about_that_many_and_every_third_is_every_third() {
    let mut faults = arm(Fault { share: Some(0.3), ..Fault::new(FaultKind::Reset) });
    let hit = (0..1000).filter(|_| hits(&mut faults, SENT)).count();
    assert!((230..370).contains(&hit), "{hit}");
    let mut faults = arm(Fault { every: Some(3), after: 1, ..Fault::new(FaultKind::Reset) });
    let found: Vec<bool> = (0..8).map(|_| hits(&mut faults, SENT)).collect();
    assert_eq!(found, [false, false, false, true, false, false, true, false]);
}

#[test]
fn a_cycle_is_on_then_off() {
    let cycle = Some(Cycle { on: 2000, off: 3000 });
    let mut faults = arm(Fault { cycle, ..Fault::new(FaultKind::Unavailable) });
    let found: Vec<bool> = (0..8).map(|seconds| hits(&mut faults, Sent { seconds, ..SENT })).collect();
    assert_eq!(found, [true, true, false, false, false, true, true, false]);
}

#[test]
fn latencies_add_up_and_the_first_outcome_counts() {
    let mut faults = Faults::default();
    faults.arm(Fault::new(FaultKind::Latency { distribution: Distribution::Fixed(40.0) }));
    faults.arm(Fault { times: Some(1), ..Fault::new(deadlock()) });
    faults.arm(Fault::new(FaultKind::Unavailable));
    faults.arm(Fault::new(FaultKind::Slow { milliseconds: 2 }));
    let first = send(&mut faults, SENT);
    assert_eq!((first.name, first.delay), (Some("latency+deadlock+slow"), Duration::from_millis(42)));
    assert_eq!(first.outcome, Some(deadlock()));
    assert_eq!(send(&mut faults, SENT).outcome, Some(FaultKind::Unavailable));
    assert_eq!(faults.counts(), [(2, 2), (2, 1), (1, 1), (2, 2)]);
}

#[test]
fn a_storm_grows_for_each_principal_alone() {
    let mut faults = arm(Fault::new(FaultKind::Storm { first: 2, growth: 2.0, longest: 10 }));
    let mut wait = |principal: &str| match send(&mut faults, Sent { principal, ..SENT }).outcome {
        Some(FaultKind::Throttled { retry_after }) => retry_after,
        other => panic!("{other:?}"),
    };
    assert_eq!([wait("a"), wait("a"), wait("a"), wait("a"), wait("b")], [2, 4, 8, 10, 2]);
}

#[test]
fn a_part_of_a_batch_is_hit_by_outcomes_and_late_where_the_table_is_named() {
    let mut faults = arm(Fault::new(FaultKind::Slow { milliseconds: 2 }));
    assert_eq!(send(&mut faults, Sent { part: true, ..SENT }), Injected::default());
    let table = Some(SENT.table.to_owned());
    let mut faults = arm(Fault { table, ..Fault::new(FaultKind::Slow { milliseconds: 2 }) });
    assert_eq!(send(&mut faults, Sent { part: true, ..SENT }).delay, Duration::from_millis(2));
    let mut faults = arm(Fault::new(deadlock()));
    assert_eq!(send(&mut faults, Sent { part: true, ..SENT }).name, Some("deadlock"));
}
