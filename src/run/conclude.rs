//! What is said of findings when all is over: what somebody knows of, the lines
//! they point to, and how much of the contracts was tried.

use std::collections::HashMap;
use std::sync::Arc;

use super::session::Session;
use crate::check::{Apart, Coverage, Finding, NotChecked, Outcome, Tally};

/// Longest line of a source that is shown, in characters.
const LONGEST: usize = 240;

/// Says in each finding what is known of it. An entry whose time is over is
/// told in the finding; one that fits nothing is a notice, where the run could
/// have shown it.
pub(super) fn mark_known(session: &Session, findings: &mut [Finding], command: &str) {
    let mut seen = Vec::new();
    for finding in findings {
        let Some((entry, known)) = session.known.of(finding, session.started) else { continue };
        seen.push(entry);
        if known.expired {
            let until = known.expires.utc().format("%Y-%m-%d");
            finding.evidence.lines.insert(0, format!("known until {until}, and that time is over: {}", known.reason));
        }
        finding.more.known = Some(known);
    }
    let options = &session.options;
    let whole = ["check", "gate"].contains(&command)
        && options.only.is_empty()
        && options.skip.is_empty()
        && options.operation.is_none()
        && session.stop.reason().is_none();
    if whole {
        let stale = session.known.others(&seen);
        let lines = stale.map(|entry| format!("{}: nothing shows this any more: {}", entry.place, entry.names()));
        session.gathered().notices.extend(lines);
    }
}

/// The line of the user's file that each finding points to.
pub(super) fn add_sources(findings: &mut [Finding]) {
    let mut files: HashMap<Arc<str>, Option<String>> = HashMap::new();
    for finding in findings {
        let Some(place) = finding.place.as_ref().filter(|place| place.line > 0) else { continue };
        let text = files.entry(place.file.clone()).or_insert_with(|| std::fs::read_to_string(&*place.file).ok());
        let line = text.as_deref().and_then(|text| text.lines().nth(place.line as usize - 1));
        finding.more.source = line.map(|line| line.chars().take(LONGEST).collect());
    }
}

/// What of the contracts was tried.
pub(super) fn coverage(session: &Session, tallies: &[Tally]) -> Vec<Coverage> {
    let takes = |contract: &crate::contract::ContractId, operation: &str| session.options.takes(contract, operation);
    session.gathered().reach.coverage(&session.contracts, &session.selection, tallies, &takes)
}

/// A run that passed and could not be measured, or tried too little, has not
/// passed.
pub(super) fn covered_enough(
    session: &Session,
    (command, findings, coverage): (&str, &[Finding], &[Coverage]),
    decided: (Outcome, String),
) -> (Outcome, String) {
    let (outcome, reason) = could_be_measured(command, findings, decided);
    let percent = Coverage::percent(coverage);
    match session.options.min_coverage {
        Some(least) if outcome == Outcome::Passed && percent < least => {
            let missing = Coverage::missing(coverage);
            (
                Outcome::Failed,
                format!("{percent:.1} % of the contracts were tried, {least} % are asked for; not tried: {missing}"),
            )
        }
        _ => (outcome, reason),
    }
}

/// What is kept apart from broken promises.
pub(super) fn apart(session: &Session, could_not_make: Vec<NotChecked>) -> Apart {
    let mut gathered = session.gathered();
    Apart { ambiguous: std::mem::take(&mut gathered.ambiguous), environment: gathered.lost.clone(), could_not_make }
}

/// A load whose generator was saturated, and of which nothing else is to be
/// said, did not measure what it was for. Other commands judge promises beside:
/// for them it is a warning.
fn could_be_measured(command: &str, findings: &[Finding], (outcome, reason): (Outcome, String)) -> (Outcome, String) {
    let saturated = findings.iter().find(|finding| finding.check == "latency/generator");
    match saturated.filter(|_| command == "load" && outcome == Outcome::Passed) {
        Some(finding) => (Outcome::GeneratorSaturated, finding.title.clone()),
        None => (outcome, reason),
    }
}
