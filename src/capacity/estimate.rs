//! The estimates, and the comparison with what is promised.

use std::time::Duration;

use serde::Serialize;

use crate::clock::format_duration;
use crate::contract::behaviour::{Rate, Throttling};

use super::probe::{Probe, Round, Stop};

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProbeReport {
    /// Calls that were sent.
    pub sent: u64,
    /// Calls that a window admits, or that a bucket holds; `None`: nothing was
    /// refused.
    pub admitted: Option<u64>,
    /// How long the window is, or how long an empty bucket takes to fill; in
    /// seconds where it is written.
    #[serde(rename = "window_s", serialize_with = "seconds")]
    pub window: Option<Duration>,
    /// What kind of budget it is.
    pub kind: Option<WindowKind>,
    /// The status of a refusal.
    pub refusal: Option<u16>,
    /// Every `Retry-After` that ended a flood, in seconds.
    pub retry_after_s: Vec<u64>,
    /// Whether they were honest.
    pub honest: Honesty,
    /// Whether it is what the behaviour file declares.
    pub agrees: Agreement,
    /// All of it in sentences.
    pub lines: Vec<String>,
}

/// How a budget comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Each call is free again one window after it was made.
    Sliding,
    /// All at once, when the window ends.
    Fixed,
    /// Drop by drop.
    TokenBucket,
}

/// Whether `Retry-After` is honest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Honesty {
    /// A call after it is admitted, and none clearly before it.
    Honest,
    /// A call after it was refused.
    TooShort,
    /// Calls more than a second before it were admitted, repeatedly.
    TooLong,
    /// A refusal had none.
    Missing,
    /// It could not be tried.
    Unknown,
}

/// Whether what was found is what is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It can't be told.
    Inconclusive,
}

#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
fn seconds<S: serde::Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    span.map(|span| span.as_secs_f64()).serialize(serializer)
}

impl Probe {
    /// What was found, compared with what the behaviour file declares.
    pub fn report(&self, declared: Option<&Throttling>) -> ProbeReport {
        let mut report = ProbeReport {
            sent: self.sent,
            admitted: self.admitted(),
            window: self.window_estimate(),
            kind: self.kind(),
            refusal: self.refusal,
            retry_after_s: self
                .rounds
                .iter()
                .filter_map(|round| round.retry_after)
                .map(|wait| wait.as_secs())
                .collect(),
            honest: self.honesty(),
            agrees: Agreement::Inconclusive,
            lines: Vec::new(),
        };
        report.lines = self.found(&report);
        let (agrees, why) = self.compare(&report, declared.and_then(|throttling| throttling.rate));
        report.agrees = agrees;
        report.lines.push(why);
        report
    }

    /// The smaller of two rounds: a flood that crosses the end of a fixed window
    /// is admitted more often.
    fn admitted(&self) -> Option<u64> {
        let first = self.rounds.first().filter(|round| round.refused_at.is_some())?;
        if let Some(rate) = self.refill() {
            let filled = rate * first.refused_at?.since(first.began).as_secs_f64();
            return Some((first.admitted as f64 - filled).round().max(1.0) as u64);
        }
        let second = self.rounds.get(1).filter(|round| round.refused_at.is_some());
        Some(second.map_or(first.admitted, |second| second.admitted.min(first.admitted)))
    }

    /// Calls a second that come back to a bucket.
    fn refill(&self) -> Option<f64> {
        let (first, last) = (self.rounds.first()?, self.unsaturated().last()?);
        let between = last.refused_at?.since(first.refused_at?).as_secs_f64();
        (self.refills && between > 0.0).then(|| self.gained() as f64 / between)
    }

    /// The rounds without a last one that found the bucket full: it had stopped
    /// gaining.
    fn unsaturated(&self) -> &[Round] {
        match self.rounds.as_slice() {
            [first, _, third] if third.admitted * 10 >= first.admitted * 7 => &self.rounds[..2],
            rounds => rounds,
        }
    }

    /// Calls that were admitted after the first refusal: those of the later
    /// rounds, and those that were sent around the releases.
    fn gained(&self) -> u64 {
        let rounds = self.unsaturated();
        let early = rounds.iter().filter(|round| round.admitted_before == Some(true)).count() as u64;
        let later: u64 = rounds.iter().skip(1).map(|round| round.admitted).sum();
        later + early + u64::from(rounds.len() > 2)
    }

    fn window_estimate(&self) -> Option<Duration> {
        match (self.refill(), self.admitted()) {
            (Some(rate), Some(admitted)) => Duration::try_from_secs_f64(admitted as f64 / rate).ok(),
            _ => self.window,
        }
    }

    fn kind(&self) -> Option<WindowKind> {
        if self.refills {
            return Some(WindowKind::TokenBucket);
        }
        let last = self.rounds.get(3).filter(|round| round.refused_at.is_some())?;
        let whole = self.rounds[1].admitted;
        // One call can't be halved.
        (whole > 1).then_some(if last.admitted * 4 > whole * 3 { WindowKind::Fixed } else { WindowKind::Sliding })
    }

