//! A latency histogram as a picture: share of calls over latency on a
//! logarithmic axis, corrected as an area and uncorrected as a line, with the
//! quantiles that were reached and those that are promised.

use std::fmt::Write;
use std::time::Duration;

use crate::clock::format_duration;
use crate::observe::Latency;
use crate::report::escape::html;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 38.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 58.0;
const BOTTOM: f64 = 30.0;

/// Bars a decade.
const BARS: f64 = 16.0;

/// What is drawn.
pub(super) struct Chart<'a> {
    /// Contract and operation.
    pub(super) title: String,
    /// From the due instant.
    pub(super) corrected: &'a Latency,
    /// From the instant of sending.
    pub(super) uncorrected: &'a Latency,
    /// Objectives.
    pub(super) promised: Vec<Mark>,
}

/// A line across the picture.
pub(super) struct Mark {
    text: String,
    at: Duration,
    class: &'static str,
}

impl Mark {
    /// An objective.
    pub(super) fn promised(quantile: f64, bound: Duration) -> Self {
        Self {
            text: format!("{} ≤ {}", quantile_name(quantile), format_duration(bound)), at: bound, class: "promised"
        }
    }

    fn reached(latency: &Latency, quantile: f64) -> Self {
        let at = latency.quantile(quantile);
        Self { text: format!("{} {}", quantile_name(quantile), format_duration(at)), at, class: "reached" }
    }
}

/// `p95`, `p99.9`.
fn quantile_name(quantile: f64) -> String {
    format!("p{}", (quantile * 1e4).round() / 1e2)
}

/// The part of the latency axis that is shown, in bars.
#[derive(Clone, Copy)]
struct Axis {
    first: i64,
    last: i64,
}

impl Axis {
    fn x(self, bar: f64) -> f64 {
        LEFT + (bar - self.first as f64) / ((self.last - self.first + 1) as f64) * (WIDTH - LEFT - RIGHT)
    }

    fn x_of(self, span: Duration) -> f64 {
        self.x(position(span.as_micros() as u64))
    }
}

/// Where a latency in microseconds stands, in bars.
fn position(micros: u64) -> f64 {
    (micros.max(1) as f64).log10() * BARS
}

fn bar(micros: u64) -> i64 {
    position(micros).floor() as i64
}

impl Chart<'_> {
    /// The picture as an `svg` element.
    pub(super) fn svg(&self) -> String {
        let axis = self.axis();
        let (corrected, uncorrected) = (shares(self.corrected, axis), shares(self.uncorrected, axis));
        let top = corrected.iter().chain(&uncorrected).copied().fold(0.01, f64::max);
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
            html(&self.description())
        );
        push_grid(&mut svg, axis, top);
        let _ = writeln!(svg, "<path class=\"corrected\" d=\"{}\"/>", outline(&corrected, axis, top));
        let _ = writeln!(svg, "<path class=\"uncorrected\" d=\"{}\"/>", outline(&uncorrected, axis, top));
        let reached = [0.5, 0.95, 0.99].map(|quantile| Mark::reached(self.corrected, quantile));
        // Each mark has a row of its own, so that texts never overlap.
        for (row, mark) in reached.iter().chain(self.promised.iter().take(2)).enumerate() {
            push_mark(&mut svg, axis, mark, row);
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn axis(&self) -> Axis {
        let spans = [self.corrected, self.uncorrected];
        let least = spans.iter().map(|latency| latency.histogram().min_nz()).min().unwrap_or(1);
        let most = spans.iter().map(|latency| latency.histogram().max()).max().unwrap_or(1);
        let promised = self.promised.iter().map(|mark| mark.at.as_micros() as u64);
        let (least, most) = promised.fold((least, most), |(least, most), at| (least.min(at), most.max(at)));
        Axis { first: bar(least) - 1, last: bar(most) + 1 }
    }

    fn description(&self) -> String {
        let figures = |latency: &Latency| {
            [0.5, 0.95, 0.99]
                .map(|q| format!("{} {}", quantile_name(q), format_duration(latency.quantile(q))))
                .join(", ")
        };
        format!(
            "Latency of {}, {} calls. From due: {}. From sent: {}.",
            self.title,
            self.corrected.count(),
            figures(self.corrected),
            figures(self.uncorrected)
        )
    }
}

