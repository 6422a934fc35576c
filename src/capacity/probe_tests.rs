//! The probe against small models of limits that share no code with the rest.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::capacity::{Agreement, Honesty, WindowKind};
use crate::contract::behaviour::{Rate, Throttling, ThrottlingPer};

/// A limit: `None` admits, `Some` refuses and says after how many seconds, not
/// rounded, calls are admitted again.
trait Model {
    fn call(&mut self, now: f64) -> Option<f64>;
}

struct Sliding {
    calls: u64,
    per: f64,
    made: VecDeque<f64>,
}

impl Model for Sliding {
    fn call(&mut self, now: f64) -> Option<f64> {
        while self.made.front().is_some_and(|at| at + self.per <= now) {
            self.made.pop_front();
        }
        if self.made.len() as u64 >= self.calls {
            return Some(self.made[0] + self.per - now);
        }
        self.made.push_back(now);
        None
    }
}

struct Fixed {
    calls: u64,
    per: f64,
    offset: f64,
    window: f64,
    made: u64,
}

impl Model for Fixed {
    fn call(&mut self, now: f64) -> Option<f64> {
        let window = ((now - self.offset) / self.per).floor();
        if window > self.window {
            (self.window, self.made) = (window, 0);
        }
        if self.made >= self.calls {
            return Some((window + 1.0) * self.per + self.offset - now);
        }
        self.made += 1;
        None
    }
}

struct Bucket {
    calls: f64,
    per: f64,
    tokens: f64,
    at: f64,
}

impl Model for Bucket {
    fn call(&mut self, now: f64) -> Option<f64> {
        self.tokens = (self.tokens + (now - self.at) * self.calls / self.per).min(self.calls);
        self.at = now;
        if self.tokens < 1.0 {
            return Some((1.0 - self.tokens) * self.per / self.calls);
        }
        self.tokens -= 1.0;
        None
    }
}

const START: f64 = 1_800_000_000.0;

fn sliding(calls: u64, per: f64) -> Box<dyn Model> {
    Box::new(Sliding { calls, per, made: VecDeque::new() })
}

fn fixed(calls: u64, per: f64, offset: f64) -> Box<dyn Model> {
    Box::new(Fixed { calls, per, offset, window: f64::MIN, made: 0 })
}

fn bucket(calls: u64, per: f64) -> Box<dyn Model> {
    Box::new(Bucket { calls: calls as f64, per, tokens: calls as f64, at: START })
}

/// What is said instead of the honest whole seconds.
type Tell = fn(f64) -> Option<Duration>;

#[expect(clippy::unnecessary_wraps, reason = "others tell nothing")]
fn honest(wait: f64) -> Option<Duration> {
    Some(Duration::from_secs(wait.ceil().max(1.0) as u64))
}

/// Plays a probe to its end; each call takes `cost` seconds.
fn play(mut model: Box<dyn Model>, cost: f64, tell: Tell) -> Probe {
    let stamp = |seconds: f64| Timestamp::from_micros((seconds * 1e6) as i64);
    let mut now = START;
    let mut probe = Probe::new(Limits::default());
    for _ in 0..100_000 {
        match probe.next(stamp(now)) {
            Step::Done => return probe,
            Step::Wait(until) => now = until.micros() as f64 / 1e6,
            Step::Send => {
                let refused = model.call(now);
                let (status, retry_after) = refused.map_or((200, None), |wait| (429, tell(wait)));
                probe.observe(Answer { sent_at: stamp(now), status: Some(status), retry_after });
                now += cost;
            }
        }
    }
    panic!("the probe does not end: {}", probe.progress());
}

