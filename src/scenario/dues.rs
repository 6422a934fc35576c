//! When the runs of a flow are due.

use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::model::{Arrivals, Start, TimeBase};

/// One run: when it is due, in real time after the scenario's start, and which
/// clone of the flow makes it.
pub(super) type Due = (Duration, u32);

/// When the runs of a flow are due.
#[derive(Clone, Debug)]
pub(super) enum Dues {
    /// At these instants, in order.
    Listed(Arc<[Due]>),
    /// At a rate.
    Spread(Spread),
}

/// Arrivals at a rate that changes evenly, in real time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    /// Runs a second at the beginning and at the end.
    rates: (f64, f64),
    lasting: f64,
    /// Where arrivals know nothing of each other, what decides about them.
    poisson: Option<u64>,
    clones: u32,
}

impl Dues {
    /// Those of a flow. `scale` is how many of the clock's seconds pass in a
    /// real one, `faster` multiplies rates.
    pub(super) fn of(start: &Start, clones: u32, (scale, faster): (f64, f64), rng: &mut ChaCha8Rng) -> Self {
        let clones = clones.max(1);
        let mut dues: Vec<Due> = match start {
            Start::Recurrence { every, jitter, drift, times, time } => {
                let late = turns(*times, clones, (*jitter, *drift), rng);
                late.map(|(turn, clone, late)| (real(*every * turn + late, *time, scale), clone)).collect()
            }
            Start::Polling { every, jitter, times, items, time } => {
                let polls: Vec<_> = turns(*times, clones, (*jitter, Duration::ZERO), rng).collect();
                let runs = polls.into_iter().flat_map(|(turn, clone, late)| {
                    let due = (real(*every * turn + late, *time, scale), clone);
                    std::iter::repeat_n(due, rng.random_range(items.0..=items.1) as usize)
                });
                runs.collect()
            }
            Start::Arrivals(arrivals) => {
                return Self::Spread(Spread::of(*arrivals, clones, (scale, faster), rng.random()));
            }
            // They begin when somebody is free, not at an instant.
            Start::Users(_) | Start::Child => Vec::new(),
            Start::Burst { runs, within, time } => (0..*runs)
                .map(|n| (real(*within, *time, scale).mul_f64(rng.random_range(0.0..1.0)), n % clones))
                .collect(),
            Start::Replay { at, time } => {
                at.iter().zip(0_u32..).map(|(at, n)| (real(*at, *time, scale).div_f64(faster), n % clones)).collect()
            }
        };
        dues.sort_by_key(|(due, _)| *due);
        Self::Listed(dues.into())
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = Due> + Send + '_> {
        match self {
            Self::Listed(dues) => Box::new(dues.iter().copied()),
            Self::Spread(spread) => spread.iter(),
        }
    }
}

/// The turns of a schedule, each with its clone and by how much it is late: by
/// its own jitter, and by all the drift up to then.
fn turns(
    times: u32,
    clones: u32,
    (jitter, drift): (Duration, Duration),
    rng: &mut ChaCha8Rng,
) -> impl Iterator<Item = (u32, u32, Duration)> {
    let mut drifted = vec![Duration::ZERO; clones as usize];
    (0..times).flat_map(move |turn| (0..clones).map(move |clone| (turn, clone))).map(move |(turn, clone)| {
        let late = jitter.mul_f64(rng.random_range(0.0..=1.0));
        let own = &mut drifted[clone as usize];
        if turn > 0 && !drift.is_zero() {
            *own += drift.mul_f64(rng.random_range(0.0..=1.0));
        }
        (turn, clone, late + *own)
    })
}

impl Spread {
    fn of(arrivals: Arrivals, clones: u32, (scale, faster): (f64, f64), seed: u64) -> Self {
        let Arrivals { rate, to, lasting, poisson, time } = arrivals;
        let faster = if time == TimeBase::Real { faster } else { faster * scale };
        Self {
            rates: (rate * faster, to * faster),
            lasting: real(lasting, time, scale).as_secs_f64(),
            poisson: poisson.then_some(seed),
            clones,
        }
    }

