//! The counter of one key under a rate, by whichever algorithm, in one unit or
//! in several.

use super::bucket::TokenBucket;
use super::rate::{Rate, Refused, SlidingWindow};
use super::throttling::{Algorithm, Turn, Units, note, unseen};
use super::{Reading, Window};
use crate::clock::Timestamp;

/// What one key has used of a rate.
#[derive(Clone, Debug)]
pub struct RateCounter {
    used: Used,
    units: Units,
    /// The calls of the rate that was asked for last.
    calls: u64,
}

#[derive(Clone, Debug)]
enum Used {
    Window(SlidingWindow),
    Bucket(TokenBucket),
}

impl RateCounter {
    /// Nothing used yet.
    pub fn new(algorithm: Algorithm) -> Self {
        let used = match algorithm {
            Algorithm::SlidingWindow => Used::Window(SlidingWindow::new()),
            Algorithm::TokenBucket => Used::Bucket(TokenBucket::new()),
        };
        Self { used, units: None, calls: 0 }
    }

    /// Counts a call that counts `count`, and gives what is left, or refuses
    /// it.
    ///
    /// # Errors
    /// The rate is used up.
    pub fn admit(&mut self, rate: Rate, turn: Turn<'_>, count: u64) -> Result<u64, Refused> {
        match self.check(rate, turn, count) {
            Ok(left) => {
                self.add(rate, turn, count);
                Ok(left.saturating_sub(count))
            }
            Err(refused) => {
                if turn.throttling.count_refused {
                    self.add_refused(rate, turn, count);
                }
                Err(refused)
            }
        }
    }

    /// What is left for a call that counts `count`, without counting it.
    ///
    /// # Errors
    /// The rate is used up.
    pub fn check(&mut self, rate: Rate, turn: Turn<'_>, count: u64) -> Result<u64, Refused> {
        self.calls = rate.calls;
        let unseen = unseen(&self.units, turn, turn.throttling.rates_synchronised_every);
        match &mut self.used {
            Used::Window(window) => window.check(rate, turn.now, count, unseen),
            Used::Bucket(bucket) => bucket.check(rate, turn.now, count, unseen),
        }
    }

    /// Counts a call that is admitted already (counting after the response).
    pub fn add(&mut self, rate: Rate, turn: Turn<'_>, count: u64) {
        note(&mut self.units, turn, turn.throttling.rates_synchronised_every, count);
        match &mut self.used {
            Used::Window(window) => window.add(rate, turn.now, count),
            Used::Bucket(bucket) => bucket.add(rate, turn.now, count),
        }
    }

    fn add_refused(&mut self, rate: Rate, turn: Turn<'_>, count: u64) {
        note(&mut self.units, turn, turn.throttling.rates_synchronised_every, count);
        match &mut self.used {
            Used::Window(window) => window.add_refused(rate, turn.now, count),
            Used::Bucket(bucket) => bucket.add(rate, turn.now, count),
        }
    }

    /// Takes back what was counted last: the call was refused after all.
    pub fn take_back(&mut self, count: u64) {
        match &mut self.used {
            Used::Window(window) => window.take_back(count),
            Used::Bucket(bucket) => bucket.take_back(count),
        }
    }
}

impl Window for RateCounter {
    fn is_idle(&self, now: Timestamp) -> bool {
        match &self.used {
            Used::Window(window) => window.is_idle(now),
            Used::Bucket(bucket) => bucket.full_at() <= now,
        }
    }

    fn reading(&self, now: Timestamp) -> Reading {
        let (used, resets_at) = match &self.used {
            Used::Window(window) => (window.counted(now), window.empty_at()),
            Used::Bucket(bucket) => (bucket.missing(now), Some(bucket.full_at())),
        };
        Reading { used, limit: Some(self.calls), resets_at }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::Throttling;
    use super::*;

    fn rate(calls: u64, seconds: u64) -> Rate {
        Rate { calls, period: Duration::from_secs(seconds) }
    }

    fn turn(throttling: &Throttling, micros: i64) -> Turn<'_> {
        Turn { now: Timestamp::from_micros(micros), unit: 0, throttling }
    }

    /// Every admitted call is remembered; a call is admitted where those of the
    /// last period and itself are no more than the calls.
    #[derive(Default)]
    struct Naive(Vec<(i64, u64)>);

    impl Naive {
        fn admit(&mut self, rate: Rate, now: i64, count: u64) -> bool {
            let period = rate.period.as_micros() as i64;
            let used: u64 = self.0.iter().filter(|(at, _)| at + period > now).map(|(_, n)| n).sum();
            let fits = used + count <= rate.calls;
            if fits {
                self.0.push((now, count));
            }
            fits
        }
    }

