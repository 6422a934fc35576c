//! A scenario that goes on, in one line.

use crate::clock::format_duration;
use crate::observe::Live;
use crate::report::escape;

/// How a scenario stands, in at most `width` columns: what does not fit is left
/// out, the least important first.
pub(super) fn line(live: &Live, width: usize) -> String {
    let seconds = live.at.as_secs_f64().max(0.001);
    let rate = |count: u64| count as f64 / seconds;
    let mut parts = vec![
        format!("{} {:.0}/{:.0} s", escape::terminal(&live.scenario), live.at.as_secs_f64(), live.lasts.as_secs_f64()),
        format!("{:.1}/s of {:.1}/s", rate(live.begun), rate(live.due)),
        format!("{} going", live.going),
    ];
    if live.dropped > 0 {
        parts.push(format!("{} dropped", live.dropped));
    }
    parts.extend(live.troubles.named().map(|(count, name)| format!("{count} {name}")));
    if live.operations.done > 0 {
        parts.push(format!("p50 {} p99 {}", format_duration(live.p50), format_duration(live.p99)));
        parts.push(format!("{:.2} requests each", live.operations.amplification()));
    }
    let mut line = String::new();
    for part in parts {
        let gap = if line.is_empty() { "" } else { "  " };
        if line.chars().count() + gap.len() + part.chars().count() > width {
            break;
        }
        line.push_str(gap);
        line.push_str(&part);
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::observe::{Operations, Troubles};

    fn live() -> Live {
        Live {
            scenario: "steady-day".into(),
            at: Duration::from_secs(12),
            lasts: Duration::from_secs(33),
            due: 264,
            begun: 240,
            dropped: 0,
            going: 5,
            p50: Duration::from_micros(4_100),
            p99: Duration::from_millis(22),
            troubles: Troubles::default(),
            operations: Operations { begun: 240, done: 235, refused: 0, given_up: 0, attempts: 252 },
        }
    }

    #[test]
    fn a_calm_scenario_fits_into_80_columns() {
        let line = line(&live(), 80);
        insta::assert_snapshot!(line, @"steady-day 12/33 s  20.0/s of 22.0/s  5 going  p50 4.1 ms p99 22 ms");
    }

    #[test]
    fn troubles_come_before_figures() {
        let troubles = Troubles { throttled: 7, service: 3, silent: 1, ..Troubles::default() };
        let all = line(&Live { troubles, dropped: 2, ..live() }, 200);
        insta::assert_snapshot!(all, @"steady-day 12/33 s  20.0/s of 22.0/s  5 going  2 dropped  7 throttled  3 5xx of the service  1 without answer  p50 4.1 ms p99 22 ms  1.05 requests each");
        assert!(line(&Live { troubles, ..live() }, 80).chars().count() <= 80);
    }
}
