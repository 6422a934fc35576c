//! The scenarios: what was offered, and how long answers took.

use std::fmt::Write;
use std::time::Duration;

use crate::report::escape::html;
use crate::report::json::{QuantilesRecord, RunRecord};
use crate::report::{Phase, PhaseRecord, Run};

use super::chart::{Chart, Mark};
use super::course;
use super::page::grouped;
use super::timeline::timelines;

/// The section.
pub(super) fn push(page: &mut String, run: &Run, record: &RunRecord) {
    if record.phases.is_empty() {
        return;
    }
    page.push_str(
        "<section id=\"latency\">\n<h2>Latency</h2>\n\
         <p class=\"legend\"><span><span class=\"key corrected\"></span> from the instant a call was due: what a waiting \
         flow feels</span> <span><span class=\"key uncorrected\"></span> from the instant it was sent</span> \
         <span><span class=\"key objective\"></span> promised</span> \
         <span>Heights and shades are square roots of the share of calls, so that few slow ones show.</span></p>\n",
    );
    for (phase, shown) in run.phases.iter().zip(&record.phases) {
        push_phase(page, run, phase, shown);
    }
    page.push_str("</section>\n");
}

fn push_phase(page: &mut String, run: &Run, phase: &Phase, shown: &PhaseRecord) {
    let cut = if shown.cut { " · cut short" } else { "" };
    let _ = write!(
        page,
        "<h3>{}{cut}</h3>\n<p>{:.1} calls a second offered over {:.1} s: {} due, {} dropped, {} exchanges.</p>\n\
         <p>{}.</p>\n",
        html(&shown.scenario),
        shown.offered_per_s,
        shown.took_ms as f64 / 1e3,
        grouped(shown.due),
        grouped(shown.dropped),
        grouped(shown.exchanges),
        html(&shown.operations.in_words())
    );
    for line in shown.warm_up().into_iter().chain([shown.generator.in_words(&shown.lag)]) {
        let _ = writeln!(page, "<p>{}.</p>", html(&capital(&line)));
    }
    course::push_thresholds(page, shown);
    push_table(page, shown);
    course::push_tables(page, shown);
    page.push_str("<div class=\"charts\">\n");
    course::push_pictures(page, phase);
    // What can't be read back any more is not shown.
    let timelines = timelines(phase).unwrap_or_default();
    for (number, (latency, figures)) in phase.latencies.iter().zip(&shown.latencies).enumerate() {
        if latency.corrected.count() == 0 {
            continue;
        }
        let promised = run.objectives.iter().filter(|objective| objective.contract == latency.contract);
        let chart = Chart {
            title: format!("{} {}", figures.contract, figures.operation),
            corrected: &latency.corrected,
            uncorrected: &latency.uncorrected,
            promised: promised.map(|objective| Mark::promised(objective.quantile, objective.bound)).collect(),
        };
        push_figure(page, &chart.title, &chart.svg());
        if let Some(svg) = timelines.get(number).and_then(|timeline| timeline.svg(&chart.title)) {
            push_figure(page, &format!("{} over time", chart.title), &svg);
        }
    }
    page.push_str("</div>\n");
}

fn capital(line: &str) -> String {
    let mut letters = line.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

pub(super) fn push_figure(page: &mut String, title: &str, svg: &str) {
    let _ = write!(page, "<figure>\n<figcaption>{}</figcaption>\n{svg}</figure>\n", html(title));
}

fn push_table(page: &mut String, phase: &PhaseRecord) {
    page.push_str("<div class=\"wide\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">Operation</th><th scope=\"col\">From</th>");
    for name in ["Calls", "p50", "p90", "p95", "p99", "Max", "Failed"] {
        let _ = write!(page, "<th scope=\"col\" class=\"n\">{name}</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for latency in &phase.latencies {
        let rows: [(&str, &QuantilesRecord); 2] = [("due", &latency.corrected), ("sent", &latency.uncorrected)];
        for (i, (from, figures)) in rows.into_iter().enumerate() {
            if i == 0 {
                let _ = write!(
                    page,
                    "<tr><th scope=\"rowgroup\" rowspan=\"2\">{} {}</th>",
                    html(&latency.contract),
                    html(&latency.operation)
                );
            } else {
                page.push_str("<tr class=\"second\">");
            }
            let _ = write!(page, "<td>{from}</td><td class=\"n\">{}</td>", grouped(figures.count));
            for value in [figures.p50_ms, figures.p90_ms, figures.p95_ms, figures.p99_ms, figures.max_ms] {
                let _ = write!(page, "<td class=\"n\">{}</td>", milliseconds(value));
            }
            let failed = if i == 0 { grouped(latency.failed) } else { String::new() };
            let _ = writeln!(page, "<td class=\"n\">{failed}</td></tr>");
        }
    }
    page.push_str("</tbody></table></div>\n");
}

/// A span in milliseconds with its unit.
fn milliseconds(value: f64) -> String {
    crate::clock::format_duration(Duration::from_secs_f64(value.max(0.0) / 1e3)).replace(' ', "\u{a0}")
}
