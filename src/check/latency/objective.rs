//! `latency/objective`.

use std::time::Duration;

use super::ground::{Offered, offered, waits};
use crate::check::claim::Claim;
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::clock::format_duration;
use crate::contract::Contract;
use crate::contract::behaviour::Objective;
use crate::generate::Need;
use crate::observe::{Latency, OperationLatency};

pub(in crate::check) const CHECK: Check = Check {
    id: "latency/objective",
    family: Family::Latency,
    title: "latency stays within the objective",
    explanation: "At the objective's rate or more, the quantiles of latency stay within their bounds. Latency runs \
        from the instant a call was due, so a stall counts for everybody who had to wait, not only for the call \
        that was under way.\n\nJudged only in a phase that really offered the rate, with at least 5/(1−q) samples \
        (100 for p95, 500 for p99), and where no fault was injected; calls of the warm-up don't count. While the \
        generator's own lag p99 is over a tenth of the bound (`[generator] lag-share`), only a miss counts that a \
        busy machine can't have made: measured from the instant of sending, beyond the bound by more than twice \
        that lag, while half of the calls take less than half of the bound. Any other is in doubt, and told by \
        `latency/generator`: the generator was saturated, which is no verdict on the service.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Load],
    judge: Judge::Phase(judge),
};

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    if !subject.run.faults.is_empty() {
        return false;
    }
    let mut concerned = false;
    for contract in subject.contracts {
        let objectives = contract.behaviour.iter().flat_map(|b| &b.objectives);
        for objective in objectives {
            match offered(subject, contract, objective) {
                Offered::Enough => concerned |= judge_objective(subject, contract, objective, found),
                Offered::Short(rate) if worth_a_warning(subject) => {
                    let why = format!("{rate:.1} calls a second were offered, {} are needed", objective.at);
                    found.push(inconclusive(subject, contract, objective, "rate", why));
                }
                Offered::Short(_) | Offered::Little => {}
            }
        }
    }
    concerned
}

/// Whether an objective that can't be judged is told.
pub(super) fn worth_a_warning(subject: &PhaseSubject<'_>) -> bool {
    subject.for_objectives && !subject.interim
}

fn judge_objective(
    subject: &PhaseSubject<'_>,
    contract: &Contract,
    objective: &Objective,
    found: &mut Vec<Finding>,
) -> bool {
    let mut concerned = false;
    for (quantile, bound) in &objective.quantiles {
        let Seen { enough, late, doubtful } = seen(subject, contract, (*quantile, *bound));
        let called = subject.run.latencies.iter().any(|latency| latency.contract == contract.id);
        if enough == 0 && worth_a_warning(subject) && called {
            let why = format!("fewer than {} samples for {}", samples_needed(*quantile), name(*quantile));
            found.push(inconclusive(subject, contract, objective, "samples", why));
        }
        concerned |= enough > doubtful.len();
        found.extend(late.into_iter().map(|late| missed(subject, contract, objective, late, (*quantile, *bound))));
    }
    concerned
}

/// The operations of a contract beside a bound.
pub(super) struct Seen<'a> {
    /// How many have samples enough.
    enough: usize,
    /// Those that miss it.
    late: Vec<&'a OperationLatency>,
    /// Those that would, had the generator not been late itself.
    pub(super) doubtful: Vec<&'a OperationLatency>,
}

/// What is within the bound is, however late the generator is: it can only make
/// latencies longer.
pub(super) fn seen<'a>(
    subject: &PhaseSubject<'a>,
    contract: &Contract,
    (quantile, bound): (f64, Duration),
) -> Seen<'a> {
    let operations = subject.run.latencies.iter().filter(|l| l.contract == contract.id);
    let enough: Vec<&OperationLatency> =
        operations.filter(|l| l.corrected.count() >= samples_needed(quantile)).collect();
    let lag = subject.run.own_lag();
    let calm = subject.is_calm(bound);
    let is_late = |latency: &OperationLatency| {
        let seen = if calm { &latency.corrected } else { &latency.uncorrected };
        let beyond = if calm { bound } else { bound + lag * 2 };
        (calm || seen.quantile(0.5) * 2 < bound) && is_missed(seen, quantile, beyond, subject.interim)
    };
    let (late, others): (Vec<_>, Vec<_>) = enough.iter().copied().partition(|latency| is_late(latency));
    let beyond = |latency: &&OperationLatency| latency.corrected.quantile(quantile) > bound;
    let doubtful = if calm { Vec::new() } else { others.into_iter().filter(beyond).collect() };
    Seen { enough: enough.len(), late, doubtful }
}

/// As many as let five samples lie beyond the quantile.
fn samples_needed(quantile: f64) -> u64 {
    (5.0 / (1.0 - quantile)).round() as u64
}

/// While the phase goes on, more samples could still heal a near miss: then
/// clearly more than the allowed share must be late, by two and a half standard
/// deviations of a share.
fn is_missed(latency: &Latency, quantile: f64, bound: Duration, interim: bool) -> bool {
    let margin = if interim { 2.5 * (quantile * (1.0 - quantile) / latency.count() as f64).sqrt() } else { 0.0 };
    latency.quantile((quantile - margin).max(0.0)) > bound
}

