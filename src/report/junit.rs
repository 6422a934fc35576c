//! `junit.xml`: one test case per operation and check, as Azure DevOps and the
//! common GitHub actions read it. `failure` is a broken promise, `error` a run
//! that could not be carried through, `skipped` what was not checked.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::check::Outcome;

use super::escape::xml;
use super::json::{FindingRecord, RunRecord, TallyRecord};
use super::text::record_text;

/// Class of the test cases that concern the run as a whole.
const RUN: &str = "run";

/// Azure DevOps cuts names here.
const LONGEST_NAME: usize = 512;

/// One `testcase`.
#[derive(Default)]
struct TestCase<'a> {
    findings: Vec<&'a FindingRecord>,
    judged: u64,
    failed: u64,
    skipped: Vec<String>,
    error: Option<String>,
}

/// Test cases by suite (contract), class and name.
type Cases<'a> = BTreeMap<(String, String, String), TestCase<'a>>;

/// The document.
pub(super) fn document(run: &RunRecord) -> String {
    let cases = cases(run);
    let mut suites: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for ((suite, class, name), case) in &cases {
        suites.entry(suite).or_default().push((class, name, case));
    }
    let time = run.duration_ms as f64 / 1e3;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = counts(cases.values());
    let _ = writeln!(text, "<testsuites name=\"seamstress {}\" {counts} time=\"{time:.3}\">", xml(&run.command));
    let started = run.started.utc().format("%Y-%m-%dT%H:%M:%S");
    for (suite, cases) in suites {
        let counts = self::counts(cases.iter().map(|(_, _, case)| *case));
        let _ = writeln!(
            text,
            " <testsuite name=\"{}\" {counts} time=\"{time:.3}\" timestamp=\"{started}\" hostname=\"{}\">",
            xml(suite),
            xml(&run.target.name)
        );
        for (class, name, case) in cases {
            push_case(&mut text, class, name, case);
        }
        text.push_str(" </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn cases(run: &RunRecord) -> Cases<'_> {
    let mut cases = Cases::new();
    for tally in &run.tallies {
        let suite = tally.contract.clone().unwrap_or_else(|| RUN.into());
        let case = cases.entry((suite.clone(), class(&suite, &tally.operation), tally.check.into())).or_default();
        case.judged += tally.judged;
        case.failed += tally.failed;
    }
    for finding in &run.findings {
        cases.entry(key_of(finding, &run.tallies)).or_default().findings.push(finding);
    }
    for left in &run.not_checked {
        let suite = left.contract.clone().unwrap_or_else(|| RUN.into());
        let key = (suite.clone(), format!("{suite}.not checked"), cut(&left.what));
        cases.entry(key).or_default().skipped.push(left.why.clone());
    }
    if let Some(case) = verdict_case(run) {
        cases.insert((RUN.into(), RUN.into(), "verdict".into()), case);
    }
    cases
}

/// The test case that a finding belongs to: the one of its operation, else the
/// one of its scenario, else one of its own.
fn key_of(finding: &FindingRecord, tallies: &[TallyRecord]) -> (String, String, String) {
    let scenario = finding.origin.strip_prefix("scenario ");
    let by_scenario = scenario.and_then(|scenario| {
        tallies.iter().find(|tally| {
            tally.check == finding.check
                && tally.operation == scenario
                && (tally.contract.is_none() || tally.contract == finding.contract)
        })
    });
    let by_operation = tallies.iter().find(|tally| {
        tally.check == finding.check
            && tally.contract == finding.contract
            && Some(&tally.operation) == finding.operation.as_ref()
    });
    let (contract, operation) = match by_operation.or(by_scenario) {
        Some(tally) => (tally.contract.as_deref(), tally.operation.as_str()),
        None => (finding.contract.as_deref(), finding.operation.as_deref().or(scenario).unwrap_or(RUN)),
    };
    let suite = contract.unwrap_or(RUN);
    (suite.into(), class(suite, operation), finding.check.into())
}

fn class(suite: &str, operation: &str) -> String {
    cut(&format!("{suite}.{operation}"))
}

fn cut(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

/// A run without a clear word must not look green.
fn verdict_case<'a>(run: &RunRecord) -> Option<TestCase<'a>> {
    match run.verdict {
        Outcome::Passed | Outcome::Failed => None,
        Outcome::Inconclusive => Some(TestCase { skipped: vec![run.reason.clone()], ..TestCase::default() }),
        Outcome::NothingRan | Outcome::GeneratorSaturated | Outcome::CouldNotRun | Outcome::Interrupted => {
            Some(TestCase {
                error: Some(format!("{}: {}", run.verdict.word().to_lowercase(), run.reason)),
                ..TestCase::default()
            })
        }
    }
}

impl TestCase<'_> {
    fn has_failed(&self) -> bool {
        let known = self.findings.iter().any(|finding| finding.kind == "known");
        self.findings.iter().any(|finding| finding.decides) || (self.failed > 0 && !known)
    }

    fn is_skipped(&self) -> bool {
        !self.has_failed() && self.error.is_none() && !self.skipped.is_empty()
    }
}

fn counts<'a>(cases: impl Iterator<Item = &'a TestCase<'a>>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        failures += u64::from(case.has_failed());
        errors += u64::from(case.error.is_some());
        skipped += u64::from(case.is_skipped());
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

fn push_case(text: &mut String, class: &str, name: &str, case: &TestCase<'_>) {
    let _ = write!(text, "  <testcase classname=\"{}\" name=\"{}\" time=\"0.000\"", xml(class), xml(name));
    let place = case.findings.iter().find_map(|finding| finding.place.as_ref());
    if let Some(place) = place.filter(|_| case.has_failed()) {
        let _ = write!(text, " file=\"{}\" line=\"{}\"", xml(&place.file), place.line);
    }
    text.push_str(">\n");
    let (errors, others): (Vec<&FindingRecord>, Vec<_>) =
        case.findings.iter().copied().partition(|finding| finding.decides);
    if let Some(error) = &case.error {
        let _ = writeln!(text, "   <error message=\"{}\" type=\"run\"/>", xml(error));
    } else if case.has_failed() {
        let message = match errors.as_slice() {
            [] => format!("failed {} of {} times", case.failed, case.judged),
            [one] => one.title.clone(),
            [first, rest @ ..] => format!("{} (and {} more)", first.title, rest.len()),
        };
        let _ = writeln!(
            text,
            "   <failure message=\"{}\" type=\"{}\">{}</failure>",
            xml(&message),
            xml(name),
            texts(&errors)
        );
    } else if case.is_skipped() {
        let _ = writeln!(text, "   <skipped message=\"{}\"/>", xml(&case.skipped.join("; ")));
    }
    if case.judged > 0 || !others.is_empty() {
        let judged = format!("judged {}, failed {}", case.judged, case.failed);
        let _ = writeln!(text, "   <system-out>{}\n{}</system-out>", xml(&judged), texts(&others));
    }
    text.push_str("  </testcase>\n");
}

fn texts(findings: &[&FindingRecord]) -> String {
    xml(&findings.iter().map(|finding| record_text(finding, 100)).collect::<Vec<_>>().join("\n\n"))
}
