//! The end of a run on the screen: findings, figures, the verdict last, and
//! what was not checked.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::args::FileArgs;
use crate::check::{Coverage, NotChecked, Outcome};
use crate::clock::format_duration;
use crate::report::{self, OperationsRecord, PhaseRecord, Run, ThresholdRecord};
use crate::wire::Redactor;

/// Findings shown in full unless `-v` asks for all.
const SHOWN: usize = 10;

/// The text of a run's end.
pub(super) fn text(run: &Run, files: &FileArgs, colour: bool, written: Option<&Path>, redactor: &Redactor) -> String {
    let mut text = String::new();
    if !files.quiet {
        findings(&mut text, run, files.verbose, redactor);
        phases(&mut text, run, redactor);
        not_checked(&mut text, &run.verdict.not_checked, files.verbose);
        if files.verbose {
            run.notices.iter().for_each(|notice| {
                let _ = writeln!(text, "notice: {}", report::escape::terminal(&redactor.text(notice)));
            });
        }
        let totals = &run.totals;
        let _ = writeln!(
            text,
            "{}, {}, {}, {} throttled in {}; seed {}",
            count(totals.cases, "case"),
            count(totals.exchanges, "exchange"),
            count(totals.effects, "effect"),
            totals.throttled,
            format_duration(run.took),
            run.seed.0
        );
        if let Some(cost) = run.cost {
            let _ = writeln!(text, "CPU: {}", cost.shown());
        }
        coverage(&mut text, run, files.verbose);
        if let Some(folder) = written {
            let _ = writeln!(text, "report: {}", folder.join("report.html").display());
        }
    }
    let _ = writeln!(text, "{}", line(run, colour, redactor));
    text
}

/// How much of the contracts was tried; with `verbose` kind by kind.
fn coverage(text: &mut String, run: &Run, verbose: bool) {
    let all = &run.verdict.coverage;
    if all.is_empty() {
        return;
    }
    let _ = writeln!(text, "contract coverage: {:.1} %", Coverage::percent(all));
    if verbose {
        for of in all {
            let kinds: Vec<String> = of.kinds.iter().map(|k| format!("{} {} of {}", k.kind, k.tried, k.all)).collect();
            let _ = writeln!(text, "  {}: {}", of.contract, kinds.join(", "));
        }
    }
}

/// `1 case`, `2 cases`.
fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// The verdict line: the word, why, and how much was not checked.
fn line(run: &Run, colour: bool, redactor: &Redactor) -> String {
    let verdict = &run.verdict;
    let word = verdict.outcome.word();
    let word = match (colour, verdict.outcome) {
        (false, _) => word.to_owned(),
        (true, Outcome::Passed) => format!("\x1b[1;32m{word}\x1b[0m"),
        (true, Outcome::Failed) => format!("\x1b[1;31m{word}\x1b[0m"),
        (true, _) => format!("\x1b[1;33m{word}\x1b[0m"),
    };
    let errors = verdict.errors().count();
    let more = if errors > 1 && verdict.outcome == Outcome::Failed {
        format!(" (and {} more)", errors - 1)
    } else {
        String::new()
    };
    let unchecked = match verdict.not_checked.len() {
        0 => String::new(),
        n => format!("; not checked: {}", names(&verdict.not_checked, n)),
    };
    format!("{word}: {}{more}{unchecked}", report::escape::terminal(&redactor.text(&verdict.reason)))
}

fn names(all: &[NotChecked], count: usize) -> String {
    let mut names: Vec<&str> = all.iter().map(|n| n.what.as_str()).collect();
    names.dedup();
    let shown = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    if names.len() > 3 { format!("{shown} and {} more", count.max(names.len()) - 3) } else { shown }
}

fn findings(text: &mut String, run: &Run, verbose: bool, redactor: &Redactor) {
    let most = if verbose { usize::MAX } else { SHOWN };
    let (shown, all) = report::findings_text(&run.verdict, redactor, 80, most);
    for finding in &shown {
        let _ = writeln!(text, "{finding}\n");
    }
    if all > shown.len() {
        let _ = writeln!(text, "{} more findings: see the report, or -v\n", all - shown.len());
    }
    apart(text, &run.verdict.apart.ambiguous, verbose, redactor);
}

/// Where the contract contradicts itself: no fault of the service.
fn apart(text: &mut String, ambiguous: &[String], verbose: bool, redactor: &Redactor) {
    let most = if verbose { usize::MAX } else { 3 };
    for line in ambiguous.iter().take(most) {
        let _ = writeln!(text, "ambiguous contract: {}", report::escape::terminal(&redactor.text(line)));
    }
    if ambiguous.len() > most {
        let _ = writeln!(text, "ambiguous contract: {} more, see -v or `seamstress lint`", ambiguous.len() - most);
    }
}

fn phases(text: &mut String, run: &Run, redactor: &Redactor) {
    for phase in &run.phases {
        let cut = if phase.cut { ", cut short" } else { "" };
        let told = |count: u64, what: &str| if count > 0 { format!(", {count} {what}") } else { String::new() };
        let dropped = told(phase.dropped, "dropped") + &told(phase.turned_away, "turned away by a trigger");
        let _ = writeln!(
            text,
            "{}: {} exchanges in {}, {:.1} first calls/s{dropped}{cut}",
            phase.scenario,
            phase.exchanges,
            format_duration(phase.took),
            phase.offered
        );
        let record = PhaseRecord::of(phase, redactor);
        let lines = record.warm_up().into_iter().chain([record.generator.in_words(&record.lag)]);
        lines.chain(record.thresholds.iter().map(ThresholdRecord::in_words)).for_each(|line| {
            let _ = writeln!(text, "  {}", report::escape::terminal(&line));
        });
        if phase.operations.begun > 0 {
            let _ = writeln!(text, "  {}", OperationsRecord::of(&phase.operations).in_words());
        }
        for latency in &phase.latencies {
            let at = |q| format_duration(latency.corrected.quantile(q));
            let _ = writeln!(
                text,
                "  {} {}: p50 {}, p95 {}, p99 {}, max {} ({} samples)",
                latency.contract,
                latency.operation,
                at(0.5),
                at(0.95),
                at(0.99),
                format_duration(latency.corrected.max()),
                latency.corrected.count()
            );
        }
    }
    if !run.phases.is_empty() {
        text.push('\n');
    }
}

/// What was not checked, the same reason told once.
fn not_checked(text: &mut String, all: &[NotChecked], verbose: bool) {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for left_out in all {
        let of = left_out.contract.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        by_reason.entry(&left_out.why).or_default().push(format!("{}{of}", left_out.what));
    }
    for (why, what) in by_reason {
        let shown = if verbose { what.len() } else { what.len().min(6) };
        let more = if what.len() > shown { format!(" and {} more", what.len() - shown) } else { String::new() };
        let _ = writeln!(text, "not checked: {}{more}: {why}", what[..shown].join(", "));
    }
}
