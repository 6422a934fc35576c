//! A comparison in words: the verdict, a table of 80 columns, Markdown.

use std::fmt::Write;

use super::rules::{Kind, Limit};
use super::{Comparison, Difference, Figure, Outcome, Subject, Verdict};
use crate::report::escape::markdown;

/// The verdict, and why, in one sentence.
pub(super) fn verdict(subjects: &[Subject], differences: &[Difference]) -> (Verdict, String) {
    let figures = || subjects.iter().flat_map(|subject| subject.figures.iter().map(move |figure| (subject, figure)));
    if subjects.is_empty() {
        return (Verdict::NothingInBoth, "no operation was called under load in both runs".to_owned());
    }
    let count = |outcome| figures().filter(|(_, figure)| figure.outcome == outcome).count();
    let worst = figures().filter(|(_, figure)| figure.outcome == Outcome::Worse);
    let worst = worst.max_by(|(_, one), (_, other)| one.change.total_cmp(&other.change));
    let mut apart = apart(subjects, differences);
    if let Some((subject, figure)) = worst {
        let further = count(Outcome::Worse) - 1;
        if further > 0 {
            apart.insert(0, format!("{} worse", counted(further, "further figure is", "further figures are")));
        }
        return (Verdict::Regression, joined(worse(subject, figure), &apart));
    }
    let judged = |figure: &Figure| !matches!(figure.outcome, Outcome::TooFew | Outcome::Barred | Outcome::Shown);
    // What the user named must be judged somewhere.
    let met = |measure| figures().any(|(_, figure)| figure.asked && figure.measure == measure && judged(figure));
    let unmet = figures().find(|(_, figure)| figure.asked && !met(figure.measure));
    if let Some((subject, figure)) = unmet {
        let told = format!("{} of {} could not be judged: {}", figure.measure.name(), subject.named(), why(subject));
        return (Verdict::Inconclusive, told);
    }
    let decided = |figure: &Figure| {
        figure.measure.kind() == Kind::Time && matches!(figure.outcome, Outcome::Same | Outcome::Better)
    };
    if !figures().any(|(_, figure)| decided(figure)) {
        let told = "no latency is known well enough to be judged".to_owned();
        return (Verdict::Inconclusive, joined(told, &apart));
    }
    let told = format!(
        "{} no worse than allowed",
        counted(count(Outcome::Same) + count(Outcome::Better), "figure is", "figures are")
    );
    if count(Outcome::Better) > 0 {
        apart.insert(0, format!("{} better", count(Outcome::Better)));
    }
    (Verdict::NoRegression, joined(told, &apart))
}

/// What is not judged, and why.
fn apart(subjects: &[Subject], differences: &[Difference]) -> Vec<String> {
    let count = |outcome| {
        let all = subjects.iter().flat_map(|subject| &subject.figures);
        all.filter(|figure: &&Figure| figure.outcome == outcome).count()
    };
    let mut apart = Vec::new();
    if count(Outcome::Open) > 0 {
        apart.push(format!("{} undecided", count(Outcome::Open)));
    }
    if count(Outcome::TooFew) > 0 {
        apart.push(format!("{} of too few calls or seconds", count(Outcome::TooFew)));
    }
    if count(Outcome::Barred) > 0 {
        let what: Vec<&str> = differences.iter().filter(|d| d.stops).map(|d| d.what.as_str()).collect();
        apart.push(format!("{} not judged, since the runs differ in {}", count(Outcome::Barred), what.join(", ")));
    }
    apart
}

fn joined(first: String, apart: &[String]) -> String {
    if apart.is_empty() { first } else { format!("{first}; {}", apart.join("; ")) }
}

fn worse(subject: &Subject, figure: &Figure) -> String {
    let [a, b] = [figure.a, figure.b].map(|value| figure.value(value));
    let allowed = figure.allowed.map(|limit| limited(limit, figure.measure.kind())).unwrap_or_default();
    format!(
        "{} of {} went from {a} to {b}, {} (95 %: {}), where {allowed} is allowed",
        figure.measure.name(),
        subject.named(),
        figure.change(figure.change),
        figure.interval()
    )
}

fn why(subject: &Subject) -> String {
    let few = || [0, 1].map(|at| format!("{} in {} s", subject.calls[at], subject.seconds[at])).join("; ");
    subject.barred.clone().unwrap_or_else(|| format!("too few calls or seconds ({})", few()))
}

fn limited(limit: Limit, kind: Kind) -> String {
    match (kind, limit.relative * 100.0, limit.absolute) {
        (Kind::Share, _, absolute) => format!("+{} pp", absolute * 100.0),
        (_, relative, 0.0) => format!("+{relative} %"),
        (_, 0.0, absolute) => format!("+{absolute} ms"),
        (_, relative, absolute) => format!("+{relative} % (at least +{absolute} ms)"),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `1.23 ms`, `50.1 ms`, `1.20 s`.
pub(super) fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 1000.0 => format!("{ms:.1} ms"),
        ms => format!("{:.2} s", ms / 1e3),
    }
}