    proptest! {
        #[test]
        fn a_sliding_window_admits_what_a_naive_model_admits(
            calls in prop::collection::vec((0_i64..3_000_000, 0_u64..4), 1..300), limit in 1_u64..8, seconds in 1_u64..20,
        ) {
            let (throttling, rate) = (Throttling::default(), rate(limit, seconds));
            let (mut counter, mut naive, mut now) = (RateCounter::new(Algorithm::SlidingWindow), Naive::default(), 0);
            for (gap, count) in calls {
                now += gap;
                prop_assert_eq!(counter.admit(rate, turn(&throttling, now), count).is_ok(), naive.admit(rate, now, count));
            }
        }

        #[test]
        fn a_bucket_admits_no_more_than_its_size_and_what_flows_in(
            gaps in prop::collection::vec(0_i64..3_000_000, 1..300), limit in 1_u64..8, seconds in 1_u64..20,
        ) {
            let throttling = Throttling { algorithm: Algorithm::TokenBucket, ..Throttling::default() };
            let rate = rate(limit, seconds);
            let (mut counter, mut now, mut admitted) = (RateCounter::new(Algorithm::TokenBucket), 0, Vec::new());
            for gap in gaps {
                now += gap;
                match counter.admit(rate, turn(&throttling, now), 1) {
                    Ok(_) => admitted.push(now),
                    Err(refused) => {
                        let later = now + refused.retry_after as i64 * 1_000_000;
                        prop_assert!(counter.clone().admit(rate, turn(&throttling, later), 1).is_ok());
                        let earlier = later - 1_000_000;
                        prop_assert!(earlier <= now || counter.clone().admit(rate, turn(&throttling, earlier), 1).is_err());
                    }
                }
            }
            // From any admitted call on: the bucket's size, and a token for each
            // part of the period that has passed.
            for (i, first) in admitted.iter().enumerate() {
                for (n, at) in admitted[i..].iter().enumerate() {
                    let flowed = (at - first) as u64 * limit / (seconds * 1_000_000);
                    prop_assert!((n as u64) < limit + flowed);
                }
            }
        }

        #[test]
        fn what_is_taken_back_was_never_there(before in 0_u64..5, count in 1_u64..4) {
            let throttling = Throttling::default();
            for algorithm in [Algorithm::SlidingWindow, Algorithm::TokenBucket] {
                let mut counter = RateCounter::new(algorithm);
                counter.add(rate(9, 10), turn(&throttling, 0), before);
                let untouched = counter.clone().check(rate(9, 10), turn(&throttling, 5), 0);
                counter.add(rate(9, 10), turn(&throttling, 1), count);
                counter.take_back(count);
                prop_assert_eq!(counter.check(rate(9, 10), turn(&throttling, 5), 0), untouched);
            }
        }

        #[test]
        fn several_units_admit_within_the_range_that_is_told(
            units in 1_u16..5, order in prop::collection::vec(0_u16..5, 1..60), limit in 1_u64..10,
        ) {
            let throttling = Throttling { units, ..Throttling::default() };
            let mut counter = RateCounter::new(Algorithm::SlidingWindow);
            let burst = order.len() as u64;
            let admitted = order
                .iter()
                .map(|unit| Turn { unit: unit % units, ..turn(&throttling, 1_000_000) })
                .filter(|turn| counter.admit(rate(limit, 60), *turn, 1).is_ok())
                .count() as u64;
            prop_assert!(throttling.admitted(rate(limit, 60), burst).contains(&admitted));
        }
    }

    #[test]
    fn units_admit_too_much_until_they_synchronise() {
        let throttling = Throttling { units: 3, ..Throttling::default() };
        let mut counter = RateCounter::new(Algorithm::SlidingWindow);
        let mut admitted = |unit: u16, at: i64| {
            let turn = Turn { unit, ..turn(&throttling, at) };
            (0..10).filter(|_| counter.admit(rate(5, 60), turn, 1).is_ok()).count()
        };
        assert_eq!([admitted(0, 100), admitted(1, 100), admitted(2, 100)], [5, 5, 5]);
        assert_eq!([admitted(0, 1_000_000), admitted(1, 60_000_000)], [0, 0], "now each knows of the others");
        assert_eq!(admitted(0, 60_000_100), 5);
    }

    #[test]
    fn refused_calls_count_where_that_is_asked_for_and_are_bounded() {
        let throttling = Throttling { count_refused: true, ..Throttling::default() };
        let mut counter = RateCounter::new(Algorithm::SlidingWindow);
        let mut admit = |second: i64| counter.admit(rate(2, 10), turn(&throttling, second * 1_000_000), 1).is_ok();
        assert!(admit(0) && admit(0));
        for second in 1..30 {
            assert!(!admit(second), "who hammers stays outside");
        }
        assert!(admit(40));
        let used = counter.reading(Timestamp::from_seconds(40)).used;
        assert_eq!(used, 1);
        let Used::Window(window) = &counter.used else { panic!("a window") };
        assert_eq!(window.counted(Timestamp::from_seconds(0)), 1, "nothing else is kept");
    }

    #[test]
    fn a_bucket_comes_back_evenly() {
        let throttling = Throttling { algorithm: Algorithm::TokenBucket, ..Throttling::default() };
        let mut counter = RateCounter::new(Algorithm::TokenBucket);
        let mut admit = |micros: i64| counter.admit(rate(6, 60), turn(&throttling, micros), 1);
        for left in (0..6).rev() {
            assert_eq!(admit(0), Ok(left));
        }
        assert_eq!(admit(0), Err(Refused { retry_after: 10 }));
        assert_eq!(admit(9_999_999), Err(Refused { retry_after: 1 }));
        assert_eq!(admit(10_000_000), Ok(0));
        assert_eq!(admit(10_000_000), Err(Refused { retry_after: 10 }));
        assert!(!counter.is_idle(Timestamp::from_seconds(69)) && counter.is_idle(Timestamp::from_seconds(70)));
    }
}