    fn iter(self) -> Box<dyn Iterator<Item = Due> + Send> {
        let all = f64::midpoint(self.rates.0, self.rates.1) * self.lasting;
        let due = move |(number, n): (f64, u64)| (self.at(number), (n % u64::from(self.clones)) as u32);
        match self.poisson {
            // A little is added for what rounding takes away.
            None => Box::new((0..(all + 1e-9).floor() as u64).map(|n| (n as f64, n)).map(due)),
            Some(seed) => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let mut sum = 0.0;
                let arrivals = std::iter::from_fn(move || {
                    // Between arrivals at rate 1 pass exponentially many seconds.
                    sum -= (1.0 - rng.random_range(0.0..1.0_f64)).ln();
                    (sum < all).then_some(sum)
                });
                Box::new(arrivals.zip(0..).map(due))
            }
        }
    }

    /// When so many have arrived.
    fn at(&self, number: f64) -> Duration {
        let (from, to) = self.rates;
        let growth = (to - from) / self.lasting;
        let seconds = if number <= 0.0 {
            0.0
        } else if growth.abs() < 1e-9 {
            number / from
        } else {
            // from·t + growth·t²/2 = number, by the root that stays finite.
            2.0 * number / (from + (from * from + 2.0 * growth * number).max(0.0).sqrt())
        };
        Duration::from_secs_f64(seconds.clamp(0.0, self.lasting))
    }
}

/// Runs a second of a start that has a rate, in real time.
pub(super) fn rate(start: &Start, scale: f64) -> f64 {
    match start {
        Start::Arrivals(Arrivals { rate, to, time, .. }) => {
            let mean = f64::midpoint(*rate, *to);
            if *time == TimeBase::Real { mean } else { mean * scale }
        }
        _ => 0.0,
    }
}

/// A span in real time.
pub(super) fn real(span: Duration, time: TimeBase, scale: f64) -> Duration {
    match time {
        TimeBase::Real => span,
        TimeBase::Clock => span.div_f64(scale),
    }
}

