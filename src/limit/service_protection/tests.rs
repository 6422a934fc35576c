use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;

const START: i64 = 1_788_249_600;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_seconds(START).plus_micros(millis * 1000)
}

fn rules(requests: u64) -> ProtectionRules {
    ProtectionRules { requests, ..ProtectionRules::default() }
}

/// A request that takes no time.
fn call(server: &mut ServiceProtection, user: &str, now: Timestamp) -> Admission {
    let admission = server.enter(user, now);
    if admission == Admission::Admitted {
        server.leave(user, now, Duration::ZERO);
    }
    admission
}

fn waits(server: &mut ServiceProtection, user: &str, now: Timestamp) -> u64 {
    match call(server, user, now) {
        Admission::Refused { retry_after, .. } => retry_after,
        Admission::Admitted => panic!("admitted"),
    }
}

#[test]
fn the_window_admits_its_number_and_the_wait_is_honest() {
    let mut server = ServiceProtection::new(rules(3));
    for left in [2, 1, 0] {
        assert_eq!(server.enter("a", at(0)), Admission::Admitted);
        assert_eq!(server.leave("a", at(0), Duration::ZERO).left.requests, left);
    }
    assert_eq!(waits(&mut server, "a", at(100_000)), 200);
    assert_eq!(call(&mut server, "a", at(300_000)), Admission::Admitted);
    assert_eq!(server.standing("a", at(300_000)).left.requests, 2);
}

#[test]
fn users_and_servers_have_limits_of_their_own() {
    let mut servers = [ServiceProtection::new(rules(1)), ServiceProtection::new(rules(1))];
    assert_eq!(call(&mut servers[0], "a", at(0)), Admission::Admitted);
    assert_eq!(waits(&mut servers[0], "a", at(0)), 300);
    assert_eq!(call(&mut servers[0], "b", at(0)), Admission::Admitted);
    assert_eq!(call(&mut servers[1], "a", at(0)), Admission::Admitted);
}

#[test]
fn execution_time_is_a_limit_of_its_own() {
    let mut server = ServiceProtection::new(rules(6000));
    assert_eq!(server.enter("a", at(0)), Admission::Admitted);
    let left = server.leave("a", at(0), Duration::from_millis(1_199_460)).left;
    assert_eq!(left.execution(), Duration::from_millis(540));
    // What is left is enough to begin with.
    assert_eq!(server.enter("a", at(1000)), Admission::Admitted);
    assert_eq!(server.leave("a", at(2000), Duration::from_secs(1)).left.execution(), Duration::ZERO);
    let refused = Admission::Refused { limit: ProtectionLimit::ExecutionTime, retry_after: 290 };
    assert_eq!(server.enter("a", at(10_000)), refused);
    assert_eq!(server.enter("a", at(300_000)), Admission::Admitted);
}

#[test]
fn too_many_at_once_are_refused_until_one_leaves() {
    let mut server = ServiceProtection::new(ProtectionRules { concurrent: 2, ..rules(6000) });
    assert_eq!([(); 2].map(|()| server.enter("a", at(0))), [Admission::Admitted; 2]);
    let refused = |retry_after| Admission::Refused { limit: ProtectionLimit::Concurrency, retry_after };
    assert_eq!(server.enter("a", at(0)), refused(1));
    for _ in 0..20 {
        assert_ne!(server.enter("a", at(0)), Admission::Admitted);
    }
    assert_eq!(server.enter("a", at(0)), refused(4), "it grows while they keep coming");
    server.leave("a", at(1), Duration::from_millis(1));
    assert_eq!(server.enter("a", at(1)), Admission::Admitted);
}

#[test]
fn where_crowding_blocks_its_wait_holds() {
    let rules = ProtectionRules { concurrent: 1, crowding_blocks: true, ..rules(6000) };
    let mut server = ServiceProtection::new(rules);
    server.enter("a", at(0));
    assert_ne!(server.enter("a", at(0)), Admission::Admitted);
    server.leave("a", at(1), Duration::ZERO);
    assert_ne!(server.enter("a", at(500)), Admission::Admitted);
    assert_eq!(server.enter("a", at(1500)), Admission::Admitted);
}

#[test]
fn whoever_does_not_wait_waits_longer_but_not_for_ever() {
    let mut server = ServiceProtection::new(rules(1));
    call(&mut server, "a", at(0));
    let first = waits(&mut server, "a", at(200_000));
    for _ in 0..100 {
        waits(&mut server, "a", at(200_000));
    }
    assert_eq!((first, waits(&mut server, "a", at(200_000))), (100, 111));
    for _ in 0..10_000 {
        waits(&mut server, "a", at(200_000));
    }
    assert_eq!(waits(&mut server, "a", at(200_000)), 300);
    assert_eq!(call(&mut server, "a", at(500_000)), Admission::Admitted);
}

