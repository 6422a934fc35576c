//! A scenario that goes on, in a few words.

use std::time::Duration;

use crate::clock::format_duration;
use crate::observe::Live;
use crate::report::escape;

/// At most so many lines are taken by a scenario.
const MOST_LINES: usize = 2;

/// A shorter time has no rate.
const LEAST: Duration = Duration::from_millis(500);

/// How a scenario stands, in at most two lines of so many columns: what does
/// not fit is left out, the least important first.
pub(super) fn lines(live: &Live, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts(live) {
        let full = lines.len() == MOST_LINES;
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + part.chars().count() <= width => {
                line.push_str("  ");
                line.push_str(&part);
            }
            Some(_) if full => break,
            Some(_) => lines.push(format!("  {part}")),
            None => lines.push(part),
        }
    }
    lines.iter().map(|line| line.chars().take(width).collect()).collect()
}

/// The same in one line, with nothing left out.
pub(super) fn plain(live: &Live) -> String {
    parts(live).join("  ")
}

fn parts(live: &Live) -> Vec<String> {
    let mut parts = course(live);
    if live.dropped > 0 {
        parts.push(format!("{} dropped", live.dropped));
    }
    if live.operations.done > 0 {
        parts.push(format!("p50 {} p99 {}", format_duration(live.p50), format_duration(live.p99)));
    }
    parts.extend(throttling(live));
    parts.extend(live.troubles.named().map(|(count, name)| format!("{count} {name}")));
    if live.operations.done > 0 {
        parts.push(format!("{:.2} requests each", live.operations.amplification()));
    }
    parts
}

/// How far it is: what is begun, or what is waited for.
fn course(live: &Live) -> Vec<String> {
    let (name, at) = (escape::terminal(&live.scenario), live.at.as_secs_f64());
    if let Some(within) = live.stops_within {
        let within = format_duration(within);
        return vec![format!("{name} {at:.0} s"), format!("stops: {} going, cut off after {within}", live.going)];
    }
    if live.at > live.lasts && live.begun + live.dropped >= live.due {
        let lasted = format_duration(live.lasts);
        return vec![format!("{name} {at:.0} s"), format!("all begun within {lasted}, waits for {} going", live.going)];
    }
    let (over, recent) = &live.recent;
    // Before a whole second is over, all that there was is recent.
    let (over, due, begun) =
        if over.is_zero() { (live.at.max(LEAST), live.due, live.begun) } else { (*over, recent.due, recent.begun) };
    let rate = |count: u64| count as f64 / over.as_secs_f64();
    vec![
        format!("{name} {at:.0}/{:.0} s", live.lasts.as_secs_f64()),
        format!("{:.1}/s of {:.1}/s", rate(begun), rate(due)),
        format!("{} going", live.going),
    ]
}

/// Who refuses how much now, how long callers are told to wait, and how much
/// gets through.
fn throttling(live: &Live) -> Option<String> {
    let (over, recent) = &live.recent;
    let throttled = recent.troubles.throttled;
    if throttled == 0 {
        let before = live.troubles.throttled;
        return (before > 0).then(|| format!("{before} throttled before"));
    }
    let share = |count: u64| format!("{:.0} %", count as f64 / recent.ended.max(1) as f64 * 100.0);
    let passed_on = recent.troubles.passed_on;
    let who = match (throttled - passed_on, passed_on) {
        (gateway, 0) => format!("gateway throttles {}", share(gateway)),
        (0, service) => format!("service throttles {}", share(service)),
        (gateway, service) => format!("gateway throttles {}, service {}", share(gateway), share(service)),
    };
    let told = recent.retry_after.map(|seconds| format!(", Retry-After to {seconds} s")).unwrap_or_default();
    let admitted = (recent.ended - throttled) as f64 / over.max(&LEAST).as_secs_f64();
    Some(format!("{who}{told}, admits {admitted:.0}/s"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::{Operations, Second, Troubles};

    fn live() -> Live {
        Live {
            scenario: "steady-day".into(),
            at: Duration::from_secs(12),
            lasts: Duration::from_secs(33),
            stops_within: None,
            recent: (Duration::from_secs(5), Second { due: 110, begun: 100, ended: 100, ..Second::default() }),
            due: 264,
            begun: 240,
            dropped: 0,
            going: 5,
            p50: Duration::from_micros(4_100),
            p99: Duration::from_millis(22),
            troubles: Troubles::default(),
            operations: Operations {
                begun: 240,
                done: 235,
                refused: 0,
                given_up: 0,
                attempts: 252,
                ..Operations::default()
            },
        }
    }

    fn shown(live: &Live) -> String {
        let lines = lines(live, 79);
        assert!(lines.len() <= MOST_LINES && lines.iter().all(|line| line.chars().count() <= 79), "{lines:?}");
        lines.join("\n")
    }

    #[test]
    fn a_calm_scenario_tells_what_is_reached_and_asked_now() {
        insta::assert_snapshot!(shown(&live()), @r"
        steady-day 12/33 s  20.0/s of 22.0/s  5 going  p50 4.1 ms p99 22 ms
          1.05 requests each
        ");
        let first = Live { recent: Default::default(), at: Duration::from_millis(500), due: 11, begun: 10, ..live() };
        assert!(shown(&first).contains("20.0/s of 22.0/s"), "{}", shown(&first));
    }

    #[test]
    fn who_throttles_comes_before_failures_and_those_by_tier() {
        let troubles = Troubles { throttled: 7, service: 3, silent: 1, ..Troubles::default() };
        let mut busy = Live { troubles, dropped: 2, ..live() };
        busy.recent.1.troubles.throttled = 12;
        busy.recent.1.retry_after = Some(30);
        insta::assert_snapshot!(shown(&busy), @r"
        steady-day 12/33 s  20.0/s of 22.0/s  5 going  2 dropped  p50 4.1 ms p99 22 ms
          gateway throttles 12 %, Retry-After to 30 s, admits 18/s
        ");
        busy.recent.1.troubles.passed_on = 1;
        insta::assert_snapshot!(plain(&busy), @"steady-day 12/33 s  20.0/s of 22.0/s  5 going  2 dropped  p50 4.1 ms p99 22 ms  gateway throttles 11 %, service 1 %, Retry-After to 30 s, admits 18/s  3 5xx of the service  1 without answer  1.05 requests each");
        busy.recent.1.troubles.throttled = 0;
        assert!(shown(&busy).contains("7 throttled before  3 5xx of the service"), "{}", shown(&busy));
    }

    #[test]
    fn after_its_end_it_tells_what_is_waited_for() {
        let mut ended = Live { at: Duration::from_secs(36), begun: 264, ..live() };
        insta::assert_snapshot!(shown(&ended), @r"
        steady-day 36 s  all begun within 33 s, waits for 5 going  p50 4.1 ms p99 22 ms
          1.05 requests each
        ");
        ended.stops_within = Some(Duration::from_secs(2));
        assert!(shown(&ended).starts_with("steady-day 36 s  stops: 5 going, cut off after 2 s"), "{}", shown(&ended));
    }
}
