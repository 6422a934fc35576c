//! One action: attempts, waits, polls, limits.

use proptest::prelude::*;

use super::*;

fn one(retry: RetryPolicy, limit: Option<Duration>) -> Definition {
    let kind = Kind::Call(CallAction { limit, ..CallAction::plain(0, retry) });
    definition(vec![node(0, kind, &[])], &[0])
}

/// The waits between the attempts of a call that is always answered 503 at once.
fn waits(retry: RetryPolicy, seed: u64) -> Vec<Duration> {
    let flow = one(retry, None);
    let played = play(&flow, (None, seed), |_, _| (Duration::ZERO, response(503, &[])));
    assert_eq!((played.status, played.began.len()), (Status::Failed, retry.count as usize + 1));
    played.began.windows(2).map(|pair| pair[1].at.since(pair[0].at)).collect()
}

/// The largest distance between the share of values up to a point and the share
/// that an even distribution from `low` to `high` has there (Kolmogorov and
/// Smirnov).
fn distance(mut values: Vec<f64>, (low, high): (f64, f64)) -> f64 {
    values.sort_by(f64::total_cmp);
    let count = values.len() as f64;
    let of = |(rank, value): (usize, &f64)| {
        let expected = ((value - low) / (high - low)).clamp(0.0, 1.0);
        (expected - rank as f64 / count).abs().max(((rank + 1) as f64 / count - expected).abs())
    };
    values.iter().enumerate().map(of).fold(0.0, f64::max)
}

#[test]
fn ten_thousand_waits_before_each_retry_are_distributed_as_documented() {
    // 1.63 / √n: what one in a hundred samples of the right distribution exceeds.
    let critical = 1.63 / 100.0;
    for policy in [RetryPolicy::PA_MEDIUM, RetryPolicy::PA_LOW, RetryPolicy::LOGIC_APPS] {
        let runs: Vec<Vec<Duration>> = (0..10_000).map(|seed| waits(policy, seed)).collect();
        for ordinal in 1..=policy.count {
            let waited = runs.iter().map(|waits| waits[ordinal as usize - 1].as_secs_f64()).collect();
            let (low, high) = policy.bounds(ordinal);
            if low == high {
                continue;
            }
            let distance = distance(waited, (low.as_secs_f64(), high.as_secs_f64()));
            assert!(distance < critical, "{policy:?}, retry {ordinal}: {distance}");
        }
    }
}

#[test]
fn the_distance_tells_an_even_distribution_from_another() {
    let even: Vec<f64> = (0..10_000).map(|n| (f64::from(n) + 0.5) / 10_000.0).collect();
    assert!(distance(even.clone(), (0.0, 1.0)) < 0.001);
    assert!(distance(even.iter().map(|value| value * value).collect(), (0.0, 1.0)) > 0.2);
    assert!(distance(even, (0.0, 1.05)) > 0.04);
}

#[test]
fn waits_of_two_runs_are_not_coordinated_and_those_of_one_seed_are_the_same() {
    assert_eq!(waits(RetryPolicy::PA_MEDIUM, 7), waits(RetryPolicy::PA_MEDIUM, 7));
    assert_ne!(waits(RetryPolicy::PA_MEDIUM, 7), waits(RetryPolicy::PA_MEDIUM, 8));
}

#[test]
fn accepted_work_is_asked_until_another_answer_comes_and_a_failed_poll_is_retried() {
    let flow = one(RetryPolicy::fixed(2, s(5.0)), None);
    let mut polls = 0;
    let played = play(&flow, (None, 1), |begin, _| match &begin.what {
        What::Attempt(_) => (s(1.0), response(202, &[("Location", "/jobs/1"), ("Retry-After", "3")])),
        What::Poll { .. } => {
            polls += 1;
            let answer = match polls {
                1 => response(202, &[("Location", "/jobs/2")]),
                2 => response(503, &[]),
                3 => response(202, &[]),
                _ => response(200, &[]),
            };
            (s(1.0), answer)
        }
        _ => unreachable!("it has none"),
    });
    let poll = |location: &str, attempt| What::Poll { location: location.to_owned(), attempt };
    let whats: Vec<&What> = played.began.iter().map(|began| &began.what).collect();
    let expected = [What::Attempt(1), poll("/jobs/1", 1), poll("/jobs/2", 1), poll("/jobs/2", 2), poll("/jobs/2", 1)];
    assert_eq!(whats, expected.iter().collect::<Vec<_>>());
    // 3 s as told, 20 s where nothing is told, 5 s before the retry, 20 s again.
    assert_eq!(played.seconds(0), [0.0, 4.0, 25.0, 31.0, 52.0]);
    assert_eq!((played.status, played.took), (Status::Succeeded, s(53.0)));
}