/// A span in the clock's time.
pub(super) fn clocked(span: Duration, time: TimeBase, scale: f64) -> Duration {
    match time {
        TimeBase::Clock => span,
        TimeBase::Real => span.mul_f64(scale),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn due(start: &Start, scale: f64) -> Vec<Due> {
        Dues::of(start, 7, (scale, 1.0), &mut ChaCha8Rng::seed_from_u64(3)).iter().collect()
    }

    fn arrivals(rate: f64, to: f64, poisson: bool) -> Start {
        Start::Arrivals(Arrivals { rate, to, lasting: S * 32, poisson, time: TimeBase::Real })
    }

    #[test]
    fn arrivals_in_real_time_keep_their_rate_whatever_the_clock_does() {
        let start = arrivals(22.0, 22.0, false);
        let dues = due(&start, 20.0);
        assert_eq!(dues.len(), 704);
        assert_eq!(dues, due(&start, 1.0));
        assert!(dues.windows(2).all(|pair| pair[1].0 > pair[0].0));
    }

    #[test]
    fn a_rate_that_grows_is_met_at_each_instant() {
        for (from, to) in [(0.0, 100.0), (10.0, 100.0), (100.0, 10.0)] {
            let dues = due(&arrivals(from, to, false), 1.0);
            assert_eq!(dues.len(), (f64::midpoint(from, to) * 32.0).round() as usize);
            let within =
                |a: u64, b: u64| dues.iter().filter(|(at, _)| (S * a as u32..S * b as u32).contains(at)).count() as f64;
            let expected = |at: f64| from + (to - from) * at / 32.0;
            for (a, b) in [(0, 4), (14, 18), (28, 32)] {
                let (seen, expected) = (within(a, b) / 4.0, expected((a + b) as f64 / 2.0));
                assert!((seen - expected).abs() <= 0.5, "{from} to {to}, {a} to {b}: {seen} for {expected}");
            }
        }
    }

    #[test]
    fn poisson_arrivals_come_at_their_rate_and_know_nothing_of_each_other() {
        let dues = due(&arrivals(1_000.0, 1_000.0, true), 1.0);
        assert!((31_400..32_600).contains(&dues.len()), "{}", dues.len());
        let gaps: Vec<f64> = dues.windows(2).map(|pair| pair[1].0.saturating_sub(pair[0].0).as_secs_f64()).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        // Of an exponential distribution, the deviation is the mean.
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.03, "{mean} {variance}");
        let long = gaps.iter().filter(|gap| **gap > 2.0 * mean).count() as f64 / gaps.len() as f64;
        assert!((long - (-2.0_f64).exp()).abs() < 0.01, "{long}");
    }

    #[test]
    fn a_schedule_without_start_time_drifts_and_one_with_it_stays() {
        let last = |drift: Duration| {
            let start = Start::Recurrence { every: S * 60, jitter: S, drift, times: 100, time: TimeBase::Clock };
            let dues = due(&start, 1.0);
            dues.iter().rev().find(|(_, clone)| *clone == 3).expect("each clone runs").0.saturating_sub(S * 60 * 99)
        };
        assert!(last(Duration::ZERO) <= S);
        // A hundred times one second on average.
        assert!((S * 80..S * 120).contains(&last(S * 2)), "{:?}", last(S * 2));
    }

    #[test]
    fn a_poll_has_a_run_for_each_item_all_at_one_instant() {
        let start = Start::Polling { every: S * 60, jitter: S, times: 10, items: (3, 9), time: TimeBase::Clock };
        let dues = due(&start, 1.0);
        let polls: Vec<usize> = dues.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
        assert_eq!(polls.len(), 10 * 7);
        assert!(polls.iter().all(|items| (3..=9).contains(items)));
        assert!(polls.iter().collect::<std::collections::BTreeSet<_>>().len() > 4, "{polls:?}");
    }

    proptest! {
        #[test]
        fn runs_are_within_their_span_and_all_clones_take_part(
            runs in 7_u32..300, within in 1_u32..100, scale in 1_u32..50,
        ) {
            let start = Start::Burst { runs, within: S * within, time: TimeBase::Clock };
            let dues = due(&start, f64::from(scale));
            prop_assert_eq!(dues.len(), runs as usize);
            prop_assert!(dues.iter().all(|(due, _)| *due <= (S * within).div_f64(f64::from(scale))));
            let clones: std::collections::BTreeSet<u32> = dues.iter().map(|(_, clone)| *clone).collect();
            prop_assert_eq!(clones.len(), 7);
        }

        #[test]
        fn a_recurrence_comes_round_and_is_late_by_its_jitter_at_most(times in 1_u32..20, jitter in 0_u32..60) {
            let start = Start::Recurrence { every: S * 60, jitter: S * jitter, drift: Duration::ZERO, times, time: TimeBase::Clock };
            for (due, _) in due(&start, 1.0) {
                let late = due.as_micros() % 60_000_000;
                prop_assert!(late <= (S * jitter).as_micros());
                prop_assert!(due <= S * 60 * times);
            }
        }

        #[test]
        fn what_was_recorded_comes_again_at_its_instants(at in prop::collection::vec(0_u32..10_000, 1..50)) {
            let at: Vec<Duration> = at.into_iter().map(|n| Duration::from_millis(n.into())).collect();
            let start = Start::Replay { at: at.clone().into(), time: TimeBase::Clock };
            let mut expected: Vec<Duration> = at.iter().map(|at| at.div_f64(4.0)).collect();
            expected.sort_unstable();
            prop_assert_eq!(due(&start, 4.0).into_iter().map(|(at, _)| at).collect::<Vec<_>>(), expected);
        }
    }
}
