//! The page as a whole: verdict, figures, tallies, what was not checked.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::check::Outcome;
use crate::report::escape::html;
use crate::report::json::{RunRecord, TallyRecord};
use crate::report::write::{OUTPUT, ROWS, TRACES};
use crate::report::{InjectedFault, Run};

use super::{coverage, findings, latency};

const STYLE: &str = include_str!("style.css");

/// The document.
pub(in crate::report) fn document(run: &Run, record: &RunRecord) -> String {
    let mut page = String::with_capacity(64 * 1024);
    push_head(&mut page, record);
    push_verdict(&mut page, record);
    page.push_str("<main>\n");
    push_figures(&mut page, record);
    findings::push(&mut page, record);
    // Who measured wants to see that first.
    let measured = record.totals.cases == 0;
    if measured {
        latency::push(&mut page, run, record);
    }
    push_not_checked(&mut page, record);
    coverage::push(&mut page, record);
    if !measured {
        latency::push(&mut page, run, record);
    }
    push_tallies(&mut page, &record.tallies);
    push_run(&mut page, run, record);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn push_head(page: &mut String, record: &RunRecord) {
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{} · Seamstress {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        record.verdict.word(),
        html(&record.command)
    );
}

/// The colour that goes with a verdict.
fn tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "good",
        Outcome::Failed => "bad",
        Outcome::Inconclusive
        | Outcome::NothingRan
        | Outcome::GeneratorSaturated
        | Outcome::CouldNotRun
        | Outcome::Interrupted => "unsure",
    }
}

fn push_verdict(page: &mut String, record: &RunRecord) {
    let _ = write!(
        page,
        "<header class=\"{}\">\n<p class=\"tool\">Seamstress {}</p>\n<h1>{}</h1>\n<p class=\"reason\">{}</p>\n<nav aria-label=\"Sections\">",
        tone(record.verdict),
        html(&record.command),
        record.verdict.word(),
        html(&record.reason)
    );
    let sections = [
        ("findings", "Findings", true),
        ("not-checked", "Not checked", !record.not_checked.is_empty()),
        ("coverage", "Coverage", !record.coverage.is_empty()),
        ("latency", "Latency", !record.phases.is_empty()),
        ("checks", "Checks", !record.tallies.is_empty()),
        ("run", "The run", true),
    ];
    for (id, name, _) in sections.iter().filter(|(_, _, there)| *there) {
        let _ = write!(page, "<a href=\"#{id}\">{name}</a>");
    }
    page.push_str("</nav>\n</header>\n");
}

fn push_figures(page: &mut String, record: &RunRecord) {
    let totals = record.totals;
    let figures = [
        ("errors found", grouped(record.errors() as u64)),
        ("cases", grouped(totals.cases)),
        ("exchanges", grouped(totals.exchanges)),
        ("effects", grouped(totals.effects)),
        ("throttled", grouped(totals.throttled)),
        ("not checked", grouped(record.not_checked.len() as u64)),
        ("% of the contract tried", format!("{:.1}", record.coverage_percent)),
        ("seconds", format!("{:.1}", record.duration_ms as f64 / 1e3)),
    ];
    page.push_str("<dl class=\"figures\">\n");
    for (name, value) in figures {
        let _ = writeln!(page, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    }
    page.push_str("</dl>\n");
}

/// `24 817`, with narrow spaces that don't break.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn push_not_checked(page: &mut String, record: &RunRecord) {
    if record.not_checked.is_empty() {
        return;
    }
    page.push_str(
        "<section id=\"not-checked\">\n<h2>Not checked</h2>\n<div class=\"wide\" tabindex=\"0\"><table>\n\
         <thead><tr><th scope=\"col\">What</th><th scope=\"col\">Contract</th><th scope=\"col\">Kind</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n",
    );
    for left in &record.not_checked {
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td></tr>",
            html(&left.what),
            html(left.contract.as_deref().unwrap_or("–")),
            left.kind.replace('_', " "),
            html(&left.why)
        );
    }
    page.push_str("</tbody></table></div>\n</section>\n");
}

