//! Watches thresholds while a scenario goes on, second by second.

use std::collections::VecDeque;
use std::time::Duration;

use super::held::Held;
use super::{Bound, Measure, Threshold, ThresholdRun};
use crate::observe::CallRecord;

/// The thresholds of a scenario, and what was seen so far.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    watched: Vec<Watched>,
    /// From here on calls count: what was due earlier belongs to the warm-up.
    from: Duration,
    /// The second of the run that goes on.
    second: u64,
}

#[derive(Clone, Debug)]
struct Watched {
    kept: ThresholdRun,
    now: Held,
    /// Seconds that are over, at most as many as the window has.
    seconds: VecDeque<Held>,
    /// All of the scenario, where there is no window.
    whole: Held,
}

impl Watch {
    /// For a scenario of which what is due from then on counts, in real time
    /// since the run began.
    pub fn new(thresholds: &[Threshold], from: Duration) -> Self {
        let watched = thresholds.iter().map(|threshold| Watched {
            kept: ThresholdRun {
                threshold: threshold.clone(),
                judged: 0,
                broken: 0,
                doubtful: 0,
                worst: None,
                lag: Duration::ZERO,
                aborted: false,
            },
            now: Held::default(),
            seconds: VecDeque::new(),
            whole: Held::default(),
        });
        Self { watched: watched.collect(), from, second: from.as_secs() }
    }

    /// Counts a call that is over. One that comes late counts in the second that
    /// goes on.
    pub fn call(&mut self, call: &CallRecord) {
        if call.due < self.from || call.poll || call.refusable {
            return;
        }
        for watched in &mut self.watched {
            let threshold = &watched.kept.threshold;
            if threshold.contract.as_ref().is_none_or(|contract| *contract == call.contract)
                && threshold.operation.as_ref().is_none_or(|operation| *operation == call.operation)
            {
                watched.now.call(call, matches!(threshold.bound, Bound::Quantile(..)));
            }
        }
    }

    /// A run is due.
    pub fn due(&mut self, at: Duration) {
        self.each(at, |held| held.due += 1);
    }

    /// A run begins that was due then.
    pub fn begun(&mut self, due: Duration) {
        self.each(due, |held| held.begun += 1);
    }

    /// A run that is due never begins.
    pub fn dropped(&mut self, due: Duration) {
        self.each(due, |held| held.dropped += 1);
    }

    /// The generator itself is late by so much.
    pub fn lag(&mut self, now: Duration, lag: Duration) {
        self.each(now, |held| held.lag = held.lag.max(lag));
    }

    fn each(&mut self, at: Duration, change: impl Fn(&mut Held)) {
        if at >= self.from {
            self.watched.iter_mut().for_each(|watched| change(&mut watched.now));
        }
    }

    /// It is now so late. Gives whether the scenario is to end because of what
    /// was seen.
    pub fn until(&mut self, now: Duration) -> bool {
        let mut abort = false;
        while self.second < now.as_secs() {
            self.second += 1;
            let second = self.second;
            for watched in &mut self.watched {
                abort |= watched.close(second);
            }
        }
        abort
    }

    /// What became of each threshold.
    pub fn finish(mut self) -> Vec<ThresholdRun> {
        let (second, from) = (self.second + 1, self.from);
        for watched in &mut self.watched {
            watched.close(second);
            if watched.kept.threshold.over.is_none() {
                let whole = std::mem::take(&mut watched.whole);
                watched.judge(&whole, from, second.saturating_sub(from.as_secs()));
            }
        }
        self.watched.into_iter().map(|watched| watched.kept).collect()
    }
}

impl Watched {
    /// The second is over that ends then.
    fn close(&mut self, end: u64) -> bool {
        let held = std::mem::take(&mut self.now);
        let Some(over) = self.kept.threshold.over else {
            self.whole.add(&held);
            return false;
        };
        self.seconds.push_back(held);
        while self.seconds.len() as u64 > over {
            self.seconds.pop_front();
        }
        if (self.seconds.len() as u64) < over {
            return false;
        }
        let mut window = Held::default();
        self.seconds.iter().for_each(|second| window.add(second));
        let broken = self.judge(&window, Duration::from_secs(end.saturating_sub(over)), over);
        let abort = broken && self.kept.threshold.abort && !self.kept.aborted;
        self.kept.aborted |= abort;
        abort
    }

