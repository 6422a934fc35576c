//! `summary.md`: what fits a CI's job summary. GitHub takes 1 MiB a step and
//! shows it as GitHub Flavored Markdown.

use std::fmt::Write;

use super::InjectedFault;
use super::escape::{html, markdown, markdown_block};
use super::json::{FindingRecord, LatencyRecord, RunRecord};
use super::phase::{PhaseRecord, ThresholdRecord};
use super::text::{how_often, severity};

/// So many findings are listed; the others are in the other reports.
const MOST: usize = 40;

/// The longest text of a cell, in characters.
const CELL: usize = 300;

/// The document.
pub(super) fn document(run: &RunRecord) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "## {}\n", run.verdict.word());
    let _ = writeln!(text, "{}\n", markdown(&run.reason));
    push_figures(&mut text, run);
    push_findings(&mut text, run);
    push_apart(&mut text, run);
    push_coverage(&mut text, run);
    push_phases(&mut text, &run.phases);
    if !run.not_checked.is_empty() {
        let _ = writeln!(text, "### Not checked\n\n| what | contract | why |\n| --- | --- | --- |");
        for left in &run.not_checked {
            let contract = left.contract.as_deref().unwrap_or_default();
            let _ = writeln!(text, "| {} | {} | {} |", cell(&left.what), cell(contract), cell(&left.why));
        }
        text.push('\n');
    }
    if !run.notices.is_empty() {
        text.push_str("### Notices\n\n");
        for notice in run.notices.iter().take(MOST) {
            let _ = writeln!(text, "- {}", cell(notice));
        }
        push_more(&mut text, run.notices.len());
    }
    text
}

fn push_figures(text: &mut String, run: &RunRecord) {
    let totals = run.totals;
    let _ = writeln!(
        text,
        "`{}` on {} ({}): {} cases, {} exchanges, {} effects, {} throttled, {:.1} s. Seed {}, nonce {}.",
        run.command.replace('`', "'"),
        markdown(&run.target.name),
        markdown(&run.target.gateway),
        totals.cases,
        totals.exchanges,
        totals.effects,
        totals.throttled,
        run.duration_ms as f64 / 1e3,
        run.seed,
        markdown(&run.nonce)
    );
    let faults: Vec<String> = run.faults.iter().map(InjectedFault::shown).collect();
    let lists = [("Contracts", &run.contracts), ("Defects switched on", &run.defects), ("Faults injected", &faults)];
    for (name, list) in lists {
        if !list.is_empty() {
            let _ = writeln!(text, "{name}: {}.", markdown(&list.join(", ")));
        }
    }
    text.push('\n');
}

fn push_findings(text: &mut String, run: &RunRecord) {
    if run.findings.is_empty() {
        return;
    }
    let _ = writeln!(text, "### Findings\n\n| | finding | where | place | seen |\n| --- | --- | --- | --- | --- |");
    let groups = run.groups();
    for (finding, below) in groups.iter().take(MOST) {
        let whom = [finding.contract.as_deref(), finding.operation.as_deref()];
        let whom = whom.iter().flatten().copied().collect::<Vec<_>>().join(" ");
        let place = finding.place.as_ref().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {}<br>{} | {} | {} | {} |",
            if finding.kind == "known" { "known" } else { severity(finding.severity) },
            cell(&also(finding, below)),
            cell(finding.check),
            cell(&whom),
            cell(&place),
            how_often(finding)
        );
    }
    text.push('\n');
    push_more(text, groups.len());
    for (finding, _) in groups.iter().take(MOST) {
        // Raw HTML up to the empty line: no Markdown in it.
        let _ = writeln!(text, "<details><summary>{}</summary>\n", html(&finding.title.replace('\n', " ")));
        let _ = writeln!(text, "- expected\\: {}\n- actual\\: {}", cell(&finding.expected), cell(&finding.actual));
        for line in finding.evidence.iter().take(10) {
            let _ = writeln!(text, "- {}", cell(line));
        }
        text.push('\n');
        let commands = [finding.curl.as_deref().filter(|line| line.len() <= 4096), finding.replay.as_deref()];
        let commands = commands.into_iter().flatten().collect::<Vec<_>>().join("\n");
        if !commands.is_empty() {
            text.push_str(&markdown_block("sh", &commands));
        }
        text.push_str("\n</details>\n\n");
    }
}

