//! Latency over time as a picture: how many calls took how long in each second
//! (darker: more), the quantiles as lines, and below how many there were.

use std::fmt::Write;
use std::io;
use std::time::Duration;

use super::chart::push_warm_up;
use crate::clock::format_duration;
use crate::observe::{Latency, OperationLatency};
use crate::report::Phase;
use crate::report::escape::html;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 34.0;
const TOP: f64 = 8.0;
/// Where the latencies end and the calls begin.
const MIDDLE: f64 = 188.0;
const CALLS: f64 = 200.0;
const BASE: f64 = 236.0;

/// Rows a decade.
const ROWS: f64 = 8.0;

/// More seconds than this share columns.
const COLUMNS: u64 = 120;

/// Fewer columns are no course of time.
const FEWEST: usize = 3;

const QUANTILES: [(f64, &str); 3] = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")];

/// One operation over the time of a phase.
pub(super) struct Timeline {
    latency: OperationLatency,
    /// How many seconds a column is.
    width: u64,
    /// How many columns are of the warm-up.
    warm_up: f64,
    columns: Vec<Column>,
    /// The column that goes on.
    open: Option<(u64, OperationLatency)>,
}

/// What ended within a column's time.
struct Column {
    /// Its number from the beginning of the phase.
    number: u64,
    /// Calls by row.
    rows: Vec<(i64, u64)>,
    quantiles: [Duration; 3],
    calls: u64,
    failed: u64,
}

/// The operations of a phase, in the order of its latencies.
///
/// # Errors
/// What was kept of the latencies can't be read.
pub(super) fn timelines(phase: &Phase) -> io::Result<Vec<Timeline>> {
    let width = (phase.took.as_secs() + 1).div_ceil(COLUMNS).max(1);
    let new = |latency: &OperationLatency| Timeline {
        latency: OperationLatency::of(&latency.contract, &latency.operation),
        width,
        warm_up: phase.measured.warm_up.as_secs_f64() / width as f64,
        columns: Vec::new(),
        open: None,
    };
    let mut all: Vec<Timeline> = phase.latencies.iter().map(new).collect();
    for interval in phase.intervals.iter() {
        let interval = interval?;
        let whose = |t: &&mut Timeline| {
            (&t.latency.contract, &t.latency.operation) == (&interval.latency.contract, &interval.latency.operation)
        };
        if let Some(timeline) = all.iter_mut().find(whose) {
            timeline.add(interval.began.as_secs().saturating_sub(phase.began.as_secs()) / width, &interval.latency);
        }
    }
    all.iter_mut().for_each(Timeline::close);
    Ok(all)
}

impl Timeline {
    fn add(&mut self, number: u64, latency: &OperationLatency) {
        if self.open.as_ref().is_some_and(|(open, _)| *open != number) {
            self.close();
        }
        match &mut self.open {
            Some((_, open)) => open.add(latency),
            None => self.open = Some((number, latency.clone())),
        }
    }

    fn close(&mut self) {
        let Some((number, latency)) = self.open.take() else { return };
        self.columns.push(Column {
            number,
            rows: rows(&latency.corrected),
            quantiles: QUANTILES.map(|(quantile, _)| latency.corrected.quantile(quantile)),
            calls: latency.corrected.count(),
            failed: latency.failed,
        });
    }

