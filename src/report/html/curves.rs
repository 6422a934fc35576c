//! Counts over time as a picture: up to five series, told apart by how they are
//! drawn and not by colour, with the warm-up marked.

use std::fmt::Write;

use super::chart::push_warm_up;
use super::timeline::seconds;
use crate::report::escape::html;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 56.0;
/// Room for the names.
const RIGHT: f64 = 112.0;
const TOP: f64 = 10.0;
const BASE: f64 = 126.0;

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Filled bars.
    Bars,
    /// Bars of which only the edge is drawn.
    Edges,
    /// A line.
    Solid,
    /// A line in long dashes.
    Dashed,
    /// A line in dots.
    Dotted,
}

impl Style {
    fn class(self) -> &'static str {
        match self {
            Self::Bars => "bars",
            Self::Edges => "edges",
            Self::Solid => "solid",
            Self::Dashed => "dashed",
            Self::Dotted => "dotted",
        }
    }
}

/// One series, a value for each column.
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) style: Style,
    pub(super) values: Vec<f64>,
}

/// What is drawn.
pub(super) struct Curves {
    /// What it shows.
    pub(super) title: &'static str,
    /// How many seconds a column holds.
    pub(super) width: u64,
    /// How many columns are of the warm-up.
    pub(super) warm_up: f64,
    /// A value with its unit.
    pub(super) unit: fn(f64) -> String,
    pub(super) series: Vec<Series>,
}

impl Curves {
    /// The picture as an `svg` element; `None` where there is nothing to see.
    pub(super) fn svg(&self) -> Option<String> {
        let most = self.series.iter().flat_map(|series| &series.values).copied().fold(0.0, f64::max);
        if most <= 0.0 || self.columns() < 2 {
            return None;
        }
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
            html(&self.description())
        );
        let warm = self.x(self.warm_up.min(self.columns() as f64)) - LEFT;
        push_warm_up(&mut svg, (LEFT, TOP), (warm, BASE - TOP));
        self.push_grid(&mut svg, most);
        for (row, series) in self.series.iter().enumerate() {
            let path = self.path(series, most);
            let (class, y) = (series.style.class(), TOP + 6.0 + row as f64 * 15.0);
            let x = WIDTH - RIGHT + 8.0;
            let sample = match series.style {
                Style::Bars | Style::Edges => format!("M{x:.1} {:.1}h14v8h-14z", y - 4.0),
                _ => format!("M{x:.1} {y:.1}h14"),
            };
            let _ = writeln!(
                svg,
                "<g class=\"{class}\"><path d=\"{path}\"/><path d=\"{sample}\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
                x + 18.0,
                y + 3.5,
                html(series.name)
            );
        }
        svg.push_str("</svg>\n");
        Some(svg)
    }

    fn columns(&self) -> usize {
        self.series.iter().map(|series| series.values.len()).max().unwrap_or(0)
    }

    fn x(&self, column: f64) -> f64 {
        LEFT + column / self.columns() as f64 * (WIDTH - LEFT - RIGHT)
    }

    fn path(&self, series: &Series, most: f64) -> String {
        let y = |value: f64| BASE - value / most * (BASE - TOP);
        let mut path = String::new();
        for (column, value) in series.values.iter().enumerate() {
            let (from, to) = (self.x(column as f64), self.x(column as f64 + 1.0));
            let _ = match series.style {
                Style::Bars | Style::Edges if *value > 0.0 => {
                    write!(path, "M{from:.1} {BASE}V{:.1}H{to:.1}V{BASE}", y(*value).min(BASE - 1.0))
                }
                Style::Bars | Style::Edges => Ok(()),
                _ if column == 0 => write!(path, "M{from:.1} {:.1}H{to:.1}", y(*value)),
                _ => write!(path, "V{:.1}H{to:.1}", y(*value)),
            };
        }
        path
    }

    fn push_grid(&self, svg: &mut String, most: f64) {
        for part in [1.0, 0.5] {
            let y = BASE - part * (BASE - TOP);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 4.0,
                y + 3.5,
                html(&(self.unit)(most * part))
            );
        }
        let columns = self.columns() as u64;
        let step = columns.div_ceil(4).max(1);
        for column in (0..columns).step_by(step as usize) {
            let (x, label) = (self.x(column as f64), seconds(column * self.width));
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\">{label}</text>", BASE + 14.0);
        }
        let _ = writeln!(svg, "<path class=\"axis\" d=\"M{LEFT} {BASE}H{:.1}\"/>", WIDTH - RIGHT);
    }

    /// The same in words: the most of each series, and when.
    fn description(&self) -> String {
        let mut words = format!("{} over time.", self.title);
        for series in &self.series {
            let most = series.values.iter().copied().fold(0.0, f64::max);
            let at = series.values.iter().position(|value| *value >= most).unwrap_or(0) as u64;
            let _ =
                write!(words, " {}: at most {} after {}.", series.name, (self.unit)(most), seconds(at * self.width));
        }
        words
    }
}
