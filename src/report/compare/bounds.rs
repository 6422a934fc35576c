//! Between which bounds a figure of one run lies, and how far two runs are
//! apart.

use super::beta::{beta, bisect, normal_above, normal_beyond, t_beyond};
use super::blocks::spread;
use super::sample::Sample;

/// A figure, or a difference of two, with its bounds; a bound is missing where
/// the samples give none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounded {
    pub(super) value: f64,
    /// It is hardly lower.
    pub(super) low: Option<f64>,
    /// It is hardly higher.
    pub(super) high: Option<f64>,
}

impl Bounded {
    /// A figure of which nothing more is known.
    pub(super) fn plain(value: f64) -> Self {
        Self { value, low: None, high: None }
    }

    pub(super) fn map(self, of: impl Fn(f64) -> f64) -> Self {
        Self { value: of(self.value), low: self.low.map(&of), high: self.high.map(&of) }
    }
}

/// A quantile between two order statistics. Calls count only as many as there
/// would be if each were a witness of its own.
pub(super) fn quantile(sample: &Sample, quantile: f64, alpha: f64) -> Bounded {
    let value = sample.quantile(quantile);
    let count = sample.count() as f64;
    let share = |parts: &[(f64, f64)]| parts.iter().map(|(_, part)| part).sum::<f64>() / count.max(1.0);
    let mut parts = sample.below(value);
    if share(&parts) >= 1.0 {
        // The largest came often: what is below it tells how it spreads.
        parts = sample.below(value - 1.0);
    }
    let Some(spread) = spread(&parts) else { return Bounded::plain(value) };
    let alone = share(&parts) * (1.0 - share(&parts)) / count;
    let excess = if alone > 0.0 { (spread.error.powi(2) / alone).max(1.0) } else { 1.0 };
    // Few blocks know their own spread badly: Student's t instead of the normal.
    ordered(sample, quantile, count / excess, normal_above(t_beyond(alpha / 2.0, spread.freedom)))
}

/// The order statistics that hold a quantile between them, if so many samples
/// were independent; each is wrong in the share `tail` of cases.
fn ordered(sample: &Sample, quantile: f64, count: f64, tail: f64) -> Bounded {
    let value = sample.quantile(quantile);
    let scale = sample.count() as f64 / count;
    // The sample in place r lies below the quantile with the chance that at
    // least r of `count` do.
    let above = |place: f64| beta(count - place + 1.0, place, 1.0 - quantile);
    let below = |place: f64| beta(place, count - place + 1.0, quantile);
    let low = (above(1.0) <= tail).then(|| bisect(1.0, count, |place| above(place) <= tail));
    let high = (below(count) <= tail).then(|| bisect(1.0, count, |place| below(place) > tail));
    let low = low.map(|place| sample.at((place * scale + 1e-6).floor()).min(value));
    let high = high.map(|place| sample.at((place * scale - 1e-6).ceil()).max(value));
    Bounded { value, low, high }
}

/// The mean, by Student's t.
pub(super) fn mean(sample: &Sample, alpha: f64) -> Bounded {
    let value = sample.mean();
    let Some(spread) = spread(&sample.sums()) else { return Bounded::plain(value) };
    let alone = sample.deviation() / (sample.count() as f64).sqrt();
    let reach = t_beyond(alpha / 2.0, spread.freedom) * spread.error.max(alone);
    Bounded { value, low: Some((value - reach).max(0.0)), high: Some(value + reach) }
}

/// A share of calls, as Wilson (1927) bounds it.
pub(super) fn share((part, all): (u64, u64), alpha: f64) -> Bounded {
    if all == 0 {
        return Bounded::plain(0.0);
    }
    let (n, z) = (all as f64, normal_beyond(alpha / 2.0));
    let p = part.min(all) as f64 / n;
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let reach = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Bounded { value: p, low: Some((middle - reach).min(p).max(0.0)), high: Some((middle + reach).max(p).min(1.0)) }
}

/// `b − a`, bounded by the bounds of both (Zou and Donner 2008).
pub(super) fn difference(a: &Bounded, b: &Bounded) -> Bounded {
    let value = b.value - a.value;
    let reach = |near: Option<f64>, far: Option<f64>| Some((near? - b.value).hypot(far? - a.value));
    let (down, up) = (reach(b.low, a.high), reach(b.high, a.low));
    Bounded { value, low: down.map(|reach| value - reach), high: up.map(|reach| value + reach) }
}

/// By which share `b` is larger than `a`; on the scale of logarithms, as fits
/// times.
pub(super) fn growth(a: &Bounded, b: &Bounded) -> Bounded {
    // Half a microsecond stands for nothing at all.
    let logs = |of: &Bounded| of.map(|value| value.max(0.000_5).ln());
    difference(&logs(a), &logs(b)).map(f64::exp_m1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn sample(values: std::ops::RangeInclusive<u64>) -> Sample {
        Sample::new(vec![(Duration::ZERO, values.map(|value| (value, 1)).collect())])
    }

    #[test]
    fn order_statistics_as_in_the_tables() {
        // Of 100 samples, the 40th and the 61st hold the median at 95 %
        // (96.48 %), as in Conover's tables.
        let median = ordered(&sample(1..=100), 0.5, 100.0, 0.025);
        assert_eq!(median, Bounded { value: 50.0, low: Some(40.0), high: Some(61.0) });
        // The least number for which the largest bounds the quantile 0.99 from
        // above at 97.5 %: 0.99^368 < 0.025.
        assert_eq!(ordered(&sample(1..=367), 0.99, 367.0, 0.025).high, None);
        assert_eq!(ordered(&sample(1..=368), 0.99, 368.0, 0.025).high, Some(368.0));
        // One second alone tells nothing.
        assert_eq!(quantile(&sample(1..=100), 0.5, 0.05), Bounded::plain(50.0));
    }

    #[test]
    fn shares_and_their_difference_as_newcombe_has_them() {
        // Newcombe 1998, table II, example (a): 56/70 − 48/80.
        let apart = difference(&share((48, 80), 0.05), &share((56, 70), 0.05));
        let bounds = [(apart.value, 0.2), (apart.low.unwrap(), 0.0524), (apart.high.unwrap(), 0.3339)];
        for (value, wanted) in bounds {
            assert!((value - wanted).abs() < 5e-5, "{value}, not {wanted}");
        }
        assert_eq!(share((0, 0), 0.05), Bounded::plain(0.0));
    }

    #[test]
    fn growth_lies_between_that_of_the_bounds() {
        let bounded = |value, low, high| Bounded { value, low: Some(low), high: Some(high) };
        let grown = growth(&bounded(100.0, 95.0, 105.0), &bounded(120.0, 115.0, 125.0));
        assert!((grown.value - 0.2).abs() < 1e-12);
        assert!(grown.low > Some(0.12) && grown.low < Some(0.15), "{grown:?}");
        assert!(grown.high > Some(0.25) && grown.high < Some(0.29), "{grown:?}");
    }
}
