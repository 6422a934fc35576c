//! How runs came: on a schedule, in bursts, or one by one.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::sheet::Remark;
use super::super::spans::written;
use super::record::RunRecord;
use crate::clock::{Timestamp, format_duration};
use crate::diagnose::Place;

/// Runs that begin within this belong together.
const TOGETHER: Duration = Duration::from_secs(1);

/// So many runs together are a burst.
const BURST: usize = 5;

/// How long arrivals are played at most.
const LONGEST: Duration = Duration::from_mins(2);

/// Where the busiest minute has so many times the runs of the mean one, the mean
/// says little.
const UNEVEN: f64 = 5.0;

/// So many instants are written one by one.
const REPLAYED: usize = 200;

/// Recurrences are no shorter than this (Power Automate, limits).
const SHORTEST: Duration = Duration::from_mins(1);

/// What was seen of the begin of runs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arrivals {
    /// `start` of the scenario.
    pub(super) start: String,
    /// Where it comes from.
    pub(super) remarks: Vec<Remark>,
    /// How many copies began at the same scheduled time.
    pub(super) clones: usize,
}

/// Reads the begin of runs; `None` where there are none.
pub(super) fn arrivals(runs: &[RunRecord], place: &Place) -> Option<Arrivals> {
    let mut starts: Vec<Timestamp> = runs.iter().map(|run| run.start).collect();
    starts.sort_unstable();
    let (first, last) = (*starts.first()?, *starts.last()?);
    let origin = Remark::note(format!(
        "Derived from {} runs between {} and {}.",
        starts.len(),
        first.utc().format("%Y-%m-%dT%H:%M:%SZ"),
        last.utc().format("%Y-%m-%dT%H:%M:%SZ")
    ));
    let mut arrivals = scheduled(runs).or_else(|| bursts(&starts)).or_else(|| regular(&starts)).unwrap_or_else(|| {
        let span = last.since(first);
        one_by_one(&starts, span, place)
    });
    arrivals.remarks.insert(0, origin);
    let copies: BTreeSet<&String> = runs.iter().filter_map(|run| run.copy.as_ref()).collect();
    arrivals.clones = arrivals.clones.max(copies.len());
    Some(arrivals)
}

/// By `scheduledTime`, which only schedules have.
fn scheduled(runs: &[RunRecord]) -> Option<Arrivals> {
    let mut times: Vec<(Timestamp, Timestamp)> = runs.iter().filter_map(|run| run.scheduled).collect();
    if times.len() < 3 || times.len() * 2 < runs.len() {
        return None;
    }
    times.sort_unstable();
    let late: Vec<Duration> = times.iter().map(|(scheduled, started)| started.since(*scheduled)).collect();
    // Copies have the same scheduled second.
    let mut seconds: Vec<(i64, usize)> = Vec::new();
    for (scheduled, _) in &times {
        match seconds.last_mut() {
            Some((second, count)) if *second == scheduled.seconds() => *count += 1,
            _ => seconds.push((scheduled.seconds(), 1)),
        }
    }
    let every = median(seconds.windows(2).map(|pair| Duration::from_secs(pair[1].0.abs_diff(pair[0].0))).collect())?;
    let jitter = late.iter().max().copied().unwrap_or_default();
    let clones = seconds.iter().map(|(_, count)| *count).max().unwrap_or(1);
    let told = format!(
        "Scheduled every {}; begun up to {} late, half of them by {} at most.",
        format_duration(every),
        format_duration(jitter),
        format_duration(median(late).unwrap_or_default())
    );
    Some(recurrence(every, jitter, clones, told))
}

fn recurrence(every: Duration, jitter: Duration, clones: usize, told: String) -> Arrivals {
    let jitter = Duration::from_millis(jitter.as_millis() as u64);
    let late = if jitter.is_zero() { String::new() } else { format!(", jitter: {}", written(jitter)) };
    let start = format!("{{ recurrence: {{ every: {}{late} }} }}", written(every));
    Arrivals { start, remarks: vec![Remark::note(told)], clones }
}

/// Runs that begin together, time and again.
fn bursts(starts: &[Timestamp]) -> Option<Arrivals> {
    let mut groups: Vec<&[Timestamp]> = Vec::new();
    let mut rest = starts;
    while let Some(first) = rest.first() {
        let size = rest.iter().take_while(|start| start.since(*first) <= TOGETHER).count();
        let (group, behind) = rest.split_at(size);
        groups.push(group);
        rest = behind;
    }
    let large: Vec<&[Timestamp]> = groups.iter().copied().filter(|group| group.len() >= BURST).collect();
    let inside: usize = large.iter().map(|group| group.len()).sum();
    // A steady stream is in groups, too, one behind the other.
    let apart = large.windows(2).all(|pair| pair[1][0].since(*pair[0].last().unwrap_or(&pair[0][0])) > TOGETHER);
    if inside * 2 < starts.len() || !apart {
        return None;
    }
    let largest = large.iter().max_by_key(|group| group.len())?;
    let within = largest.last()?.since(largest[0]).max(Duration::from_millis(10));
    let within = Duration::from_millis(within.as_millis() as u64);
    let told = format!(
        "{} bursts of {} to {} runs; the largest took {}.",
        large.len(),
        large.iter().map(|group| group.len()).min()?,
        largest.len(),
        format_duration(within)
    );
    let start = format!("{{ burst: {{ runs: {}, within: {} }} }}", largest.len(), written(within));
    Some(Arrivals { start, remarks: vec![Remark::note(told)], clones: 1 })
}

