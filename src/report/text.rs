//! A finding as plain lines: for the screen and for JUnit.

use crate::check::{Finding, Level, Shrunk};
use crate::wire::Redactor;

use super::escape::terminal;
use super::json::FindingRecord;

/// Where values begin, after the names.
const INDENT: usize = 12;

/// A finding as plain lines without colour: title, what was tried, expected,
/// actual, place, evidence, how often it was reproduced, curl line and replay
/// command. Prose is wrapped at `width` columns; commands never are, so that
/// they can be copied. Redacted, and safe for a terminal.
pub fn finding_text(finding: &Finding, redactor: &Redactor, width: usize) -> String {
    record_text(&FindingRecord::of(finding, redactor), width)
}

/// The same of a stored finding.
pub(super) fn record_text(finding: &FindingRecord, width: usize) -> String {
    let mut lines = wrap(&terminal(&finding.title), width);
    let mut push = |name: &str, value: &str| {
        for (i, line) in wrap(&terminal(value), width.saturating_sub(INDENT)).iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            lines.push(format!("  {name:<10}{line}").trim_end().to_owned());
        }
    };
    push("check", &format!("{} ({})", finding.check, severity(finding.severity)));
    let subject = [finding.contract.as_deref(), finding.operation.as_deref()];
    push("concerns", &subject.iter().flatten().copied().collect::<Vec<_>>().join(" "));
    push("tried", &finding.origin);
    push("expected", &finding.expected);
    push("actual", &finding.actual);
    if let Some(place) = &finding.place {
        push("place", &place.to_string());
    }
    for (i, line) in finding.evidence.iter().enumerate() {
        push(if i == 0 { "evidence" } else { "" }, line);
    }
    push("seen", &how_often(finding));
    if let Some(shrunk) = &finding.shrunk {
        push("shrunk", &how_small(shrunk));
    }
    for command in [finding.curl.as_deref(), finding.replay.as_deref()].into_iter().flatten() {
        lines.push(format!("  {}", terminal(command)));
    }
    lines.join("\n")
}

/// `4 times, reproduced 3 of 3`.
pub(super) fn how_often(finding: &FindingRecord) -> String {
    let times = match finding.occurrences {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    match finding.reproduced {
        Some(reproduced) => format!("{times}, reproduced {} of {}", reproduced.shown, reproduced.of),
        None => times,
    }
}

/// `2214 to 71 bytes in 14 plays, from the case …`.
pub(super) fn how_small(shrunk: &Shrunk) -> String {
    let plays = if shrunk.played == 1 { "play" } else { "plays" };
    let end = if shrunk.minimal { "" } else { "; the search was cut short" };
    let (before, after) = (shrunk.bytes_before, shrunk.bytes_after);
    format!("{before} to {after} bytes in {} {plays}{end}, from {}", shrunk.played, shrunk.from)
}

/// The word for how much a finding weighs.
pub(super) fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Information => "information",
    }
}

/// Lines of at most `width` characters, broken at spaces where there are any;
/// no line for an empty text.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(20);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split(' ') {
            let mut rest: &str = word;
            let length = word.chars().count();
            if used > 0 && used + 1 + length > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            } else if used > 0 {
                line.push(' ');
                used += 1;
            }
            // A word that fits nowhere is cut.
            while rest.chars().count() > width - used {
                let cut = rest.char_indices().nth(width - used).map_or(rest.len(), |(at, _)| at);
                line.push_str(&rest[..cut]);
                lines.push(std::mem::take(&mut line));
                rest = &rest[cut..];
                used = 0;
            }
            line.push_str(rest);
            used += rest.chars().count();
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::sample;

    #[test]
    fn a_finding_reads_from_title_to_replay() {
        let run = sample::run();
        let text = finding_text(&run.verdict.findings[0], &sample::redactor(), 80);
        let names = ["two identical", "  check ", "  tried ", "  expected ", "  actual ", "  place ", "  evidence "];
        let mut at = 0;
        for name in names.into_iter().chain(["  seen      4 times, reproduced 3 of 3", "  seamstress replay"]) {
            at += text[at..].find(name).unwrap_or_else(|| panic!("`{name}` is not in its place in\n{text}"));
        }
        assert!(text.contains("\n  curl -sS"));
        assert!(text.lines().filter(|l| !l.contains("curl") && !l.contains("replay")).all(|l| l.chars().count() <= 80));
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_and_keeps_the_width(text in "[a-zé ]{0,200}", width in 20..90_usize) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| line.chars().count() <= width));
            let squeeze = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(squeeze(&lines.join("\n")), squeeze(&text));
        }
    }
}