    /// Judges a window; gives whether the threshold is broken in it.
    fn judge(&mut self, window: &Held, began: Duration, seconds: u64) -> bool {
        let bound = self.kept.threshold.bound;
        let Some(measure) = window.measure(bound) else { return false };
        let beyond = bound.is_broken(measure);
        let doubtful = beyond && bound.may_be_made_by(measure, window.lag, seconds);
        let kept = &mut self.kept;
        let broken = beyond && !doubtful;
        let first = broken && kept.broken == 0;
        kept.judged += u64::from(!doubtful);
        kept.broken += u64::from(broken);
        kept.doubtful += u64::from(doubtful);
        let counts = broken || kept.broken == 0;
        let worse = |(worst, _): (Measure, Duration)| measure.is_worse(worst, bound);
        if first || (counts && kept.worst.is_none_or(worse)) {
            (kept.worst, kept.lag) = (Some((measure, began)), window.lag);
        }
        broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Place;
    use crate::observe::Share;
    use crate::observe::intervals::sample_call;

    fn threshold(bound: Bound, over: Option<u64>) -> Threshold {
        Threshold { bound, contract: None, operation: None, over, abort: over.is_some(), place: Place::file("s.yaml") }
    }

    /// A call each 10 ms, from 10 s on for 30 s; those of the 15th to the 19th
    /// second take so long and are answered so.
    fn watched(threshold: Threshold, (took, status): (u64, u16), lag: u64) -> (ThresholdRun, Option<u64>) {
        let mut watch = Watch::new(&[threshold], Duration::from_secs(10));
        let mut aborted = None;
        for sent in (10_000..40_000).step_by(10) {
            let odd = (15_000..20_000).contains(&sent);
            let mut call = sample_call("x", sent, sent + if odd { took } else { 20 });
            call.status = Some(if odd { status } else { 200 });
            let now = call.done;
            watch.due(call.due);
            watch.begun(call.due);
            watch.lag(now, Duration::from_millis(lag));
            watch.call(&call);
            if watch.until(now) {
                aborted.get_or_insert(now.as_secs());
            }
        }
        (watch.finish().remove(0), aborted)
    }

    #[test]
    fn a_window_that_is_slow_breaks_a_quantile_that_the_whole_keeps() {
        let bound = Bound::Quantile(0.5, Duration::from_millis(300));
        let (kept, aborted) = watched(threshold(bound, Some(4)), (400, 200), 0);
        assert!((2..=5).contains(&kept.broken) && kept.judged == 28, "{kept:?}");
        assert!(aborted.is_some_and(|second| (17..=19).contains(&second)) && kept.aborted, "{aborted:?}");
        let Some((Measure::Span(span, calls), _)) = kept.worst else { panic!("{kept:?}") };
        assert!((400..420).contains(&span.as_millis()) && calls > 300, "{kept:?}");
        let (kept, aborted) = watched(threshold(bound, None), (400, 200), 0);
        assert_eq!((kept.judged, kept.broken, aborted), (1, 0, None));
    }

    #[test]
    fn what_the_generator_s_own_lag_explains_is_in_doubt() {
        let bound = Bound::Quantile(0.5, Duration::from_millis(300));
        let (kept, aborted) = watched(threshold(bound, Some(4)), (400, 200), 80);
        assert_eq!((kept.broken, aborted), (0, None));
        assert!(kept.doubtful >= 2, "{kept:?}");
        assert_eq!(watched(threshold(bound, Some(4)), (900, 200), 80).0.doubtful, 0, "too much for it");
    }

    #[test]
    fn shares_and_rates_are_bounded_too() {
        let throttled = |most, over| threshold(Bound::Share(Share::Throttled, most), over);
        assert!(watched(throttled(0.05, Some(5)), (20, 429), 0).0.broken >= 5);
        assert_eq!(watched(throttled(0.2, None), (20, 429), 0).0.broken, 0, "5 s of 30 s");
        assert_eq!(watched(throttled(0.1, None), (20, 429), 0).0.broken, 1);
        let kept = watched(threshold(Bound::Reached(0.99), Some(5)), (20, 200), 0).0;
        assert_eq!((kept.broken, kept.worst.map(|(m, _)| matches!(m, Measure::Share(..)))), (0, Some(true)));
    }

    #[test]
    fn what_was_due_in_the_warm_up_counts_for_nothing() {
        let mut watch = Watch::new(&[threshold(Bound::Share(Share::Failed, 0.0), None)], Duration::from_secs(10));
        let mut call = sample_call("x", 9_000, 11_000);
        call.status = Some(500);
        watch.call(&call);
        assert_eq!(watch.finish()[0].judged, 0);
    }

    #[test]
    fn a_threshold_reads_as_it_is_written() {
        let bound = Bound::Quantile(0.999, Duration::from_millis(300));
        assert_eq!(threshold(bound, Some(10)).to_string(), "p99.9 at most 300 ms over any 10 s");
        let reached = threshold(Bound::Reached(0.95), None);
        assert_eq!(reached.to_string(), "reached at least 95 %");
        let shown = Measure::Share(37, 400).shown(Bound::Share(Share::FailedByGateway, 0.01));
        assert_eq!(shown, "37 of 400 calls failed by gateway (9.25 %)");
    }
}