fn missed(
    subject: &PhaseSubject<'_>,
    contract: &Contract,
    objective: &Objective,
    latency: &OperationLatency,
    (quantile, bound): (f64, Duration),
) -> Finding {
    let seen = format_duration(latency.corrected.quantile(quantile));
    let mut finding = subject.finding(
        &CHECK,
        Some(&contract.id),
        Claim {
            what: format!("{} {} {}", subject.run.scenario, latency.operation, name(quantile)),
            title: format!("{}: {} missed its {} objective", subject.run.scenario, latency.operation, name(quantile)),
            expected: format!(
                "{} at most {} at {} calls a second",
                name(quantile),
                format_duration(bound),
                objective.at
            ),
            actual: format!(
                "{} {seen} over {} samples (p50 {}, largest {})",
                name(quantile),
                latency.corrected.count(),
                format_duration(latency.corrected.quantile(0.5)),
                format_duration(latency.corrected.max()),
            ),
            place: Some(objective.place.clone()),
        },
    );
    finding.operation = Some(latency.operation.clone());
    finding.evidence.lines.extend(waits(subject.run));
    finding.evidence.lines.push(format!(
        "measured from the instant of sending: {} {}",
        name(quantile),
        format_duration(latency.uncorrected.quantile(quantile))
    ));
    finding
}

fn inconclusive(
    subject: &PhaseSubject<'_>,
    contract: &Contract,
    objective: &Objective,
    what: &str,
    why: String,
) -> Finding {
    let mut finding = subject.finding(
        &CHECK,
        Some(&contract.id),
        Claim {
            what: format!("{} inconclusive {what}", subject.run.scenario),
            title: format!("{}: the latency objective could not be judged (inconclusive)", subject.run.scenario),
            expected: format!("the objective's rate of {} calls a second, and samples enough", objective.at),
            actual: why,
            place: Some(objective.place.clone()),
        },
    );
    finding.level = Level::Warning;
    finding
}

pub(super) fn name(quantile: f64) -> String {
    format!("p{}", (quantile * 1e5).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::judging::Judging;
    use crate::check::synthetic::{phase, phase_findings, record, subject, with_behaviour};
    use crate::check::{Finding, Level};
    use crate::observe::PhaseRun;
    use crate::wire::{Fault, FaultKind};

    /// So many calls, one each `every` ms; each `nth` takes 2 s.
    fn run(calls: u64, every: u64, nth: u64) -> PhaseRun {
        let calls = (0..calls)
            .map(|i| {
                let mut call = record(i, i * every);
                if nth > 0 && i % nth == 0 {
                    call.done = call.sent + Duration::from_secs(2);
                }
                call
            })
            .collect();
        phase(calls, vec![])
    }

    fn levels(run: &PhaseRun) -> Vec<Level> {
        phase_findings(&super::CHECK, &with_behaviour(), run).into_iter().map(|f| f.level).collect()
    }

    #[test]
    fn every_tenth_late_is_found() {
        assert_eq!(levels(&run(400, 20, 10)), [Level::Error]);
        assert_eq!(levels(&run(400, 20, 0)), []);
        assert_eq!(levels(&run(400, 20, 50)), [], "2 in 100 are within p95");
    }

    #[test]
    fn without_rate_or_samples_it_is_inconclusive() {
        assert_eq!(levels(&run(400, 55, 10)), [Level::Warning], "18 a second");
        assert_eq!(levels(&run(400, 80, 10)), [], "12 a second: another kind of phase");
        assert_eq!(levels(&run(60, 20, 10)), [Level::Warning], "too few");
        let mut lagging = run(400, 20, 0);
        lagging.lag.record(Duration::from_millis(60));
        assert_eq!(levels(&lagging), [], "what is within the bound is, however late it was sent");
        let mut faulty = run(400, 20, 10);
        faulty.faults.push(Fault::new(FaultKind::Unavailable));
        assert_eq!(levels(&faulty), []);
    }

    #[test]
    fn what_the_lag_can_t_have_made_is_found() {
        let lagging = |lag: u64| {
            let mut run = run(400, 20, 10);
            run.lag.record(Duration::from_millis(lag));
            levels(&run)
        };
        assert_eq!(lagging(300), [Level::Error]);
        assert_eq!(lagging(900), [], "2 s are within 500 ms and twice the lag");
        let mut slow = run(400, 20, 1);
        slow.lag.record(Duration::from_millis(300));
        assert_eq!(levels(&slow), [], "all are slow: so may be the machine");
    }

    #[test]
    fn in_between_only_what_more_samples_cannot_heal_is_found() {
        let interim = |run: &PhaseRun| -> Vec<Finding> {
            let contracts = [with_behaviour()];
            Judging::of(vec![&super::CHECK]).phase(&subject(&contracts, run, true))
        };
        assert_eq!(interim(&run(400, 20, 10)).len(), 1);
        assert!(interim(&run(120, 20, 17)).is_empty(), "near the bound");
        assert!(interim(&run(60, 20, 10)).is_empty());
        assert!(interim(&run(400, 55, 10)).is_empty());
    }
}