/// A call whose content has 100 bytes, and what was sent of it: the first byte
/// and the one behind the last, and the attempt.
fn in_parts(answer: &mut dyn FnMut(&What) -> Outcome) -> (Played, Vec<(u64, u64, u32)>) {
    let retry = RetryPolicy::fixed(2, s(5.0));
    let kind = Kind::Call(CallAction { chunked: Some(40), ..CallAction::plain(0, retry) });
    let flow = definition(vec![node(0, kind, &[])], &[0]);
    let played = play_with(&flow, (None, 1), 100, |begin, _| (s(1.0), answer(&begin.what)));
    let part = |began: &Began| match &began.what {
        What::Part { part, attempt } => Some((part.from, part.to, *attempt)),
        _ => None,
    };
    let parts = played.began.iter().filter_map(part).collect();
    (played, parts)
}

#[test]
fn content_goes_in_parts_after_it_was_announced_and_a_failed_part_is_sent_again() {
    let mut failed = false;
    let (played, parts) = in_parts(&mut |what| match what {
        What::Attempt(_) => response(200, &[("Location", "/u/1")]),
        What::Part { part, .. } if part.from == 40 && !std::mem::replace(&mut failed, true) => response(503, &[]),
        What::Part { part, .. } => response(200, &[("Range", &format!("bytes=0-{}", part.to - 1))]),
        _ => unreachable!("it has none"),
    });
    assert_eq!(parts, [(0, 40, 1), (40, 80, 1), (40, 80, 2), (80, 100, 1)]);
    assert_eq!((played.status, played.took), (Status::Succeeded, s(10.0)));
}

#[test]
fn a_service_that_knows_no_parts_fails_the_action_and_a_refused_announcement_is_the_result() {
    for (answer, began) in [(response(200, &[]), 1), (response(400, &[]), 1), (response(503, &[]), 3)] {
        let (played, parts) = in_parts(&mut |_| answer.clone());
        assert_eq!((played.status, played.began.len(), parts.len()), (Status::Failed, began, 0));
    }
}

#[test]
fn further_pages_are_asked_for_until_there_are_enough_items() {
    let asked = |wanted: u64| {
        let kind = Kind::Call(CallAction { pages: Some(wanted), ..CallAction::plain(0, RetryPolicy::NONE) });
        let flow = definition(vec![node(0, kind, &[])], &[0]);
        let played = play(&flow, (None, 1), |_, _| {
            let body = Bytes::from_static(br#"{"value": [1, 2], "nextLink": "/n"}"#);
            (s(1.0), Ok(Response { status: 200, headers: Headers::new(), body, truncated: false }))
        });
        (played.status, played.began.len())
    };
    assert_eq!(asked(1), (Status::Succeeded, 1));
    assert_eq!(asked(7), (Status::Succeeded, 4));
    // A service whose pages never end.
    assert_eq!(asked(100_000), (Status::Failed, 5_001));
}

#[test]
fn without_the_asynchronous_pattern_a_202_is_the_result() {
    let kind = Kind::Call(CallAction { polled: false, ..CallAction::plain(0, RetryPolicy::NONE) });
    let flow = definition(vec![node(0, kind, &[])], &[0]);
    let played = play(&flow, (None, 1), |_, _| (s(1.0), response(202, &[("Location", "/jobs/1")])));
    assert_eq!((played.status, played.began.len()), (Status::Succeeded, 1));
}

#[test]
fn a_refusal_that_is_no_throttle_is_final_and_our_own_is_never_retried() {
    for answer in [response(400, &[]), response(404, &[]), failure(FailureKind::Refused)] {
        let flow = one(RetryPolicy::PA_MEDIUM, None);
        let played = play(&flow, (None, 1), |_, _| (s(1.0), answer.clone()));
        assert_eq!((played.status, played.began.len()), (Status::Failed, 1));
    }
}

proptest! {
    #[test]
    fn an_action_never_outlives_its_limit(
        limit in 1_u32..400, took in 0_u32..150, status in prop_oneof![Just(503), Just(202), Just(200)], seed: u64,
    ) {
        let limit = Duration::from_secs(u64::from(limit));
        let flow = one(RetryPolicy::PA_MEDIUM, Some(limit));
        let played = play(&flow, (None, seed), |begin, _| {
            let may_take = begin.limit.expect("it is limited");
            let took = Duration::from_secs(u64::from(took));
            if took >= may_take {
                return (may_take, failure(FailureKind::Timeout));
            }
            (took, response(status, &[("Location", "/jobs/1")]))
        });
        prop_assert!(played.took <= limit, "{:?} of {:?}", played.took, limit);
        prop_assert_eq!(played.status == Status::Succeeded, status == 200 && Duration::from_secs(u64::from(took)) < limit);
        if status == 202 {
            prop_assert_eq!((played.status_of(0), played.took), (Some(Status::TimedOut), limit));
        }
        for began in &played.began {
            let left = limit.saturating_sub(began.at.since(Timestamp::default()));
            prop_assert_eq!(began.limit, Some(left));
        }
    }
}