    fn honesty(&self) -> Honesty {
        if self.stop == Some(Stop::NoRetryAfter) {
            return Honesty::Missing;
        }
        let rounds = || self.crossed.iter().chain(&self.rounds);
        if rounds().any(|round| round.refused_after) {
            return Honesty::TooShort;
        }
        let tried: Vec<bool> = rounds().filter_map(|round| round.admitted_before).collect();
        if !self.refills && tried.len() >= 2 && tried.iter().all(|admitted| *admitted) {
            return Honesty::TooLong;
        }
        if self.rounds.len() > 1 { Honesty::Honest } else { Honesty::Unknown }
    }

    fn found(&self, report: &ProbeReport) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(admitted) = report.admitted {
            let what = match (report.kind, report.window) {
                (Some(WindowKind::TokenBucket), Some(window)) => {
                    format!("a bucket of {admitted} calls that fills in {}", format_duration(rounded(window)))
                }
                (kind, Some(window)) => {
                    let kind = match kind {
                        Some(WindowKind::Fixed) => ", fixed",
                        Some(WindowKind::Sliding) => ", sliding",
                        _ => "",
                    };
                    format!("{admitted} calls per {}{kind}", format_duration(rounded(window)))
                }
                (_, None) => format!("{admitted} calls, then a refusal"),
            };
            lines.push(format!("admitted: {what}"));
        }
        if let Some(status) = report.refusal {
            let waits = report.retry_after_s.iter().map(|wait| format!("{wait} s")).collect::<Vec<_>>().join(", ");
            let waits =
                if waits.is_empty() { "without Retry-After".into() } else { format!("with Retry-After {waits}") };
            lines.push(format!("refused: {status} {waits}"));
        }
        lines.push(format!("Retry-After: {}", honesty_words(report.honest)));
        if let Some(stop) = self.stop {
            lines.push(format!("ended early: {}", self.stop_words(stop)));
        }
        lines
    }

    fn stop_words(&self, stop: Stop) -> String {
        match stop {
            Stop::NeverRefused => format!("{} calls and none was refused", self.sent),
            Stop::NoRetryAfter => "a refusal without Retry-After says not how long to wait".into(),
            Stop::TooLongToWait => {
                format!("a refusal asks to wait longer than {}: a quota", format_duration(self.limits.longest_wait))
            }
            Stop::NeverReleased => "waiting as told was answered by refusals, four times in a row".into(),
            Stop::Unusable(Some(status)) => format!("answers {status} say nothing of rates"),
            Stop::Unusable(None) => "no answers".into(),
            Stop::Cut => "its time was used up".into(),
        }
    }

    fn compare(&self, report: &ProbeReport, declared: Option<Rate>) -> (Agreement, String) {
        let Some(rate) = declared else {
            return (Agreement::Inconclusive, "the behaviour file declares no rate to compare with".into());
        };
        let promised = format!("{} calls per {}", rate.calls, format_duration(rate.per));
        let (Some(admitted), Some(_)) = (report.admitted, report.refusal) else {
            return self.compare_unrefused(rate, &promised);
        };
        // Gateways say of themselves that counting is never quite exact.
        let calls_agree = admitted.abs_diff(rate.calls) <= (rate.calls / 20).max(1);
        if !calls_agree {
            return (Agreement::No, format!("disagrees: the contract declares {promised}, {admitted} were admitted"));
        }
        if !matches!(report.honest, Honesty::Honest | Honesty::Unknown) {
            let words = honesty_words(report.honest);
            return (Agreement::No, format!("disagrees: {promised} are admitted, but Retry-After is {words}"));
        }
        let Some(window) = report.window else {
            return (
                Agreement::Inconclusive,
                format!("the contract declares {promised}; how long a window lasts stayed unknown"),
            );
        };
        // A bucket's part of a call can't be seen, neither at the beginning of a
        // stretch nor at its end.
        let unseen = if self.refills { window * 2 / self.gained().clamp(1, 1000) as u32 } else { Duration::ZERO };
        let apart = window.abs_diff(rate.per);
        if apart <= Duration::from_millis(1500).max(rate.per / 10).max(unseen) {
            (Agreement::Yes, format!("agrees with the contract: {promised}"))
        } else {
            let window = format_duration(rounded(window));
            (Agreement::No, format!("disagrees: the contract declares {promised}, the window lasts {window}"))
        }
    }

    /// Nothing was refused: a finding only where more than promised went
    /// through within one window.
    fn compare_unrefused(&self, rate: Rate, promised: &str) -> (Agreement, String) {
        let admitted = self.rounds.first().map_or(0, |round| round.admitted);
        let quick = self.stop == Some(Stop::NeverRefused) && admitted > rate.calls * 2 + rate.calls / 20;
        if quick {
            (Agreement::No, format!("disagrees: the contract declares {promised}, {admitted} in a row were admitted"))
        } else {
            (Agreement::Inconclusive, format!("the contract declares {promised}; nothing was refused"))
        }
    }
}

fn honesty_words(honest: Honesty) -> &'static str {
    match honest {
        Honesty::Honest => "honest",
        Honesty::TooShort => "too short: a call after it was refused",
        Honesty::TooLong => "too long: calls more than a second before its end were admitted",
        Honesty::Missing => "missing",
        Honesty::Unknown => "not tried",
    }
}

/// To tenths of a second.
fn rounded(span: Duration) -> Duration {
    Duration::from_millis((span.as_millis() as u64 + 50) / 100 * 100)
}