#[test]
fn what_is_remembered_of_many_users_is_bounded() {
    let mut server = ServiceProtection::new(rules(1));
    for n in 0..20_000 {
        call(&mut server, &n.to_string(), at(n));
    }
    assert!(server.standings(at(20_000)).len() <= 4096);
    assert_eq!(waits(&mut server, "19999", at(20_000)), 300, "the last are still known");
}

#[test]
fn each_operation_counts_for_the_day() {
    let day = Duration::from_hours(24);
    let mut budgets = Entitlements::new(day);
    assert_eq!(budgets.count("app", 10, 8, at(0)), Entitlement { used: 8, budget: 10, wait: None });
    let over = budgets.count("app", 10, 4, at(3_600_000));
    assert_eq!(over, Entitlement { used: 12, budget: 10, wait: Some(23 * 3600) });
    assert_eq!(budgets.standing("app", 10, at(86_400_000)).used, 4);
    assert_eq!(budgets.standing("other", 10, at(0)).used, 0);
}

/// What one step of a client does: waits so many milliseconds, then calls, and
/// the call takes so many milliseconds of execution.
fn steps() -> impl Strategy<Value = Vec<(i64, u64)>> {
    prop::collection::vec((0_i64..40_000, 0_u64..4_000), 1..200)
}

proptest! {
    #[test]
    fn no_window_ever_admits_more_than_its_number(steps in steps(), limit in 1_u64..10) {
        let mut server = ServiceProtection::new(rules(limit));
        let (mut now, mut admitted) = (0, Vec::new());
        for (wait, _) in steps {
            now += wait;
            if call(&mut server, "a", at(now)) == Admission::Admitted {
                admitted.push(now);
            }
        }
        for (i, first) in admitted.iter().enumerate() {
            let within = admitted[i..].iter().take_while(|t| **t < first + 300_000).count() as u64;
            prop_assert!(within <= limit);
        }
    }

    #[test]
    fn nothing_begins_while_a_window_is_full_of_execution(steps in steps(), limit in 1_u64..10) {
        let execution = Duration::from_secs(limit);
        let mut server = ServiceProtection::new(ProtectionRules { execution, ..rules(6000) });
        let (mut now, mut spent) = (0, Vec::new());
        for (wait, took) in steps {
            now += wait;
            if server.enter("a", at(now)) == Admission::Admitted {
                let within: u64 = spent.iter().filter(|(t, _)| *t > now - 300_000).map(|(_, took)| took).sum();
                prop_assert!(within < limit * 1000, "{} ms in the window at {}", within, now);
                server.leave("a", at(now), Duration::from_millis(took));
                spent.push((now, took));
            }
        }
    }

    #[test]
    fn whoever_waits_as_told_is_admitted(steps in steps(), requests in 1_u64..10, execution in 1_u64..20) {
        let execution = Duration::from_secs(execution);
        let mut server = ServiceProtection::new(ProtectionRules { execution, ..rules(requests) });
        let mut now = 0;
        for (wait, took) in steps {
            now += wait / 20;
            if let Admission::Refused { retry_after, .. } = server.enter("a", at(now)) {
                prop_assert!((1..=300).contains(&retry_after));
                now += i64::try_from(retry_after).expect("small") * 1000;
                prop_assert_eq!(server.enter("a", at(now)), Admission::Admitted);
            }
            server.leave("a", at(now), Duration::from_millis(took));
        }
    }

    #[test]
    fn a_wait_never_shrinks_by_more_than_the_time_that_passes(steps in steps()) {
        let mut server = ServiceProtection::new(rules(1));
        call(&mut server, "a", at(0));
        let (mut now, mut until) = (0, 0);
        for (wait, _) in steps {
            now += wait / 100;
            match call(&mut server, "a", at(now)) {
                Admission::Refused { retry_after, .. } => {
                    let told = now + i64::try_from(retry_after).expect("small") * 1000;
                    // Seconds are rounded up, so the instant told may differ by less than one.
                    prop_assert!(told > until - 1000, "{told} after {until}");
                    until = told;
                }
                Admission::Admitted => break,
            }
        }
    }

    #[test]
    fn others_do_not_matter(steps in steps(), others in 1_usize..5) {
        let mut shared = ServiceProtection::new(rules(3));
        let mut alone = ServiceProtection::new(rules(3));
        let mut now = 0;
        for (n, (wait, _)) in steps.into_iter().enumerate() {
            now += wait;
            call(&mut shared, &format!("other {}", n % others), at(now));
            prop_assert_eq!(call(&mut shared, "a", at(now)), call(&mut alone, "a", at(now)));
        }
    }
}

#[test]
fn users_who_are_all_inside_are_no_reason_to_fail() {
    let mut server = ServiceProtection::new(rules(3));
    for user in 0..4096 {
        assert_eq!(server.enter(&format!("u{user}"), at(0)), Admission::Admitted);
    }
    // Their requests last longer than the window: nothing is in it any more.
    assert_eq!(server.enter("another", at(400_000)), Admission::Admitted);
}
