//! The seconds of a scenario for the tests of the reports, and a threshold.

use std::time::Duration;

use crate::contract::ContractId;
use crate::diagnose::Place;
use crate::observe::{Bound, Measure, Measured, Refusals, Second, Seconds, Threshold, ThresholdRun, Troubles};

/// A scenario of which the first seconds are warm-up, and which is throttled in
/// its middle.
pub(super) fn measured(seconds: u64) -> Measured {
    let mut measured =
        Measured { warm_up: Duration::from_secs(2), warmed: 43, cpus: 2, waited: 4, ..Measured::default() };
    measured.seconds = Seconds::from(Duration::from_secs(3));
    for second in 0..seconds {
        let middle = (seconds / 3..seconds / 2).contains(&second);
        *measured.seconds.at(Duration::from_secs(3 + second)) = Second {
            due: 22,
            begun: 22 - second % 3,
            dropped: u64::from(second == seconds - 1),
            sent: 22,
            again: if middle { 9 } else { 1 },
            polls: 3,
            ended: 23,
            troubles: Troubles { throttled: if middle { 8 } else { 0 }, service: second % 2, ..Troubles::default() },
            effects: 40 + second % 5,
            under_way: Duration::from_millis(900 + 300 * (second % 4)),
            lag: Duration::from_micros(900 + 5_000 * u64::from(middle)),
            cpu: Duration::from_millis(700),
            retry_after: None,
        };
        measured.cpu += Duration::from_millis(700);
    }
    for size in [0, 180, 700, 1_020, 9_000, 3_000_000] {
        measured.requests.add(size);
        measured.answers.add(size / 2);
    }
    let refusals = Refusals { throttled: 600, denied: 2, rejected: 10 };
    measured.refused.insert("flow <b>a</b>".into(), refusals);
    measured.pulse.record(Duration::from_millis(2));
    measured
}

/// One that was broken and ended its scenario.
pub(super) fn threshold() -> ThresholdRun {
    let bound = Bound::Quantile(0.99, Duration::from_millis(300));
    let place = Place { file: "scenarios/steady-day.yaml".into(), line: 9, column: 5 };
    ThresholdRun {
        threshold: Threshold {
            bound,
            contract: Some(ContractId::new("bulk-update", "v1")),
            operation: Some("submitBatch".into()),
            over: Some(10),
            abort: true,
            place,
        },
        judged: 19,
        broken: 2,
        doubtful: 0,
        worst: Some((Measure::Span(Duration::from_millis(704), 214), Duration::from_secs(9))),
        lag: Duration::from_millis(3),
        aborted: true,
    }
}
