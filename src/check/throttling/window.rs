//! Counting calls in windows.

use std::time::Duration;

use crate::clock::Timestamp;

/// When a call was under way, by the shared clock. Somewhere in between the
/// gateway decided on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// When it was sent.
    pub(super) sent: Timestamp,
    /// When its answer was complete.
    pub(super) done: Timestamp,
}

/// The most calls that certainly lie within one window of this length. Calls
/// that only may lie in it are not counted, so the figure is never too high.
pub(super) fn most_within(spans: &[Span], window: Duration) -> usize {
    let mut sent: Vec<Timestamp> = spans.iter().map(|span| span.sent).collect();
    let mut done: Vec<Timestamp> = spans.iter().map(|span| span.done).collect();
    sent.sort_unstable();
    done.sort_unstable();
    sent.iter()
        .enumerate()
        .map(|(before, start)| {
            let end = start.plus(window);
            done.partition_point(|instant| *instant <= end).saturating_sub(before)
        })
        .max()
        .unwrap_or(0)
}

/// How many calls may count against one that was under way in `of`: never too
/// low.
pub(super) fn perhaps_before(spans: &[Span], of: Span, window: Duration) -> usize {
    let begin = of.sent.minus(window);
    spans.iter().filter(|span| span.done >= begin && span.sent <= of.done).count()
}

/// The declared number and a hundredth more: a distributed limiter is never
/// exact (Microsoft says so of its own).
pub(super) fn with_tolerance(calls: u64) -> usize {
    (calls + calls.div_ceil(100)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(sent: i64, done: i64) -> Span {
        Span { sent: Timestamp::from_seconds(sent), done: Timestamp::from_seconds(done) }
    }

    #[test]
    fn only_what_is_certain_counts_one_way_and_all_that_is_possible_the_other() {
        let spans = [span(0, 1), span(1, 2), span(9, 11), span(10, 12)];
        assert_eq!(most_within(&spans, Duration::from_secs(10)), 2);
        assert_eq!(most_within(&spans, Duration::from_secs(12)), 4);
        assert_eq!(perhaps_before(&spans, span(11, 12), Duration::from_secs(10)), 4);
        assert_eq!(perhaps_before(&spans, span(13, 14), Duration::from_secs(10)), 2);
        assert_eq!(most_within(&[], Duration::from_secs(1)), 0);
    }
}