/// Sums by family, and the checks one by one below.
fn push_tallies(page: &mut String, tallies: &[TallyRecord]) {
    if tallies.is_empty() {
        return;
    }
    let mut families: Vec<(&str, u64, u64)> = Vec::new();
    for tally in tallies {
        match families.iter_mut().find(|(family, ..)| *family == tally.family) {
            Some((_, judged, failed)) => (*judged, *failed) = (*judged + tally.judged, *failed + tally.failed),
            None => families.push((&tally.family, tally.judged, tally.failed)),
        }
    }
    page.push_str("<section id=\"checks\">\n<h2>Checks</h2>\n<ul class=\"families\">\n");
    for (family, judged, failed) in families {
        let tone = if failed > 0 { "bad" } else { "good" };
        let word = if failed > 0 { format!("{} failed", grouped(failed)) } else { "all hold".into() };
        let _ = writeln!(
            page,
            "<li class=\"{tone}\"><span>{}</span><strong>{word}</strong><span>{} judged</span></li>",
            html(family),
            grouped(judged)
        );
    }
    page.push_str("</ul>\n");
    push_each_tally(page, tallies);
    page.push_str("</section>\n");
}

fn push_each_tally(page: &mut String, tallies: &[TallyRecord]) {
    let mut by_subject: BTreeMap<(&str, &str), Vec<&TallyRecord>> = BTreeMap::new();
    for tally in tallies {
        by_subject.entry((tally.contract.as_deref().unwrap_or("scenario"), &tally.operation)).or_default().push(tally);
    }
    let _ = write!(
        page,
        "<details>\n<summary>Each check and operation ({})</summary>\n<div class=\"wide\" tabindex=\"0\"><table>\n<thead><tr>\
         <th scope=\"col\">Operation</th><th scope=\"col\">Check</th><th scope=\"col\" class=\"n\">Judged</th>\
         <th scope=\"col\" class=\"n\">Failed</th></tr></thead>\n<tbody>\n",
        tallies.len()
    );
    for ((contract, operation), tallies) in by_subject {
        for tally in tallies {
            let _ = writeln!(
                page,
                "<tr{}><td>{} {}</td><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                if tally.failed > 0 { " class=\"bad\"" } else { "" },
                html(contract),
                html(operation),
                html(tally.check),
                grouped(tally.judged),
                grouped(tally.failed)
            );
        }
    }
    page.push_str("</tbody></table></div>\n</details>\n");
}

/// What one needs to run it again.
fn push_run(page: &mut String, run: &Run, record: &RunRecord) {
    let facts = [
        ("Command", [std::slice::from_ref(&record.command), record.arguments.as_slice()].concat().join(" ")),
        ("Target", format!("{} at {}", record.target.name, record.target.gateway)),
        ("Contracts", record.contracts.join(", ")),
        ("Defects switched on", record.defects.join(", ")),
        ("Faults injected", record.faults.iter().map(InjectedFault::shown).collect::<Vec<_>>().join(", ")),
        ("Seed and nonce", format!("{} · {}", record.seed, record.nonce)),
        ("Started", record.started.utc().format("%Y-%m-%d %H:%M:%S UTC").to_string()),
        (
            "Shared clock",
            format!(
                "from {}, {} × real time",
                record.clock.start.utc().format("%Y-%m-%d %H:%M:%S UTC"),
                record.clock.scale
            ),
        ),
        ("CPU", run.cost.map(|cost| cost.shown()).unwrap_or_default()),
        ("Seamstress", record.tool_version.to_owned()),
    ];
    page.push_str("<section id=\"run\">\n<h2>The run</h2>\n<dl class=\"facts\">\n");
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(page, "<dt>{name}</dt><dd>{}</dd>", html(value));
    }
    page.push_str("</dl>\n");
    push_files(page, run);
    if !record.notices.is_empty() {
        let _ = write!(page, "<details>\n<summary>Notices ({})</summary>\n<ul>\n", record.notices.len());
        for notice in &record.notices {
            let _ = writeln!(page, "<li>{}</li>", html(notice));
        }
        page.push_str("</ul>\n</details>\n");
    }
    page.push_str("</section>\n");
}

/// What lies beside the page and is too long for it.
fn push_files(page: &mut String, run: &Run) {
    let files = [
        (ROWS, "each call as the gateway logged it, a JSON object a line", run.rows.is_some()),
        (
            TRACES,
            "what each policy did with each call, and how long it took, a JSON object a line",
            run.traces.is_some(),
        ),
        (OUTPUT, "what your service printed", run.output.is_some()),
    ];
    let files: Vec<_> = files.iter().filter(|(_, _, there)| *there).collect();
    if files.is_empty() {
        return;
    }
    page.push_str("<p>Beside this page:</p>\n<ul>\n");
    for (name, what, _) in files {
        let _ = writeln!(page, "<li><a href=\"{name}\">{name}</a>: {what}</li>");
    }
    page.push_str("</ul>\n");
}