/// The share of samples in each bar.
fn shares(latency: &Latency, axis: Axis) -> Vec<f64> {
    let mut counts = vec![0_u64; (axis.last - axis.first + 1) as usize];
    for value in latency.histogram().iter_recorded() {
        let index = (bar(value.value_iterated_to()) - axis.first).clamp(0, axis.last - axis.first);
        counts[index as usize] += value.count_at_value();
    }
    let all = latency.count().max(1) as f64;
    counts.into_iter().map(|count| count as f64 / all).collect()
}

/// Square roots, so that the few slow calls, which matter, can be seen beside
/// the many fast ones.
fn y(share: f64, top: f64) -> f64 {
    HEIGHT - BOTTOM - (share / top).max(0.0).sqrt() * (HEIGHT - TOP - BOTTOM)
}

fn outline(shares: &[f64], axis: Axis, top: f64) -> String {
    let base = HEIGHT - BOTTOM;
    let mut path = format!("M{:.1} {base:.1}", axis.x(axis.first as f64));
    for (i, share) in shares.iter().enumerate() {
        let _ = write!(path, "V{:.1}H{:.1}", y(*share, top), axis.x((axis.first + i as i64 + 1) as f64));
    }
    let _ = write!(path, "V{base:.1}Z");
    path
}

/// The warm-up as a band with its name, from a corner on: what is shown there
/// counts for nothing.
pub(super) fn push_warm_up(svg: &mut String, (x, y): (f64, f64), (wide, high): (f64, f64)) {
    if wide > 0.0 {
        let _ = writeln!(
            svg,
            "<g class=\"warm\"><rect x=\"{x}\" y=\"{y}\" width=\"{wide:.1}\" height=\"{high:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">warm-up</text></g>",
            x + 3.0,
            y + 10.0
        );
    }
}

fn push_grid(svg: &mut String, axis: Axis, top: f64) {
    let base = HEIGHT - BOTTOM;
    let decades = (axis.last - axis.first) as f64 / BARS;
    let steps: &[u64] = if decades < 2.5 { &[1, 2, 5] } else { &[1] };
    for decade in 0..=9 {
        for step in steps {
            let micros = step * 10_u64.pow(decade);
            let x = axis.x(position(micros));
            if (LEFT..=WIDTH - RIGHT).contains(&x) {
                let label = format_duration(Duration::from_micros(micros));
                let anchor = if x > WIDTH - RIGHT - 20.0 { "end" } else { "middle" };
                let _ = writeln!(
                    svg,
                    "<path class=\"grid\" d=\"M{x:.1} {TOP}V{base}\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{label}</text>",
                    base + 16.0
                );
            }
        }
    }
    for share in [top, top / 4.0] {
        let at = y(share, top);
        let digits = usize::from(share < 0.1);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.digits$} %</text>",
            WIDTH - RIGHT,
            LEFT - 4.0,
            at + 4.0,
            share * 100.0
        );
    }
    let _ = writeln!(svg, "<path class=\"axis\" d=\"M{LEFT} {base}H{:.1}\"/>", WIDTH - RIGHT);
}

fn push_mark(svg: &mut String, axis: Axis, mark: &Mark, row: usize) {
    let x = axis.x_of(mark.at);
    let y = 10.0 + row as f64 * 11.0;
    let (anchor, text_x) = if x > WIDTH * 0.66 { ("end", x - 4.0) } else { ("start", x + 4.0) };
    let _ = writeln!(
        svg,
        "<g class=\"{}\"><path d=\"M{x:.1} {:.1}V{:.1}\"/><text x=\"{text_x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text></g>",
        mark.class,
        y - 8.0,
        HEIGHT - BOTTOM,
        html(&mark.text)
    );
}