/// Runs at equal distances.
fn regular(starts: &[Timestamp]) -> Option<Arrivals> {
    let gaps: Vec<Duration> = starts.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    let middle = median(gaps.clone()).filter(|middle| gaps.len() >= 4 && *middle >= SHORTEST)?;
    let even: Vec<Duration> = gaps.iter().copied().filter(|gap| gap.abs_diff(middle) * 10 <= middle).collect();
    let near = even.len();
    if near * 5 < gaps.len() * 4 {
        return None;
    }
    let every = whole(even.iter().sum::<Duration>() / even.len() as u32);
    let deviations = || even.iter().map(|gap| gap.abs_diff(every)).max().unwrap_or_default();
    // Runs that follow the last one leave any schedule some time.
    let jitter = Some(off_schedule(starts, every)).filter(|off| *off * 10 <= every).unwrap_or_else(deviations);
    let told = format!("{near} of {} gaps are {} long, within a tenth.", gaps.len(), format_duration(every));
    Some(recurrence(every, jitter, 1, told))
}

/// To the minutes or seconds that a schedule is made of.
fn whole(span: Duration) -> Duration {
    let minutes = Duration::from_secs((span.as_secs_f64() / 60.0).round() as u64 * 60);
    let seconds = Duration::from_secs(span.as_secs_f64().round() as u64);
    if minutes.abs_diff(span) * 100 <= span { minutes } else { seconds }
}

/// How far apart runs are from a schedule, the earliest and the latest.
fn off_schedule(starts: &[Timestamp], every: Duration) -> Duration {
    let every = every.as_micros() as i64;
    let off = starts.iter().map(|start| {
        let since = start.since(starts[0]).as_micros() as i64;
        since - (since + every / 2) / every * every
    });
    let (least, most) = off.fold((0, 0), |(least, most): (i64, i64), off| (least.min(off), most.max(off)));
    Duration::from_micros(most.abs_diff(least))
}

fn one_by_one(starts: &[Timestamp], span: Duration, place: &Place) -> Arrivals {
    if starts.len() < 2 || span < TOGETHER {
        let start = format!("{{ burst: {{ runs: {}, within: 1 s }} }}", starts.len());
        let told = "All runs begin within a second: nothing is known of when others would.";
        return Arrivals { start, remarks: vec![Remark::note(told)], clones: 1 };
    }
    let a_minute = (starts.len() - 1) as f64 * 60.0 / span.as_secs_f64();
    let busiest = busiest(starts);
    let told = format!("{} a minute; {} in the busiest one.", shown(a_minute), busiest.len());
    let by_chance = if by_chance(starts) { ", pattern: poisson" } else { "" };
    if busiest.len() as f64 <= a_minute * UNEVEN {
        let lasting = Duration::from_secs(span.as_secs().clamp(1, LONGEST.as_secs()));
        let start =
            format!("{{ arrivals: {{ rate: {}/min, for: {}{by_chance} }} }}", shown(a_minute), written(lasting));
        return Arrivals { start, remarks: vec![Remark::note(told)], clones: 1 };
    }
    let asked = "which time is played? They come unevenly: it is the busiest minute";
    let start = if busiest.len() <= REPLAYED {
        let at: Vec<String> = busiest.iter().map(|start| since(*start, busiest[0])).collect();
        format!("{{ replay: {{ at: [{}] }} }}", at.join(", "))
    } else {
        format!("{{ arrivals: {{ rate: {}/min, for: 1 min{by_chance} }} }}", busiest.len())
    };
    Arrivals { start, remarks: vec![Remark::note(told), Remark::question(place, asked)], clones: 1 }
}

fn since(start: Timestamp, first: Timestamp) -> String {
    written(Duration::from_millis(start.since(first).as_millis() as u64))
}

/// Whether gaps differ as those of independent arrivals do, whose deviation is
/// as long as their mean.
fn by_chance(starts: &[Timestamp]) -> bool {
    let gaps: Vec<f64> = starts.windows(2).map(|pair| pair[1].since(pair[0]).as_secs_f64()).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    gaps.len() >= 10 && variance.sqrt() > mean / 2.0
}

/// A number with three digits behind the point at most.
fn shown(number: f64) -> String {
    format!("{number:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Those of the minute in which most begin.
fn busiest(starts: &[Timestamp]) -> &[Timestamp] {
    let (mut from, mut most) = (0, 0..0);
    for (number, start) in starts.iter().enumerate() {
        while start.since(starts[from]) >= Duration::from_mins(1) {
            from += 1;
        }
        if number + 1 - from > most.len() {
            most = from..number + 1;
        }
    }
    &starts[most]
}

/// The middle one.
pub(super) fn median<T: Ord + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
