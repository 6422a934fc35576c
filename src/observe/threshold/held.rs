//! What a second, or a window of several, held of what a threshold looks at.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Bound, Measure, Share};
use crate::observe::{CallRecord, Troubles};

/// What was seen in a second, or in a window.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// Calls by latency, in microseconds, three digits of them kept.
    spans: BTreeMap<u64, u64>,
    calls: u64,
    troubles: Troubles,
    pub(super) due: u64,
    pub(super) begun: u64,
    pub(super) dropped: u64,
    /// How late the generator itself was at most.
    pub(super) lag: Duration,
}

/// Where a span counts: what has the same first eleven bits is one.
fn rounded(micros: u64) -> u64 {
    let shift = (u64::BITS - micros.leading_zeros()).saturating_sub(11);
    micros | ((1 << shift) - 1)
}

impl Held {
    /// Counts a call.
    pub(super) fn call(&mut self, call: &CallRecord, with_span: bool) {
        if with_span {
            let micros = call.done.saturating_sub(call.due).as_micros() as u64;
            *self.spans.entry(rounded(micros)).or_default() += 1;
        }
        self.calls += 1;
        self.troubles.count(call);
    }

    /// Adds another one.
    pub(super) fn add(&mut self, other: &Self) {
        for (span, count) in &other.spans {
            *self.spans.entry(*span).or_default() += count;
        }
        self.calls += other.calls;
        self.troubles.add(other.troubles);
        self.due += other.due;
        self.begun += other.begun;
        self.dropped += other.dropped;
        self.lag = self.lag.max(other.lag);
    }

    /// What was measured of what is bounded; `None` where there was too little.
    pub(super) fn measure(&self, bound: Bound) -> Option<Measure> {
        let of = |count: u64, all: u64| (all > 0).then_some(Measure::Share(count, all));
        let troubles = self.troubles;
        match bound {
            Bound::Quantile(quantile, _) => self.quantile(quantile),
            Bound::Share(Share::Failed, _) => of(troubles.failed(), self.calls),
            Bound::Share(Share::FailedByGateway, _) => of(troubles.gateway, self.calls),
            Bound::Share(Share::FailedByService, _) => of(troubles.service, self.calls),
            Bound::Share(Share::Unanswered, _) => of(troubles.silent, self.calls),
            Bound::Share(Share::Throttled, _) => of(troubles.throttled, self.calls),
            Bound::Dropped(_) => of(self.dropped, self.due),
            Bound::Reached(_) => of(self.begun, self.due),
        }
    }

    /// A quantile, of as many calls as let one lie beyond it.
    fn quantile(&self, quantile: f64) -> Option<Measure> {
        if (self.calls as f64) < (1.0 / (1.0 - quantile)).round() {
            return None;
        }
        let rank = ((quantile * self.calls as f64).ceil() as u64).max(1);
        let mut below = 0;
        let found = self.spans.iter().find(|(_, count)| {
            below += **count;
            below >= rank
        });
        found.map(|(micros, _)| Measure::Span(Duration::from_micros(*micros), self.calls))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::observe::Latency;

    proptest! {
        #[test]
        fn a_quantile_is_the_histogram_s_within_a_thousandth(
            millis in prop::collection::vec(1_u64..100_000, 100..400),
            quantile in prop::sample::select(vec![0.5, 0.9, 0.95, 0.99]),
        ) {
            let (mut held, mut latency) = (Held::default(), Latency::new());
            for span in millis {
                let call = crate::observe::intervals::sample_call("x", 5, 5 + span);
                held.call(&call, true);
                latency.record(call.done.saturating_sub(call.due));
            }
            let Some(Measure::Span(span, _)) = held.measure(Bound::Quantile(quantile, Duration::ZERO)) else {
                panic!("enough calls");
            };
            let exact = latency.quantile(quantile).as_secs_f64();
            prop_assert!((span.as_secs_f64() - exact).abs() <= exact / 500.0, "{:?} {}", span, exact);
        }
    }
}
