//! The course of a scenario: what was planned and reached, what was sent again
//! and refused, how much was under way and written, and how the generator fared.

use std::fmt::Write;
use std::time::Duration;

use super::curves::{Curves, Series, Style};
use super::latency::push_figure;
use super::page::grouped;
use crate::clock::format_duration;
use crate::observe::Second;
use crate::report::escape::html;
use crate::report::{Phase, PhaseRecord, SizesRecord};

/// More seconds than this share columns.
const COLUMNS: usize = 120;

/// The pictures.
pub(super) fn push_pictures(page: &mut String, phase: &Phase) {
    for curves in curves(phase) {
        if let Some(svg) = curves.svg() {
            push_figure(page, curves.title, &svg);
        }
    }
}

fn curves(phase: &Phase) -> Vec<Curves> {
    let measured = &phase.measured;
    let (width, seconds) = measured.seconds.columns(COLUMNS);
    let warm_up = measured.warm_up.as_secs_f64() / width as f64;
    let each = |of: &dyn Fn(&Second) -> f64| seconds.iter().map(of).collect::<Vec<f64>>();
    let rate = |of: fn(&Second) -> u64| each(&|second| of(second) as f64 / width as f64);
    let series = |name, style, values| Series { name, style, values };
    let shown =
        |all: Vec<Series>| all.into_iter().filter(|series| series.values.iter().any(|value| *value > 0.0)).collect();
    let drawn = |title, unit, series| Curves { title, width, warm_up, unit, series: shown(series) };
    let cpus = measured.cpus.max(1) as f64;
    vec![
        drawn(
            "Throughput against plan, runs a second",
            rate_shown,
            vec![
                series("planned", Style::Edges, rate(|second| second.due)),
                series("begun", Style::Solid, rate(|second| second.begun)),
                series("dropped", Style::Bars, rate(|second| second.dropped)),
            ],
        ),
        drawn(
            "Sent again and refused, requests a second",
            rate_shown,
            vec![
                series("sent again", Style::Bars, rate(|second| second.again)),
                series("throttled", Style::Solid, rate(|second| second.troubles.throttled)),
                series("5xx, service", Style::Dashed, rate(|second| second.troubles.service)),
                series("5xx, gateway", Style::Edges, rate(|second| second.troubles.gateway + second.troubles.somebody)),
                series("no answer", Style::Dotted, rate(|second| second.troubles.silent)),
            ],
        ),
        drawn(
            "Concurrency, calls under way on average",
            rate_shown,
            vec![series("under way", Style::Solid, each(&|second| second.under_way.as_secs_f64() / width as f64))],
        ),
        drawn(
            "Effects, rows written a second",
            rate_shown,
            vec![series("written", Style::Bars, rate(|second| second.effects))],
        ),
        drawn(
            "Generator: largest lag of its own",
            span_shown,
            vec![series("lag", Style::Solid, each(&|second| second.lag.as_secs_f64()))],
        ),
        drawn(
            "Generator: CPU of this process, with the tiers in it",
            percent_shown,
            vec![series("CPU", Style::Solid, each(&|second| second.cpu.as_secs_f64() / width as f64 / cpus))],
        ),
    ]
}

fn rate_shown(rate: f64) -> String {
    let digits = usize::from(rate < 10.0);
    format!("{rate:.digits$}")
}

fn span_shown(seconds: f64) -> String {
    format_duration(Duration::from_secs_f64(seconds.max(0.0)))
}

fn percent_shown(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// What became of the scenario's thresholds.
pub(super) fn push_thresholds(page: &mut String, shown: &PhaseRecord) {
    if shown.thresholds.is_empty() {
        return;
    }
    page.push_str(
        "<div class=\"wide\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">Threshold</th><th scope=\"col\">Of</th>\
         <th scope=\"col\">Verdict</th><th scope=\"col\">Worst</th></tr></thead>\n<tbody>\n",
    );
    for threshold in &shown.thresholds {
        let whose = [threshold.contract.as_deref(), threshold.operation.as_deref()];
        let whose = whose.iter().flatten().copied().collect::<Vec<_>>().join(" ");
        let at = threshold
            .worst_at_ms
            .filter(|_| threshold.worst.is_some())
            .map(|at| format!(", from {} on", format_duration(Duration::from_millis(at))));
        let _ = writeln!(
            page,
            "<tr{}><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}{}</td></tr>",
            if threshold.broken > 0 { " class=\"bad\"" } else { "" },
            html(&threshold.threshold),
            html(if whose.is_empty() { "all calls" } else { &whose }),
            html(&threshold.word()),
            html(threshold.worst.as_deref().unwrap_or("–")),
            at.unwrap_or_default()
        );
    }
    page.push_str("</tbody></table></div>\n");
}

/// How large contents were, and whose calls were refused.
pub(super) fn push_tables(page: &mut String, shown: &PhaseRecord) {
    push_sizes(page, &shown.sizes);
    if shown.refused.is_empty() {
        return;
    }
    let all: u64 = shown.refused.iter().map(|refused| refused.throttled + refused.denied + refused.rejected).sum();
    let _ = write!(
        page,
        "<details>\n<summary>Refusals by caller ({})</summary>\n<div class=\"wide\" tabindex=\"0\"><table>\n<thead><tr>\
         <th scope=\"col\">Caller</th><th scope=\"col\" class=\"n\">Throttled</th>\
         <th scope=\"col\" class=\"n\">401 and 403</th><th scope=\"col\" class=\"n\">Other 4xx</th></tr></thead>\n<tbody>\n",
        grouped(all)
    );
    for refused in &shown.refused {
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            html(&refused.client),
            grouped(refused.throttled),
            grouped(refused.denied),
            grouped(refused.rejected)
        );
    }
    page.push_str("</tbody></table></div>\n</details>\n");
}

fn push_sizes(page: &mut String, sizes: &SizesRecord) {
    if sizes.requests.count == 0 {
        return;
    }
    let of = |record: &crate::report::SizeRecord| {
        let mean = record.bytes.checked_div(record.count).unwrap_or(0);
        format!("{} on average, {} at most", bytes(mean), bytes(record.largest))
    };
    let _ = write!(
        page,
        "<details>\n<summary>Payload sizes: requests {}; answers {}</summary>\n<div class=\"wide\" tabindex=\"0\"><table>\n\
         <thead><tr><th scope=\"col\">Up to</th><th scope=\"col\" class=\"n\">Requests</th>\
         <th scope=\"col\" class=\"n\">Answers</th></tr></thead>\n<tbody>\n",
        of(&sizes.requests),
        of(&sizes.answers)
    );
    let mut kinds: Vec<u64> =
        [&sizes.requests, &sizes.answers].iter().flat_map(|s| s.up_to.iter().map(|k| k.0)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let count = |of: &crate::report::SizeRecord| of.up_to.iter().find(|k| k.0 == kind).map_or(0, |k| k.1);
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            bytes(kind),
            grouped(count(&sizes.requests)),
            grouped(count(&sizes.answers))
        );
    }
    page.push_str("</tbody></table></div>\n</details>\n");
}

/// `512 B`, `1.5 KiB`, `3 MiB`.
fn bytes(count: u64) -> String {
    let shown = |size: f64, unit: &str| {
        let text = format!("{size:.1}");
        format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match count {
        0..1_023 => format!("{count} B"),
        1_023..1_048_575 => shown(count as f64 / 1024.0, "KiB"),
        _ => shown(count as f64 / 1_048_576.0, "MiB"),
    }
}
