//! In what two runs differ before anything is measured, and what of that stands
//! in the way of a verdict.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::recorded::{Machine, PhaseFile, Recorded};
use super::rules::{Obstacle, Rules, matches};
use super::text::milliseconds;

/// A difference between the runs themselves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// What differs.
    pub what: String,
    /// As it was in the first run.
    pub a: String,
    /// As it was in the second.
    pub b: String,
    /// What it concerns: `scenario:contract:operation`, `*` for anything.
    pub place: String,
    /// What kind of obstacle it is, where it is one.
    pub obstacle: Option<Obstacle>,
    /// Whether it stops a verdict there.
    pub stops: bool,
}

impl Difference {
    /// Whether it stops a verdict on a subject.
    pub(super) fn bars(&self, place: &str) -> bool {
        self.stops && matches(&self.place, place)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} in A, {} in B", self.what, self.a, self.b)
    }
}

/// So much lag, in milliseconds, is nobody's fault.
const CALM: f64 = 5.0;

/// All differences, those that stop a verdict first.
pub(super) fn differences(a: &Recorded, b: &Recorded, rules: &Rules) -> Vec<Difference> {
    let runs = [a, b];
    let machine =
        |run: &Recorded| run.run.machine.as_ref().map_or_else(|| "not recorded".to_owned(), Machine::to_string);
    let known = runs.iter().all(|run| run.run.machine.is_some());
    let mut found = vec![
        difference("clock", runs.map(|run| format!("{} times real time", run.run.clock.scale)), Some(Obstacle::Scale)),
        difference("machine", runs.map(machine), known.then_some(Obstacle::Machine)),
    ];
    for (contract, digest) in &a.run.contract_digests {
        let other = b.run.contract_digests.get(contract).unwrap_or(digest);
        let digests = [digest, other].map(|digest| format!("digest {digest}"));
        let what = format!("contract {contract}");
        found.push(Difference {
            place: format!("*:{contract}:*"),
            ..difference(&what, digests, Some(Obstacle::Contract))
        });
    }
    let scenarios: BTreeSet<&str> = a.latencies.keys().map(|key| key.scenario.as_str()).collect();
    let both = || scenarios.iter().filter(|scenario| b.phases(scenario).next().is_some());
    for scenario in both() {
        let end = |cut| if cut { "cut short" } else { "played to its end" }.to_owned();
        let ends = runs.map(|run| end(run.phases(scenario).any(|phase| phase.cut)));
        found.push(difference(&format!("end of {scenario}"), ends, None));
    }
    found.extend(told(runs).into_iter().map(|(what, pair)| difference(what, pair, None)));
    found.retain(|difference| difference.a != difference.b);
    found.extend(both().filter_map(|scenario| lagged(runs, scenario)));
    for difference in &mut found {
        difference.stops = difference.obstacle.is_some_and(|obstacle| !rules.despite.contains(&obstacle));
    }
    found.sort_by_key(|difference| (!difference.stops, difference.obstacle.is_none()));
    found
}

fn difference(what: &str, [a, b]: [String; 2], obstacle: Option<Obstacle>) -> Difference {
    Difference { what: what.to_owned(), a, b, place: "*".to_owned(), obstacle, stops: false }
}

/// A generator that was not as planned in one of the runs, or in both.
fn lagged(runs: [&Recorded; 2], scenario: &str) -> Option<Difference> {
    let late = runs.map(|run| late(run, scenario));
    let told = late.clone().map(|late| late.unwrap_or_else(|| "as planned".to_owned()));
    let difference = difference(&format!("generator of {scenario}"), told, Some(Obstacle::Generator));
    late.iter().any(Option::is_some).then(|| Difference { place: format!("{scenario}:*"), ..difference })
}

/// A generator that was late itself, or sent less than was due: what callers
/// waited is then not the target's doing alone.
fn late(run: &Recorded, scenario: &str) -> Option<String> {
    let own = run.latencies.iter().filter(|(key, _)| key.scenario == scenario);
    let quickest = own.map(|(_, sample)| sample.quantile(0.99) / 1e3).fold(f64::INFINITY, f64::min);
    let sum = |(due, left), phase: &PhaseFile| (phase.due.saturating_add(due), phase.dropped.saturating_add(left));
    let (due, dropped) = run.phases(scenario).fold((0, 0), sum);
    let lag = run.phases(scenario).map(|phase| phase.lag.p99_ms).fold(0.0, f64::max);
    if dropped > due / 100 {
        return Some(format!("{dropped} of {due} calls were never sent"));
    }
    (lag > CALM && lag * 10.0 > quickest).then(|| format!("{} late (p99)", milliseconds(lag)))
}

/// What is worth knowing and stops nothing.
fn told(runs: [&Recorded; 2]) -> [(&'static str, [String; 2]); 7] {
    let list = |list: Vec<String>| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
    let files = runs.map(|run| &run.run);
    let faults = files.map(|run| run.faults.iter().map(|fault| fault["fault"].to_string()).collect());
    [
        ("version", files.map(|run| run.tool_version.clone())),
        ("command", files.map(|run| run.command.clone())),
        ("target", files.map(|run| run.target.name.clone())),
        ("seed", files.map(|run| run.seed.to_string())),
        ("verdict", files.map(|run| run.verdict.clone())),
        ("defects", files.map(|run| list(run.defects.clone()))),
        ("faults", faults.map(list)),
    ]
}
