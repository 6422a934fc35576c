//! `latency/threshold`.

use std::time::Duration;

use super::ground::waits;
use crate::check::claim::Claim;
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::clock::format_duration;
use crate::observe::{Bound, ThresholdRun};

pub(in crate::check) const CHECK: Check = Check {
    id: "latency/threshold",
    family: Family::Latency,
    title: "the scenario's thresholds hold",
    explanation: "What a scenario file bounds under `thresholds` stays within: quantiles of latency from the due \
        instant, shares of calls (failed, failed_by_gateway, failed_by_service, unanswered, throttled), runs that \
        were dropped, and the rate that was reached of the planned one; over the whole scenario, or over any window \
        of so many seconds. `abort: true` ends the scenario where the bound is broken.\n\nCalls of the warm-up, polls \
        and calls that the contract promises to refuse don't count. A window is judged when it is full, a quantile \
        of as many calls as let one lie beyond it (100 for p99), and the number that a share allows is rounded up. \
        What the generator's own lag in that window explains is told by `latency/generator`. It is judged where \
        faults were injected too: who wrote the scenario knew of them.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Phase(judge),
};

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    for run in &subject.run.thresholds {
        if run.broken > 0 {
            found.push(broken(subject, run));
        } else if run.judged + run.doubtful == 0 && !subject.interim {
            found.push(inconclusive(subject, run));
        }
    }
    subject.run.thresholds.iter().any(|run| run.judged > 0)
}

fn broken(subject: &PhaseSubject<'_>, run: &ThresholdRun) -> Finding {
    let threshold = &run.threshold;
    let windows = match threshold.over {
        Some(_) => format!(" in {} of {} windows", run.broken, run.judged),
        None => String::new(),
    };
    let (measure, began) = run.worst.map_or_else(Default::default, |(measure, began)| {
        (measure.shown(threshold.bound), began.saturating_sub(subject.run.began))
    });
    let when = match threshold.over {
        Some(over) => format!(
            "{} to {} after the start",
            format_duration(began),
            format_duration(began + Duration::from_secs(over))
        ),
        None => "over the scenario".to_owned(),
    };
    let end = if run.aborted { "; the scenario was ended because of it" } else { "" };
    let whose = whose(run);
    let mut finding = finding(
        subject,
        run,
        "",
        [
            format!("{}: the threshold {threshold}{whose} is broken{windows}", subject.run.scenario),
            format!("{threshold}{whose}"),
            format!("{measure}, {when}{end}"),
        ],
    );
    if matches!(threshold.bound, Bound::Quantile(..)) {
        finding.evidence.lines.push(format!("the generator itself was late by at most {}", format_duration(run.lag)));
    }
    finding.evidence.lines.extend(waits(subject.run));
    finding
}

/// Which calls are bounded, where not all are.
fn whose(run: &ThresholdRun) -> String {
    let threshold = &run.threshold;
    let words: Vec<String> = threshold
        .contract
        .iter()
        .map(ToString::to_string)
        .chain(threshold.operation.iter().map(ToString::to_string))
        .collect();
    if words.is_empty() { String::new() } else { format!(" of {}", words.join(" ")) }
}

fn inconclusive(subject: &PhaseSubject<'_>, run: &ThresholdRun) -> Finding {
    let mut finding = finding(
        subject,
        run,
        "inconclusive ",
        [
            format!("{}: the threshold {} could not be judged (inconclusive)", subject.run.scenario, run.threshold),
            "a scenario that lasts as long as the window, and calls enough in it".to_owned(),
            "there was no window that was full and had calls enough".to_owned(),
        ],
    );
    finding.level = Level::Warning;
    finding
}

fn finding(
    subject: &PhaseSubject<'_>,
    run: &ThresholdRun,
    kind: &str,
    [title, expected, actual]: [String; 3],
) -> Finding {
    let threshold = &run.threshold;
    let what = format!("{kind}{} {threshold}{}", subject.run.scenario, whose(run));
    let claim = Claim { what, title, expected, actual, place: Some(threshold.place.clone()) };
    let mut finding = subject.finding(&CHECK, threshold.contract.as_ref(), claim);
    finding.operation.clone_from(&threshold.operation);
    finding
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::Level;
    use crate::check::synthetic::{phase, phase_findings, record, with_behaviour};
    use crate::diagnose::Place;
    use crate::observe::{Bound, Share, Threshold, Watch};

    /// What is found of a threshold on a call each 10 ms for so many seconds, of
    /// which every tenth is throttled and takes 400 ms.
    fn found(bound: Bound, over: Option<u64>, seconds: u64) -> Vec<(Level, String, String)> {
        let threshold = Threshold {
            bound,
            contract: None,
            operation: Some("submitBatch".into()),
            over,
            abort: false,
            place: Place::file("s.yaml"),
        };
        let mut watch = Watch::new(&[threshold], Duration::ZERO);
        for sent in 0..seconds * 100 {
            let mut call = record(sent, sent * 10);
            if sent % 10 == 0 {
                (call.status, call.done) = (Some(429), call.sent + Duration::from_millis(400));
            }
            watch.until(call.done);
            watch.call(&call);
        }
        let mut run = phase(vec![record(1, 0)], vec![]);
        run.thresholds = watch.finish();
        let findings = phase_findings(&super::CHECK, &with_behaviour(), &run);
        findings.into_iter().map(|f| (f.level, f.title, f.actual)).collect()
    }

    #[test]
    fn a_slow_tail_and_too_many_429_are_found_with_the_window_that_shows_them() {
        let slow = found(Bound::Quantile(0.95, Duration::from_millis(300)), Some(4), 10);
        let [(Level::Error, title, actual)] = &slow[..] else { panic!("{slow:?}") };
        assert!(title.contains("p95 at most 300 ms over any 4 s of submitBatch is broken in "), "{title}");
        assert!(actual.starts_with("p95 40") && actual.contains("after the start"), "{actual}");
        let throttled = found(Bound::Share(Share::Throttled, 0.05), None, 10);
        assert_eq!(throttled.len(), 1, "{throttled:?}");
        assert!(throttled[0].2.starts_with("100 of 1000 calls throttled (10 %)"), "{throttled:?}");
    }

    #[test]
    fn what_is_kept_is_silent_and_what_was_too_short_is_inconclusive() {
        assert_eq!(found(Bound::Quantile(0.5, Duration::from_millis(300)), Some(4), 10), []);
        assert_eq!(found(Bound::Share(Share::Throttled, 0.1), Some(4), 10), []);
        let short = found(Bound::Quantile(0.5, Duration::from_millis(300)), Some(20), 10);
        assert_eq!(short.len(), 1);
        assert_eq!(short[0].0, Level::Warning);
    }
}