/// The title, and how many stand below.
fn also(finding: &FindingRecord, below: &[&FindingRecord]) -> String {
    match below.len() {
        0 => finding.title.clone(),
        more => format!("{} (and {more} that go with it)", finding.title),
    }
}

/// What is no broken promise of the service.
fn push_apart(text: &mut String, run: &RunRecord) {
    if let Some(environment) = &run.environment {
        let _ = writeln!(text, "### The environment was down\n\n{}\n", cell(environment));
    }
    if !run.ambiguous.is_empty() {
        text.push_str("### The contract is ambiguous\n\n");
        for line in run.ambiguous.iter().take(MOST) {
            let _ = writeln!(text, "- {}", cell(line));
        }
        text.push('\n');
        push_more(text, run.ambiguous.len());
    }
}

/// How much of each contract was tried.
fn push_coverage(text: &mut String, run: &RunRecord) {
    if run.coverage.is_empty() {
        return;
    }
    let _ = writeln!(text, "### Contract coverage: {:.1} %\n", run.coverage_percent);
    text.push_str("| contract | what | tried | of | not tried, e.g. |\n| --- | --- | ---: | ---: | --- |\n");
    for coverage in &run.coverage {
        for kind in &coverage.kinds {
            let first = kind.not_tried.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
            let contract = cell(&coverage.contract);
            let _ = writeln!(text, "| {contract} | {} | {} | {} | {} |", kind.kind, kind.tried, kind.all, cell(&first));
        }
    }
    text.push('\n');
}

fn push_phases(text: &mut String, phases: &[PhaseRecord]) {
    if phases.is_empty() {
        return;
    }
    text.push_str("### Latency, in ms from the due instant (from sent in brackets)\n\n");
    text.push_str("| scenario | operation | calls | p50 | p95 | p99 | max | failed |\n");
    text.push_str("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for phase in phases {
        for latency in &phase.latencies {
            push_latency(text, phase, latency);
        }
    }
    text.push('\n');
    for phase in phases {
        let cut = if phase.cut { ", cut short" } else { "" };
        let _ = writeln!(
            text,
            "- {}: {:.1} calls/s offered, {} due, {} dropped, {} exchanges in {:.1} s{cut}; {}",
            cell(&phase.scenario),
            phase.offered_per_s,
            phase.due,
            phase.dropped,
            phase.exchanges,
            phase.took_ms as f64 / 1e3,
            phase.operations.in_words()
        );
        let lines = phase.warm_up().into_iter().chain([phase.generator.in_words(&phase.lag)]);
        for line in lines.chain(phase.thresholds.iter().map(ThresholdRecord::in_words)) {
            let _ = writeln!(text, "  - {}", cell(&line));
        }
    }
    text.push('\n');
}

fn push_latency(text: &mut String, phase: &PhaseRecord, latency: &LatencyRecord) {
    let pair = |corrected: f64, uncorrected: f64| format!("{corrected:.1} ({uncorrected:.1})");
    let (corrected, uncorrected) = (&latency.corrected, &latency.uncorrected);
    let _ = writeln!(
        text,
        "| {} | {} {} | {} | {} | {} | {} | {} | {} |",
        cell(&phase.scenario),
        cell(&latency.contract),
        cell(&latency.operation),
        corrected.count,
        pair(corrected.p50_ms, uncorrected.p50_ms),
        pair(corrected.p95_ms, uncorrected.p95_ms),
        pair(corrected.p99_ms, uncorrected.p99_ms),
        pair(corrected.max_ms, uncorrected.max_ms),
        latency.failed
    );
}

fn push_more(text: &mut String, all: usize) {
    if all > MOST {
        let _ = writeln!(text, "{} more in `run.json` and `report.html`.\n", all - MOST);
    }
}

fn cell(text: &str) -> String {
    let mut cut: String = text.chars().take(CELL).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    markdown(&cut)
}