impl Subject {
    /// What it is, in words.
    fn named(&self) -> String {
        let parts: Vec<&str> =
            [&self.scenario, &self.contract, &self.operation].into_iter().flatten().map(String::as_str).collect();
        if parts.is_empty() { "the whole run".to_owned() } else { parts.join(" ") }
    }

    fn heading(&self) -> String {
        let [a, b] = self.calls;
        match (&self.scenario, &self.operation) {
            (None, _) => format!("the whole run: {a} requests, then {b}"),
            (_, None) => format!("{}: {a} first calls, then {b}", self.named()),
            _ => format!("{}: {a} calls in {} s, then {b} in {} s", self.named(), self.seconds[0], self.seconds[1]),
        }
    }
}

impl Figure {
    fn value(&self, value: f64) -> String {
        match self.measure.kind() {
            Kind::Time => milliseconds(value),
            Kind::Share => format!("{:.2} %", value * 100.0),
            Kind::Number => format!("{value:.2}"),
        }
    }

    fn change(&self, change: f64) -> String {
        let unit = if self.measure.kind() == Kind::Share { "pp" } else { "%" };
        // What is nothing when it is rounded has no sign.
        let rounded = (change * 1e3).round() / 10.0 + 0.0;
        if unit == "pp" { format!("{:+.2} pp", change * 100.0) } else { format!("{rounded:+.1} %") }
    }

    fn interval(&self) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => format!("{} to {}", self.change(low), self.change(high)),
            _ => String::new(),
        }
    }

    fn word(&self) -> &'static str {
        match self.outcome {
            Outcome::Worse => "WORSE",
            Outcome::Better => "better",
            Outcome::Same => "ok",
            Outcome::Open => "undecided",
            Outcome::TooFew => "too few",
            Outcome::Barred => "not judged",
            Outcome::Shown => "",
        }
    }

    fn cells(&self) -> [String; 6] {
        let [a, b] = [self.a, self.b].map(|value| self.value(value));
        [self.measure.name().into(), a, b, self.change(self.change), self.interval(), self.word().into()]
    }
}

impl Comparison {
    /// As JSON, with a newline.
    pub fn json(&self) -> String {
        format!("{:#}\n", serde_json::json!(self))
    }

    /// The last line: the word, and why.
    pub fn verdict_line(&self) -> String {
        format!("{}: {}\n", self.verdict.word(), self.reason)
    }

    /// For people, in 80 columns but for long names; without the verdict.
    pub fn text(&self) -> String {
        let mut text = self.about().iter().fold(String::new(), |text, line| text + line + "\n");
        let line = |cells: [String; 6]| {
            let [name, a, b, change, interval, word] = cells;
            format!("  {name:<9} {a:>10} {b:>10} {change:>9}  {interval:<22} {word}").trim_end().to_owned()
        };
        let _ = writeln!(text, "\n{}", line(["", "A", "B", "change", "95 % interval", ""].map(str::to_owned)));
        for subject in &self.subjects {
            let _ = writeln!(text, "{}", subject.heading());
            for figure in &subject.figures {
                let _ = writeln!(text, "{}", line(figure.cells()));
            }
        }
        let _ = writeln!(text, "\n{}", self.how());
        text
    }

    /// As Markdown, for a job summary.
    pub fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n{}\n\n", self.verdict.word(), markdown(&self.reason));
        for line in self.about() {
            let _ = writeln!(text, "- {}", markdown(&line));
        }
        text.push_str(
            "\n| | figure | A | B | change | 95 % interval | |\n| --- | --- | --: | --: | --: | --- | --- |\n",
        );
        for (subject, figure) in self.subjects.iter().flat_map(|s| s.figures.iter().map(move |figure| (s, figure))) {
            let _ = writeln!(text, "| {} | {} |", markdown(&subject.named()), figure.cells().join(" | "));
        }
        let _ = writeln!(text, "\n{}", self.how().replace('\n', " "));
        text
    }

    /// Which runs, and in what they differ.
    fn about(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (letter, run) in ["A", "B"].iter().zip(&self.runs) {
            let second = run.started.get(..19).unwrap_or(&run.started);
            lines.push(format!("{letter}: {} ({}, {second})", run.name, run.command));
        }
        for difference in &self.differences {
            let end = match (difference.stops, difference.obstacle) {
                (true, _) => " (no verdict on it)",
                (false, Some(_)) => " (judged all the same)",
                _ => "",
            };
            lines.push(format!("{difference}{end}"));
        }
        let alone = [("A", &self.only_in_a), ("B", &self.only_in_b)];
        lines.extend(
            alone.iter().flat_map(|(letter, keys)| keys.iter().map(move |key| format!("only in {letter}: {key}"))),
        );
        lines
    }

    /// How it was judged.
    fn how(&self) -> String {
        format!(
            "Intervals are from blocks of neighbouring seconds (moving-block bootstrap) and\n\
             hold in {:.3} % of cases each, so all {} together in 95 %. Worse is what lies\n\
             beyond what is allowed with its whole interval. Of failed and throttled each\n\
             call counts as a witness of its own; rate and exchanges are only shown.",
            self.confidence_each * 100.0,
            self.comparisons
        )
    }
}
