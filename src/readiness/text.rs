//! An assessment as plain lines.

use std::fmt::Write;
use std::time::Duration;

use crate::clock::format_duration;

use super::assess::{Assessment, Decision, NamedBy, Use, minute};

/// An assessment as plain lines: who calls, breaking changes, reasons, and the
/// word last.
pub fn assessment_text(assessment: &Assessment) -> String {
    let mut text = String::new();
    push_clients(&mut text, assessment);
    if !assessment.breaking.is_empty() {
        let successor = assessment.successor.as_ref().map_or("the successor".to_owned(), ToString::to_string);
        let _ = writeln!(text, "Breaking changes to {successor}:");
        for change in &assessment.breaking {
            let _ = writeln!(text, "  {}", plain(change));
        }
        text.push('\n');
    }
    push_compared(&mut text, assessment);
    for fault in assessment.faults.iter().take(5) {
        let _ = writeln!(text, "unread: {}", plain(&fault.to_string()));
    }
    // The heaviest is the verdict, and stands last.
    for reason in assessment.reasons.iter().skip(1) {
        let _ = writeln!(text, "{}: {}", reason.decision.word(), plain(&reason.text));
    }
    let quiet = format_duration(Duration::from_secs(assessment.quiet_s));
    let _ = match (assessment.decision, assessment.reasons.first()) {
        (Decision::Go, _) => {
            writeln!(text, "{}: nobody called {} in the last {quiet}", assessment.decision.word(), assessment.version)
        }
        (decision, first) => {
            let first = first.map_or(String::new(), |reason| format!(": {}", plain(&reason.text)));
            writeln!(text, "{}{first}", decision.word())
        }
    };
    text
}

/// How the same inputs fared at both versions, and the smallest that fared
/// otherwise.
fn push_compared(text: &mut String, assessment: &Assessment) {
    let (Some(compared), Some(successor)) = (&assessment.compared, &assessment.successor) else { return };
    let _ = writeln!(text, "{}", compared.sentence(successor));
    if let Some(input) = compared.different.first() {
        let _ = writeln!(text, "  {}, {}", plain(&input.operation), plain(&input.tries));
        let _ = writeln!(text, "  {}: {}, then {}", plain(&input.what), plain(&input.old), plain(&input.new));
        let _ = writeln!(text, "  {}\n  {}", plain(&input.curl_old), plain(&input.curl_new));
    }
    text.push('\n');
}

fn push_clients(text: &mut String, assessment: &Assessment) {
    let Assessment { version, clients, nameless, coverage, .. } = assessment;
    let span = match (coverage.first, coverage.last) {
        (Some(first), Some(last)) => format!(" from {} to {}", minute(first), minute(last)),
        _ => String::new(),
    };
    let _ = writeln!(text, "{} {}{span}", coverage.rows, if coverage.rows == 1 { "row" } else { "rows" });
    if clients.is_empty() && nameless.calls == 0 {
        let _ = writeln!(text, "No row is a call of {version}.\n");
        return;
    }
    let names = clients.iter().map(|client| (plain(&client.name), word(client.named_by), client.usage));
    let mut lines: Vec<_> = names.collect();
    if nameless.calls > 0 {
        lines.push(("(rows that name nobody)".to_owned(), "", *nameless));
    }
    let width = lines.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0).max(6);
    let _ = writeln!(text, "Clients of {version}:");
    let _ = writeln!(text, "  {:<width$}  {:<12} {:>9} {:>9}  last call", "client", "named by", "calls", "recent");
    for (name, by, Use { calls, recent, last, .. }) in lines {
        let last = last.map(minute).unwrap_or_default();
        let _ = writeln!(text, "  {name:<width$}  {by:<12} {calls:>9} {recent:>9}  {last}");
    }
    text.push('\n');
}

fn word(by: NamedBy) -> &'static str {
    match by {
        NamedBy::Subscription => "subscription",
        NamedBy::Application => "application",
        NamedBy::Flow => "flow",
    }
}

/// Names come from logs: control characters are shown, not obeyed.
fn plain(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
