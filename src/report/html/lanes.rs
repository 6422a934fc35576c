//! One operation over the tiers as a picture: a lane for each tier, a bar for
//! what lasted, a mark for what happened at an instant, each with the number
//! under which it stands in the table below.

use std::fmt::Write;
use std::time::Duration;

use crate::clock::{Timestamp, format_duration};
use crate::observe::ChainLink;
use crate::report::escape::html;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 6.0;
/// How high a row of a lane is.
const ROW: f64 = 15.0;

/// What is drawn of a link: its number, from when, until when, in parts of the
/// whole.
struct Mark {
    number: usize,
    from: f64,
    until: f64,
}

/// One tier: its name, and its marks in rows in which none hides another.
struct Lane {
    tier: &'static str,
    rows: Vec<Vec<Mark>>,
}

/// The picture as an `svg` element; `None` where nothing is known of when.
pub(super) fn svg(chain: &[ChainLink]) -> Option<String> {
    let first = chain.iter().filter_map(|link| link.at).min()?;
    let last = chain.iter().filter_map(|link| link.until.or(link.at)).max()?;
    let whole = last.since(first);
    if whole.is_zero() {
        return None;
    }
    let lanes = lanes(chain, first, whole);
    let rows: usize = lanes.iter().map(|lane| lane.rows.len().max(1)).sum();
    let height = TOP + rows as f64 * ROW + lanes.len() as f64 * 6.0 + 20.0;
    let mut svg = format!(
        "<svg class=\"lanes\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"The operation over {} of the \
         shared clock, tier by tier; the table below says the same.\">\n",
        html(&format_duration(whole))
    );
    let mut y = TOP;
    for lane in &lanes {
        push_lane(&mut svg, lane, y);
        y += lane.rows.len().max(1) as f64 * ROW + 6.0;
    }
    for quarter in 0..=4_u32 {
        let part = f64::from(quarter) / 4.0;
        let label = if quarter == 0 { "0 s".to_owned() } else { format_duration(whole.mul_f64(part)) };
        let anchor = if quarter == 4 { "end" } else { "start" };
        let _ =
            writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{label}</text>", x(part), y + 12.0);
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

fn x(part: f64) -> f64 {
    LEFT + part * (WIDTH - LEFT - RIGHT)
}

fn lanes(chain: &[ChainLink], first: Timestamp, whole: Duration) -> Vec<Lane> {
    let part = |at: Timestamp| at.since(first).as_secs_f64() / whole.as_secs_f64();
    let mut lanes: Vec<Lane> = Vec::new();
    for (number, link) in chain.iter().enumerate().map(|(place, link)| (place + 1, link)) {
        if lanes.last().is_none_or(|lane| lane.tier != link.tier) {
            lanes.push(Lane { tier: link.tier, rows: Vec::new() });
        }
        let (Some(at), Some(lane)) = (link.at, lanes.last_mut()) else { continue };
        let mark = Mark { number, from: part(at), until: part(link.until.unwrap_or(at)) };
        // Room for the number after the mark.
        let free = |row: &&mut Vec<Mark>| row.iter().all(|other| other.until + 0.04 <= mark.from);
        match lane.rows.iter_mut().find(free) {
            Some(row) => row.push(mark),
            None => lane.rows.push(vec![mark]),
        }
    }
    lanes
}

fn push_lane(svg: &mut String, lane: &Lane, y: f64) {
    let high = lane.rows.len().max(1) as f64 * ROW;
    let _ = writeln!(
        svg,
        "<path class=\"grid\" d=\"M{LEFT} {:.1}H{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        y + high + 3.0,
        WIDTH - RIGHT,
        LEFT - 8.0,
        y + 11.0,
        html(lane.tier)
    );
    if lane.rows.is_empty() {
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">nothing</text>", LEFT + 4.0, y + 11.0);
    }
    for (row, marks) in lane.rows.iter().enumerate() {
        let top = y + row as f64 * ROW;
        for mark in marks {
            let wide = (x(mark.until) - x(mark.from)).max(2.5);
            // A number that would leave the picture stands inside of its bar, or
            // before its mark.
            let after = x(mark.from) + wide + 3.0;
            let (at, anchor) = match after {
                after if after <= WIDTH - RIGHT - 4.0 => (after, "start"),
                _ if wide > 24.0 => (x(mark.until) - 4.0, "end"),
                _ => (x(mark.from) - 3.0, "end"),
            };
            let _ = writeln!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{:.1}\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                x(mark.from),
                top + 2.0,
                ROW - 4.0,
                top + 11.0,
                mark.number
            );
        }
    }
}
