//! `latency/generator`.

use super::ground::{Offered, offered};
use super::objective::{name, seen, worth_a_warning};
use crate::check::claim::Claim;
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::clock::format_duration;
use crate::diagnose::Place;

pub(in crate::check) const CHECK: Check = Check {
    id: "latency/generator",
    family: Family::Latency,
    title: "the generator kept up with its plan",
    explanation: "Where the generator itself was late, it can't tell whether the target is slow. Its own lag is how \
        much later than due a call asked for its turn (time spent waiting for another run's end or for an answer \
        is the target's), and how late a bare timer was beside. Where a latency objective or a threshold is missed by no \
        more than this lag explains, nothing is said about the target but that: the generator was saturated, on how \
        many processors and with which share of them.\n\nAlone, it ends `load` with exit code 3, as a run that could not \
        be made; it never hides a finding.",
    level: Level::Warning,
    needs: &[],
    judge: Judge::Phase(judge),
};

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    if subject.interim || !worth_a_warning(subject) {
        return false;
    }
    let mut judged = false;
    let mut doubtful: Vec<(String, Place)> = Vec::new();
    let objectives = subject.contracts.iter().flat_map(|contract| {
        contract.behaviour.iter().flat_map(|b| &b.objectives).map(move |objective| (contract, objective))
    });
    for (contract, objective) in objectives.filter(|_| subject.run.faults.is_empty()) {
        if offered(subject, contract, objective) != Offered::Enough {
            continue;
        }
        judged = true;
        for (quantile, bound) in &objective.quantiles {
            for latency in seen(subject, contract, (*quantile, *bound)).doubtful {
                let most = format_duration(*bound);
                let what = format!("{} at most {most} of {} {}", name(*quantile), contract.id, latency.operation);
                doubtful.push((what, objective.place.clone()));
            }
        }
    }
    for run in &subject.run.thresholds {
        judged |= run.judged + run.doubtful > 0;
        if run.doubtful > 0 && run.broken == 0 {
            doubtful.push((run.threshold.to_string(), run.threshold.place.clone()));
        }
    }
    found.extend(saturated(subject, &doubtful));
    judged
}

fn saturated(subject: &PhaseSubject<'_>, doubtful: &[(String, Place)]) -> Option<Finding> {
    let (_, place) = doubtful.first()?;
    let run = subject.run;
    let measured = &run.measured;
    let share = measured.cpu_share(run.ended.saturating_sub(run.began)) * 100.0;
    let whats: Vec<&str> = doubtful.iter().map(|(what, _)| what.as_str()).collect();
    let lag = format_duration(run.own_lag());
    let claim = Claim {
        what: format!("{} saturated", run.scenario),
        title: format!(
            "{}: generator saturated: measured with a lag of its own of {lag} (p99); {} cannot be judged",
            run.scenario,
            whats.join(", ")
        ),
        expected: "a generator that is late itself by less than what it measures".to_owned(),
        actual: format!(
            "its own lag p99 {lag}, largest {}; {share:.0} % of {} processors used by this process",
            format_duration(run.lag.max().max(measured.pulse.max())),
            measured.cpus
        ),
        place: Some(place.clone()),
    };
    let mut finding = subject.finding(&CHECK, None, claim);
    finding.evidence.lines.push(format!(
        "with what was due: p99 {}; a bare timer beside: p99 {}",
        format_duration(run.lag.quantile(0.99)),
        format_duration(measured.pulse.quantile(0.99))
    ));
    finding.evidence.lines.push("lower the rate, take a larger machine, or play the scenario alone".to_owned());
    Some(finding)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{phase, phase_findings, record, with_behaviour};
    use crate::observe::PhaseRun;

    /// Calls that all take so many milliseconds, by a generator that was late
    /// by so many.
    fn run(took: u64, lag: u64) -> PhaseRun {
        let calls = (0..400).map(|i| {
            let mut call = record(i, i * 20);
            call.done = call.sent + Duration::from_millis(took);
            call
        });
        let mut run = phase(calls.collect(), vec![]);
        run.measured.pulse.record(Duration::from_millis(lag));
        run
    }

    fn titles(run: &PhaseRun) -> Vec<String> {
        phase_findings(&super::CHECK, &with_behaviour(), run).into_iter().map(|finding| finding.title).collect()
    }

    #[test]
    fn what_the_own_lag_explains_is_said_of_the_generator_alone() {
        let told = titles(&run(600, 300));
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("generator saturated") && told[0].contains("p95 at most 500 ms"), "{told:?}");
        let slow = phase_findings(&super::super::objective::CHECK, &with_behaviour(), &run(600, 300));
        assert!(slow.is_empty(), "{slow:?}");
    }

    #[test]
    fn a_calm_generator_and_a_fast_target_are_silent() {
        assert!(titles(&run(600, 3)).is_empty(), "then the target is slow");
        assert!(titles(&run(100, 300)).is_empty(), "then the objective holds all the same");
    }
}
