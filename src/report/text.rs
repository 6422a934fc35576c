//! A finding as plain lines: for the screen and for JUnit.

use std::fmt::Write;

use crate::check::{Level, Shrunk, Verdict};
use crate::wire::Redactor;

use super::escape::terminal;
use super::json::{FindingRecord, PlaceRecord};

/// Where values begin, after the names.
const INDENT: usize = 12;

/// Longest payload that is shown beside the curl line, in bytes.
const LONGEST_PAYLOAD: usize = 400;

/// Most findings that are named below the one they belong to.
const MOST_BELOW: usize = 6;

/// The findings of a run as plain lines without colour, each with what stands
/// below it named; at most `most` of them, and how many there are. Prose is
/// wrapped at `width` columns; commands never are, so that they can be copied.
/// Redacted, and safe for a terminal.
pub fn findings_text(verdict: &Verdict, redactor: &Redactor, width: usize, most: usize) -> (Vec<String>, usize) {
    let records: Vec<FindingRecord> =
        verdict.findings.iter().map(|f| FindingRecord::of(f, verdict.fail_on, redactor)).collect();
    let top: Vec<&FindingRecord> = records.iter().filter(|finding| finding.under.is_none()).collect();
    let below = |top: &FindingRecord| {
        records.iter().filter(|finding| finding.under.as_ref() == Some(&top.fingerprint)).collect::<Vec<_>>()
    };
    let texts = top.iter().take(most).map(|top| {
        let mut text = record_text(top, width);
        push_below(&mut text, &below(top), width);
        text
    });
    (texts.collect(), top.len())
}

/// A stored finding: what is wrong, the line it points to, what was tried,
/// expected and seen, and how to see it again.
pub(super) fn record_text(finding: &FindingRecord, width: usize) -> String {
    let title = format!("{}[{}]: {}", word(finding), finding.check, finding.title);
    let mut lines = wrap(&terminal(&title), width);
    if let Some(place) = &finding.place {
        push_source(&mut lines, place, finding.source.as_deref(), width);
    }
    let mut push = |name: &str, value: &str| {
        for (i, line) in wrap(&terminal(value), width.saturating_sub(INDENT)).iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            lines.push(format!("  {name:<10}{line}").trim_end().to_owned());
        }
    };
    if let Some(known) = &finding.known {
        let until = known.expires.utc().format("%Y-%m-%d");
        let owner = known.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
        let over = if known.expired { "was known" } else { "is known" };
        push("known", &format!("{over} until {until}{owner}: {}", known.reason));
    }
    let subject = [finding.contract.as_deref(), finding.operation.as_deref()];
    push("concerns", &subject.iter().flatten().copied().collect::<Vec<_>>().join(" "));
    push("tried", &finding.origin);
    push("expected", &finding.expected);
    push("actual", &finding.actual);
    if let Some(payload) = payload(finding) {
        push("payload", payload);
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

/// What was sent, where it is short enough to be read.
fn payload(finding: &FindingRecord) -> Option<&str> {
    let body = &finding.exchange.as_ref()?.request.body;
    (body.note.is_none() && (1..=LONGEST_PAYLOAD).contains(&body.text.len())).then_some(body.text.as_str())
}

/// The place, and the line that stands there with a mark below.
fn push_source(lines: &mut Vec<String>, place: &PlaceRecord, source: Option<&str>, width: usize) {
    lines.push(format!("  --> {}", terminal(&place.to_string())));
    let Some(source) = source.filter(|_| place.line > 0) else { return };
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let column = (place.column.max(1) - 1) as usize;
    // A long line is shown from a little before the place on.
    let room = width.saturating_sub(number.len() + 4).max(20);
    let skipped = if column + 12 > room { column.saturating_sub(8) } else { 0 };
    let plain = |text: String| terminal(&text).replace(['\t', '\n'], " ");
    let before = plain(source.chars().skip(skipped).take(column - skipped).collect());
    let rest = plain(source.chars().skip(column).collect());
    let shown: String = format!("{before}{rest}").chars().take(room).collect();
    lines.push(format!(" {gutter} |"));
    lines.push(format!(" {number} | {shown}").trim_end().to_owned());
    lines.push(format!(" {gutter} | {}^", " ".repeat(before.chars().count())));
}

/// The findings that stand below another one, by name.
fn push_below(text: &mut String, below: &[&FindingRecord], width: usize) {
    for (i, finding) in below.iter().take(MOST_BELOW).enumerate() {
        let whom = [finding.contract.as_deref(), finding.operation.as_deref()];
        let whom = whom.iter().flatten().copied().collect::<Vec<_>>().join(" ");
        let line = format!("{}: {} ({whom})", finding.check, finding.title);
        for (j, line) in wrap(&terminal(&line), width.saturating_sub(INDENT)).iter().enumerate() {
            let name = if i == 0 && j == 0 { "also" } else { "" };
            let _ = write!(text, "\n  {name:<10}{line}");
        }
    }
    if below.len() > MOST_BELOW {
        let _ = write!(text, "\n            and {} more", below.len() - MOST_BELOW);
    }
}

/// `error`, or that it is known.
fn word(finding: &FindingRecord) -> &'static str {
    if finding.kind == "known" { "known" } else { severity(finding.severity) }
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
        let (texts, all) = findings_text(&run.verdict, &sample::redactor(), 80, 1);
        assert_eq!((texts.len(), all), (1, 3));
        let text = &texts[0];
        let names = [
            "error[idempotency/duplicate-effect]: two identical",
            "  --> contracts/bulk-update/v1/behaviour.yaml:24:3\n    |\n 24 |   sunset: 2027-03-31 # <b>\n    |   ^\n",
            "  tried ",
            "  expected ",
            "  actual ",
            "  evidence ",
        ];
        let mut at = 0;
        for name in names.into_iter().chain(["  seen      4 times, reproduced 3 of 3", "  seamstress replay"]) {
            at += text[at..].find(name).unwrap_or_else(|| panic!("`{name}` is not in its place in\n{text}"));
        }
        assert!(text.contains("\n  curl -sS"));
        assert!(text.lines().filter(|l| !l.contains("curl") && !l.contains("replay")).all(|l| l.chars().count() <= 80));
    }

    #[test]
    fn what_stands_below_another_finding_is_named_there() {
        let mut verdict = sample::run().verdict;
        let first = verdict.findings[0].fingerprint.clone();
        verdict.findings[1].more.under = Some(first);
        let (texts, all) = findings_text(&verdict, &sample::redactor(), 80, 9);
        assert_eq!((texts.len(), all), (2, 2));
        assert!(texts[0].contains("  also      response/schema: status"), "{}", texts[0]);
    }

    proptest! {
        #[test]
        fn a_mark_stands_below_its_column_and_lines_keep_the_width(source in "[ -~é\t]{1,200}", column in 1..200_u32) {
            let mut lines = Vec::new();
            let place = PlaceRecord { file: "a.yaml".into(), line: 7, column };
            push_source(&mut lines, &place, Some(&source), 80);
            prop_assert!(lines.iter().all(|line| line.chars().count() <= 81), "{:#?}", lines);
            let mark = lines[3].chars().count() - 1;
            if let Some(there) = source.chars().nth(column as usize - 1).filter(|c| !c.is_whitespace()) {
                prop_assert_eq!(lines[2].chars().nth(mark), Some(there));
            }
        }

        #[test]
        fn wrapping_loses_nothing_and_keeps_the_width(text in "[a-zé ]{0,200}", width in 20..90_usize) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| line.chars().count() <= width));
            let squeeze = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(squeeze(&lines.join("\n")), squeeze(&text));
        }
    }
}