    /// The picture as an `svg` element; `None` where it would be too short.
    pub(super) fn svg(&self, title: &str) -> Option<String> {
        if self.columns.len() < FEWEST {
            return None;
        }
        let frame = self.frame();
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
            html(&self.description(title))
        );
        frame.push_grid(&mut svg, self.width);
        self.push_cells(&mut svg, &frame);
        let warm = self.warm_up.min(frame.columns as f64) * frame.wide();
        push_warm_up(&mut svg, (LEFT, TOP), (warm, BASE - TOP));
        self.push_lines(&mut svg, &frame);
        self.push_calls(&mut svg, &frame);
        svg.push_str("</svg>\n");
        Some(svg)
    }

    fn frame(&self) -> Frame {
        let rows = || self.columns.iter().flat_map(|column| column.rows.iter().map(|(row, _)| *row));
        Frame {
            first: rows().min().unwrap_or(0) - 1,
            last: rows().max().unwrap_or(0) + 1,
            columns: self.columns.last().map_or(1, |column| column.number + 1),
        }
    }

    fn push_cells(&self, svg: &mut String, frame: &Frame) {
        svg.push_str("<g class=\"heat\">\n");
        for column in &self.columns {
            let (x, wide) = (frame.x(column.number), frame.wide());
            for (row, calls) in &column.rows {
                // Square roots, so that few slow calls show beside many fast ones.
                let share = (*calls as f64 / column.calls.max(1) as f64).sqrt();
                let y = frame.y(*row as f64 + 1.0);
                let high = frame.y(*row as f64) - y;
                let _ = writeln!(
                    svg,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill-opacity=\"{:.2}\"/>",
                    share.max(0.08)
                );
            }
        }
        svg.push_str("</g>\n");
    }

    fn push_lines(&self, svg: &mut String, frame: &Frame) {
        let at = |column: &Column, number: usize| frame.y(position(column.quantiles[number].as_micros() as u64));
        let ends = [0, 1, 2].map(|number| self.columns.last().map_or(MIDDLE, |column| at(column, number) + 3.5));
        for (number, ((_, name), y)) in QUANTILES.iter().zip(apart(ends)).enumerate() {
            let mut path = String::new();
            for column in &self.columns {
                let x = frame.x(column.number) + frame.wide() / 2.0;
                let begin = if path.is_empty() { "M" } else { "L" };
                let _ = write!(path, "{begin}{x:.1} {:.1}", at(column, number));
            }
            let x = WIDTH - RIGHT + 4.0;
            let _ = writeln!(
                svg,
                "<g class=\"{name}\"><path d=\"{path}\"/><text x=\"{x:.1}\" y=\"{y:.1}\">{name}</text></g>"
            );
        }
    }

    /// Calls a second as bars, with those that failed marked at their foot.
    fn push_calls(&self, svg: &mut String, frame: &Frame) {
        let most = self.columns.iter().map(|column| column.calls).max().unwrap_or(1).max(1) as f64;
        let y = |calls: u64| BASE - calls as f64 / most * (BASE - CALLS);
        let (mut bars, mut failed) = (String::new(), String::new());
        for column in &self.columns {
            let (x, wide) = (frame.x(column.number), frame.wide());
            let _ = write!(bars, "M{x:.1} {BASE}V{:.1}h{wide:.1}V{BASE}Z", y(column.calls));
            if column.failed > 0 {
                let _ = write!(failed, "M{x:.1} {BASE}V{:.1}h{wide:.1}V{BASE}Z", y(column.failed).min(BASE - 1.5));
            }
        }
        let rate = most / self.width as f64;
        let _ = writeln!(svg, "<path class=\"calls\" d=\"{bars}\"/><path class=\"failed\" d=\"{failed}\"/>");
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{rate:.0}/s</text>",
            LEFT - 4.0,
            CALLS + 8.0
        );
    }

    fn description(&self, title: &str) -> String {
        let worst = self.columns.iter().max_by_key(|column| column.quantiles[2]);
        let worst = worst.map_or_else(String::new, |column| {
            let at = seconds(column.number * self.width);
            format!(" The slowest second by p99 began after {at}: {}.", format_duration(column.quantiles[2]))
        });
        let failed: u64 = self.columns.iter().map(|column| column.failed).sum();
        format!("Latency of {title} over time.{worst} {failed} calls failed.")
    }
}

pub(super) fn seconds(seconds: u64) -> String {
    if seconds == 0 { "0 s".to_owned() } else { format_duration(Duration::from_secs(seconds)) }
}

/// Where names stand that belong to the ends of lines, from the lowest: never on
/// each other, and never above the picture.
fn apart(ends: [f64; 3]) -> [f64; 3] {
    const HIGH: f64 = 12.5;
    let [low, middle, high] = ends;
    let middle = middle.min(low - HIGH);
    let high = high.min(middle - HIGH).max(HIGH);
    let middle = middle.max(high + HIGH);
    [low.max(middle + HIGH), middle, high]
}

/// Where a latency in microseconds stands, in rows.
fn position(micros: u64) -> f64 {
    (micros.max(1) as f64).log10() * ROWS
}

fn rows(latency: &Latency) -> Vec<(i64, u64)> {
    let mut rows: Vec<(i64, u64)> = Vec::new();
    for value in latency.histogram().iter_recorded() {
        let row = position(value.value_iterated_to()).floor() as i64;
        match rows.last_mut() {
            Some((last, count)) if *last == row => *count += value.count_at_value(),
            _ => rows.push((row, value.count_at_value())),
        }
    }
    rows
}

/// The part of time and latency that is shown.
struct Frame {
    first: i64,
    last: i64,
    columns: u64,
}

impl Frame {
    fn x(&self, column: u64) -> f64 {
        LEFT + column as f64 * self.wide()
    }

    fn wide(&self) -> f64 {
        (WIDTH - LEFT - RIGHT) / self.columns as f64
    }

    fn y(&self, row: f64) -> f64 {
        MIDDLE - (row - self.first as f64) / (self.last - self.first) as f64 * (MIDDLE - TOP)
    }

    fn push_grid(&self, svg: &mut String, width: u64) {
        for decade in 0..=9 {
            let micros = 10_u64.pow(decade);
            let y = self.y(position(micros));
            if (TOP..=MIDDLE).contains(&y) {
                let _ = writeln!(
                    svg,
                    "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                    WIDTH - RIGHT,
                    LEFT - 4.0,
                    y + 3.5,
                    format_duration(Duration::from_micros(micros))
                );
            }
        }
        let step = self.columns.div_ceil(5).max(1);
        for column in (0..self.columns).step_by(step as usize) {
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"start\">{}</text>",
                self.x(column),
                BASE + 14.0,
                seconds(column * width)
            );
        }
        let _ = writeln!(svg, "<path class=\"axis\" d=\"M{LEFT} {BASE}H{:.1}\"/>", WIDTH - RIGHT);
    }
}
