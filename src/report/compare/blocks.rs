//! How far a figure of a run spreads, judged by blocks of neighbouring seconds:
//! seconds are like the seconds before them, so calls are not as many witnesses
//! as there are calls.
//!
//! This is the circular moving-block bootstrap (Politis and Romano 1992) of a
//! ratio of sums, with as many repetitions as there could be: since the figure
//! is a sum over seconds, its variance over all draws of blocks is a plain mean,
//! and nothing is drawn.

/// Fewer seconds tell nothing about how they hang together.
pub(super) const FEWEST: usize = 10;

/// So many blocks stand side by side in a run. Long blocks see what lasts long;
/// a length that is fitted to the data was too short where seconds hang together
/// most.
const BLOCKS: f64 = 10.0;

/// What blocks of seconds tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    /// The standard error of the ratio.
    pub(super) error: f64,
    /// How well that is known: degrees of freedom.
    pub(super) freedom: f64,
}

/// The spread of `sum of parts / sum of wholes`, from (whole, part) of each
/// second; nothing where there are too few of them.
pub(super) fn spread(seconds: &[(f64, f64)]) -> Option<Spread> {
    let count = seconds.len() as f64;
    let (all, part) = seconds.iter().fold((0.0, 0.0), |(a, p), (whole, part)| (a + whole, p + part));
    if seconds.len() < FEWEST || all <= 0.0 {
        return None;
    }
    // How much each second pulls the ratio, to first order; their sum is 0.
    let pulls: Vec<f64> = seconds.iter().map(|(whole, share)| share - part / all * whole).collect();
    let length = (count / BLOCKS).max(count.cbrt()).round();
    let variance = over_blocks(&pulls, length as usize).max(lasting(&pulls));
    // Blocks that overlap know half as much again (Meketon and Schmeiser 1984).
    Some(Spread { error: variance.sqrt() / all, freedom: 1.5 * (count / length - 1.0) })
}

/// The variance of the sum of all pulls over every draw of circular blocks. That
/// their mean is 0 comes from the same seconds, for which it is made larger.
fn over_blocks(pulls: &[f64], length: usize) -> f64 {
    let count = pulls.len();
    let mut sum: f64 = pulls.iter().take(length).sum();
    let mut squares = 0.0;
    for start in 0..count {
        squares += sum * sum;
        sum += pulls[(start + length) % count] - pulls[start];
    }
    squares / length as f64 / (1.0 - length as f64 / count as f64)
}

/// The variance of the sum of all pulls if each second hung on the one before it
/// alone, as strongly as the seconds allow. Blocks that are short for how long
/// something lasts see too little of it; a model sees it, so the larger counts.
fn lasting(pulls: &[f64]) -> f64 {
    let count = pulls.len() as f64;
    let covariance = |lag: usize| pulls.iter().zip(&pulls[lag..]).map(|(a, b)| a * b).sum::<f64>() / count;
    let own = covariance(0);
    if own <= 0.0 {
        return 0.0;
    }
    let seen = covariance(1) / own;
    // What few seconds show of it is too small (Kendall 1954), and uncertain by
    // a standard error.
    let hang = (seen + (1.0 + 3.0 * seen) / count).clamp(0.0, 0.97);
    let hang = (hang + ((1.0 - hang * hang) / count).sqrt()).min(0.97);
    count * own * (1.0 + hang) / (1.0 - hang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_that_hang_together_are_fewer_witnesses() {
        let of = |part: fn(usize) -> bool| {
            let seconds: Vec<_> = (0..100).map(|at| (1.0, f64::from(u8::from(part(at))))).collect();
            spread(&seconds).expect("enough").error
        };
        // Half of all: one by one, by tens, and in one piece.
        let (mixed, tens, halves) = (of(|at| at * 7919 % 101 < 50), of(|at| at / 10 % 2 == 0), of(|at| at < 50));
        assert!(mixed > 0.05 && mixed < 0.07, "{mixed}, where single seconds give 0.05");
        assert!(tens > 2.5 * mixed && halves > tens, "{mixed} {tens} {halves}");
        assert_eq!(spread(&[(1.0, 0.5); 9]), None);
        assert_eq!(spread(&[(2.0, 1.0); 10]).map(|spread| spread.error), Some(0.0));
    }
}
