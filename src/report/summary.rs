//! `summary.md`: what fits a CI's job summary. GitHub takes 1 MiB a step and
//! shows it as GitHub Flavored Markdown.

use std::fmt::Write;

use super::escape::{html, markdown, markdown_block};
use super::json::{LatencyRecord, PhaseRecord, RunRecord};
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
    for (name, list) in [("Contracts", &run.contracts), ("Defects switched on", &run.defects)] {
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
    for finding in run.findings.iter().take(MOST) {
        let whom = [finding.contract.as_deref(), finding.operation.as_deref()];
        let whom = whom.iter().flatten().copied().collect::<Vec<_>>().join(" ");
        let place = finding.place.as_ref().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {}<br>{} | {} | {} | {} |",
            severity(finding.severity),
            cell(&finding.title),
            cell(finding.check),
            cell(&whom),
            cell(&place),
            how_often(finding)
        );
    }
    text.push('\n');
    push_more(text, run.findings.len());
    for finding in run.findings.iter().take(MOST) {
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
            "- {}: {:.1} calls/s offered, {} due, {} dropped, {} exchanges in {:.1} s, generator's lag p99 {} ms{cut}",
            cell(&phase.scenario),
            phase.offered_per_s,
            phase.due,
            phase.dropped,
            phase.exchanges,
            phase.took_ms as f64 / 1e3,
            phase.lag.p99_ms
        );
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