fn declared(calls: u64, per: f64) -> Throttling {
    let rate = Rate { calls, per: Duration::from_secs_f64(per) };
    Throttling { per: ThrottlingPer::Client, rate: Some(rate), quota: None }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_honest_limit_is_recognised(
        calls in 4..400_u64,
        per in 10..120_u32,
        share in 0.001..0.2_f64,
        offset in 0.0..1.0_f64,
        which in 0..3_usize,
    ) {
        let per = f64::from(per);
        // Of a small bucket and a slow client only whole calls can be seen.
        let calls = if which == 2 { calls + 40 } else { calls };
        // A flood takes a part of the window.
        let cost = (share * per / calls as f64).max(1e-4);
        let (model, kind) = match which {
            0 => (sliding(calls, per), WindowKind::Sliding),
            1 => (fixed(calls, per, offset * per), WindowKind::Fixed),
            _ => (bucket(calls, per), WindowKind::TokenBucket),
        };
        let probe = play(model, cost, honest);
        let report = probe.report(Some(&declared(calls, per)));
        prop_assert_eq!(report.kind, Some(kind), "{:?} {:?}", report, probe.rounds);
        prop_assert_eq!(report.honest, Honesty::Honest, "{:?} {:?}", report, probe.rounds);
        let admitted = report.admitted.expect("refused");
        prop_assert!(admitted.abs_diff(calls) <= (calls / 20).max(1), "{:?} {:?}", report, probe.rounds);
        prop_assert_eq!(report.agrees, Agreement::Yes, "{:?} {:?}", report, probe.rounds);
    }

    #[test]
    fn another_rate_than_declared_disagrees(calls in 10..300_u64, per in 10..100_u32, sliding_one in any::<bool>()) {
        let per = f64::from(per);
        let model = || if sliding_one { sliding(calls, per) } else { fixed(calls, per, 0.3) };
        for promise in [declared(calls * 2, per), declared(calls, per * 2.0)] {
            let report = play(model(), 0.002, honest).report(Some(&promise));
            prop_assert_eq!(report.agrees, Agreement::No, "{:?}", report);
        }
    }

    #[test]
    fn a_wait_that_is_told_too_short_is_noticed(calls in 5..200_u64, per in 20..100_u32, sliding_one in any::<bool>()) {
        let per = f64::from(per);
        let model = if sliding_one { sliding(calls, per) } else { fixed(calls, per, per / 3.0) };
        let report = play(model, 0.002, |wait| Some(Duration::from_secs((wait / 3.0) as u64 + 1))).report(Some(&declared(calls, per)));
        prop_assert_eq!(report.honest, Honesty::TooShort, "{:?}", report);
        prop_assert_eq!(report.agrees, Agreement::No);
    }

    #[test]
    fn a_wait_that_is_told_too_long_is_noticed(calls in 5..200_u64, per in 20..100_u32) {
        let per = f64::from(per);
        let report = play(sliding(calls, per), 0.002, |wait| Some(Duration::from_secs(wait as u64 + 10))).report(None);
        prop_assert_eq!(report.honest, Honesty::TooLong, "{:?}", report);
    }
}

#[test]
fn without_retry_after_the_count_stands_alone() {
    let report = play(sliding(50, 60.0), 0.01, |_| None).report(Some(&declared(50, 60.0)));
    assert_eq!((report.admitted, report.honest, report.agrees), (Some(50), Honesty::Missing, Agreement::No));
}

#[test]
fn a_quota_is_not_waited_for() {
    let report = play(fixed(50, 2_592_000.0, 7.0), 0.01, honest).report(Some(&declared(600, 60.0)));
    assert_eq!(report.admitted, Some(50));
    assert!(report.lines.iter().any(|line| line.contains("a quota")), "{:?}", report.lines);
}

#[test]
fn no_limit_at_all_disagrees_with_a_declared_one() {
    let unlimited = || sliding(u64::MAX, 1.0);
    assert_eq!(play(unlimited(), 0.001, honest).report(Some(&declared(600, 60.0))).agrees, Agreement::No);
    assert_eq!(play(unlimited(), 0.001, honest).report(Some(&declared(4000, 60.0))).agrees, Agreement::Inconclusive);
}

#[test]
fn answers_that_say_nothing_of_rates_end_it() {
    let mut probe = Probe::new(Limits::default());
    let now = Timestamp::from_seconds(1_800_000_000);
    probe.observe(Answer { sent_at: now, status: Some(401), retry_after: None });
    assert_eq!(probe.next(now), Step::Done);
    let report = probe.report(Some(&declared(600, 60.0)));
    assert_eq!((report.agrees, report.admitted), (Agreement::Inconclusive, None));
    assert!(report.lines.iter().any(|line| line.contains("401")));
}
