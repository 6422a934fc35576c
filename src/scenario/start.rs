//! When the runs of a flow are due.

use std::time::Duration;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::model::{Start, TimeBase};

/// One run: when it is due, in real time after the scenario's start, and which
/// clone of the flow makes it.
pub(super) type Due = (Duration, u32);

/// All runs of a flow in the order in which they are due. `scale` is how many
/// of the clock's seconds pass in a real one, `faster` multiplies rates.
pub(super) fn dues(start: Start, clones: u32, scale: f64, faster: f64, rng: &mut ChaCha8Rng) -> Vec<Due> {
    let clones = clones.max(1);
    let mut dues: Vec<Due> = match start {
        Start::Recurrence { every, jitter, times, time } => (0..times)
            .flat_map(|turn| (0..clones).map(move |clone| (turn, clone)))
            .map(|(turn, clone)| {
                let late = jitter.mul_f64(rng.random_range(0.0..=1.0));
                (real(every * turn + late, time, scale), clone)
            })
            .collect(),
        Start::Arrivals { rate, lasting, time } => {
            let (rate, lasting) = match time {
                TimeBase::Real => (rate * faster, lasting),
                TimeBase::Clock => (rate * faster * scale, real(lasting, time, scale)),
            };
            let runs = (rate * lasting.as_secs_f64()).floor() as u64;
            (0..runs).map(|n| (Duration::from_secs_f64(n as f64 / rate), (n % u64::from(clones)) as u32)).collect()
        }
        // They begin when somebody is free, not at an instant.
        Start::Users(_) | Start::Child => Vec::new(),
        Start::Burst { runs, within, time } => {
            (0..runs).map(|n| (real(within, time, scale).mul_f64(rng.random_range(0.0..1.0)), n % clones)).collect()
        }
    };
    dues.sort_by_key(|(due, _)| *due);
    dues
}

/// Runs a second of a start that has a rate, in real time.
pub(super) fn rate(start: Start, scale: f64) -> f64 {
    match start {
        Start::Arrivals { rate, time: TimeBase::Real, .. } => rate,
        Start::Arrivals { rate, time: TimeBase::Clock, .. } => rate * scale,
        Start::Recurrence { .. } | Start::Burst { .. } | Start::Users(_) | Start::Child => 0.0,
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
    use rand::SeedableRng;

    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn due(start: Start, scale: f64) -> Vec<Due> {
        dues(start, 7, scale, 1.0, &mut ChaCha8Rng::seed_from_u64(3))
    }

    #[test]
    fn arrivals_in_real_time_keep_their_rate_whatever_the_clock_does() {
        let start = Start::Arrivals { rate: 22.0, lasting: S * 32, time: TimeBase::Real };
        let dues = due(start, 20.0);
        assert_eq!(dues.len(), 704);
        assert_eq!(dues, due(start, 1.0));
        assert!(dues.windows(2).all(|pair| pair[1].0 > pair[0].0));
    }

    proptest! {
        #[test]
        fn runs_are_within_their_span_and_all_clones_take_part(
            runs in 7_u32..300, within in 1_u32..100, scale in 1_u32..50,
        ) {
            let start = Start::Burst { runs, within: S * within, time: TimeBase::Clock };
            let dues = due(start, f64::from(scale));
            prop_assert_eq!(dues.len(), runs as usize);
            prop_assert!(dues.iter().all(|(due, _)| *due <= (S * within).div_f64(f64::from(scale))));
            let clones: std::collections::BTreeSet<u32> = dues.iter().map(|(_, clone)| *clone).collect();
            prop_assert_eq!(clones.len(), 7);
        }

        #[test]
        fn a_recurrence_comes_round_and_is_late_by_its_jitter_at_most(times in 1_u32..20, jitter in 0_u32..60) {
            let start = Start::Recurrence { every: S * 60, jitter: S * jitter, times, time: TimeBase::Clock };
            for (due, _) in due(start, 1.0) {
                let late = due.as_micros() % 60_000_000;
                prop_assert!(late <= (S * jitter).as_micros());
                prop_assert!(due <= S * 60 * times);
            }
        }
    }
}
