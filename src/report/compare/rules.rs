//! What counts as a regression: how much a figure may grow, and what is no
//! obstacle to a comparison.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A figure that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// The median.
    P50,
    /// The quantile 0.95.
    P95,
    /// The quantile 0.99.
    P99,
    /// The quantile 0.999.
    #[serde(rename = "p99.9")]
    P999,
    /// The mean.
    Mean,
    /// The share of calls that failed.
    Failed,
    /// The share of requests that were throttled.
    Throttled,
    /// First calls a second that were really sent.
    Rate,
    /// Requests for each first call: attempts and polls counted.
    Exchanges,
}

/// In what a figure is counted, and so how it may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Milliseconds.
    Time,
    /// A share of calls.
    Share,
    /// A plain number, which has no interval and is only shown.
    Number,
}

impl Measure {
    const ALL: [(Self, &'static str, Kind); 9] = [
        (Self::P50, "p50", Kind::Time),
        (Self::P95, "p95", Kind::Time),
        (Self::P99, "p99", Kind::Time),
        (Self::P999, "p99.9", Kind::Time),
        (Self::Mean, "mean", Kind::Time),
        (Self::Failed, "failed", Kind::Share),
        (Self::Throttled, "throttled", Kind::Share),
        (Self::Rate, "rate", Kind::Number),
        (Self::Exchanges, "exchanges", Kind::Number),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    pub(super) fn kind(self) -> Kind {
        Self::ALL[self as usize].2
    }

    /// What holds without `--allow`.
    fn usual(self) -> Option<Limit> {
        match self.kind() {
            Kind::Time => Some(Limit { relative: 0.05, absolute: 1.0 }),
            Kind::Share => Some(Limit { relative: 0.0, absolute: 0.01 }),
            Kind::Number => None,
        }
    }
}

/// How much worse a figure may become; it is too much where both are exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// As a share of the first run's figure (0.05 is 5 %).
    pub relative: f64,
    /// In milliseconds, or as a share of all calls.
    pub absolute: f64,
}

/// A limit that the user sets: `[WHERE:]MEASURE=LIMIT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowed {
    text: String,
    place: String,
    measure: Measure,
    limit: Option<Limit>,
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (left, right) = text.split_once('=').ok_or("expected [WHERE:]MEASURE=LIMIT, e.g. p99=+10%")?;
        let (place, name) = left.rsplit_once(':').unwrap_or(("*", left));
        let mut judged = Measure::ALL.iter().filter(|(.., kind)| *kind != Kind::Number);
        let names: Vec<_> = judged.clone().map(|(_, name, _)| *name).collect();
        let found = judged.find(|(_, known, _)| *known == name).map(|(measure, ..)| *measure);
        let measure = found.ok_or_else(|| format!("`{name}` is not judged; what is: {}", names.join(", ")))?;
        let limit = if right == "off" { None } else { Some(limit(measure, right)?) };
        Ok(Self { text: text.to_owned(), place: place.to_owned(), measure, limit })
    }
}

/// `+10%`, `+5ms`, `+10%,+2ms`, `+0.5pp`.
fn limit(measure: Measure, text: &str) -> Result<Limit, String> {
    let wrong = || {
        let right =
            if measure.kind() == Kind::Share { "+0.5pp (percentage points)" } else { "+10%, +5ms or +10%,+5ms" };
        format!("`{text}` is no limit for {}: expected e.g. {right}, or `off`", measure.name())
    };
    let mut limit = Limit { relative: 0.0, absolute: 0.0 };
    for part in text.split(',') {
        let part = part.trim().trim_start_matches('+');
        let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
        let value = digits.trim().parse::<f64>().ok().filter(|value| (0.0..1e9).contains(value)).ok_or_else(wrong)?;
        match (measure.kind(), &part[digits.len()..]) {
            (Kind::Time, "%") => limit.relative = value / 100.0,
            (Kind::Time, "ms") => limit.absolute = value,
            (Kind::Time, "s") => limit.absolute = value * 1e3,
            (Kind::Share, "pp") => limit.absolute = value / 100.0,
            _ => return Err(wrong()),
        }
    }
    Ok(limit)
}

/// What stands in the way of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Obstacle {
    /// The clocks ran at different speeds.
    Scale,
    /// The runs were made on different machines.
    Machine,
    /// A contract says something else.
    Contract,
    /// The generator itself lagged, or sent less than was due.
    Generator,
}

impl FromStr for Obstacle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "scale" => Ok(Self::Scale),
            "machine" => Ok(Self::Machine),
            "contract" => Ok(Self::Contract),
            "generator" => Ok(Self::Generator),
            _ => Err("expected scale, machine, contract or generator".to_owned()),
        }
    }
}

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Limits; of several that fit, the last holds.
    pub allowed: Vec<Allowed>,
    /// What is no obstacle.
    pub despite: Vec<Obstacle>,
}

impl Rules {
    /// The limit of a figure, and whether the user set it.
    pub(super) fn of(&self, place: &str, measure: Measure) -> (Option<Limit>, bool) {
        match self.allowed.iter().rev().find(|allowed| allowed.fits(place, measure)) {
            Some(allowed) => (allowed.limit, allowed.limit.is_some()),
            None => (measure.usual(), false),
        }
    }
}

impl Allowed {
    /// Whether it is about a figure.
    pub(super) fn fits(&self, place: &str, measure: Measure) -> bool {
        self.measure == measure && matches(&self.place, place)
    }
}

/// Whether a text fits a pattern in which `*` stands for anything.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(after) = text.strip_prefix(head) else { return false };
    rest.is_empty() || after.char_indices().any(|(at, _)| matches(rest, &after[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_the_last_that_fits_holds() {
        let allowed = ["p99=+10%", "steady-day:*:p99=+20%,+2ms", "failed=+0.5pp", "p50=off"];
        let allowed = allowed.map(|text| text.parse::<Allowed>().expect(text)).to_vec();
        let rules = Rules { allowed, despite: Vec::new() };
        let limit = |relative, absolute| Some(Limit { relative, absolute });
        assert_eq!(rules.of("steady-day:a/v1:b", Measure::P99), (limit(0.2, 2.0), true));
        assert_eq!(rules.of("burst:a/v1:b", Measure::P99), (limit(0.1, 0.0), true));
        assert_eq!(rules.of("burst:a/v1:b", Measure::P95), (limit(0.05, 1.0), false));
        assert_eq!(rules.of("burst:a/v1:b", Measure::P50), (None, false));
        assert_eq!(rules.of("burst:a/v1:b", Measure::Failed), (limit(0.0, 0.005), true));
        assert_eq!(rules.of("burst", Measure::Rate), (None, false));
    }

    #[test]
    fn a_wrong_limit_says_what_would_be_right() {
        let fault = |text: &str| text.parse::<Allowed>().expect_err(text);
        assert!(fault("p99").contains("p99=+10%"));
        assert!(fault("rate=-10%").contains("p50, p95, p99, p99.9, mean, failed, throttled"));
        assert!(fault("p99=+10").contains("+10%,+5ms"));
        assert!(fault("failed=+10%").contains("percentage points"));
    }
}
