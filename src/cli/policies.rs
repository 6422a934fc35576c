//! `policies`: what of a folder of policies is emulated.

use std::fmt::Write as _;

use super::args::{PoliciesArgs, TableFormat};
use super::commands::fail;
use super::{policy_table, screen};
use crate::policy::{Entry, Subject, Verdict};
use crate::report::escape;
use crate::run::{self, Compatibility, Counts, PoliciesQuestion, RunError};
use crate::wire::Redactor;

/// How wide a line is.
const WIDTH: usize = 80;

/// Where what is said of an entry begins.
const VERDICT: usize = 48;

pub(super) fn policies(args: &PoliciesArgs) -> u8 {
    // Without a folder there is `--list`: the arguments demand one of them.
    let Some(dir) = &args.dir else { return policy_table::list(args.format) };
    if args.format == TableFormat::Markdown {
        let fault = RunError::Usage("only the table of `--list` is written as Markdown".to_owned());
        return fail(&fault, &Redactor::new());
    }
    let question = PoliciesQuestion { dir: dir.clone(), named_values: args.named_values.clone() };
    if let Some(of) = &args.effective {
        return match run::effective_policy(&question, of, args.product.as_deref()) {
            Ok(text) => {
                screen::result(&escape::terminal(&text));
                0
            }
            Err(fault) => fail(&fault, &Redactor::new()),
        };
    }
    match run::compatibility(&question) {
        Ok(found) => {
            screen::result(&match args.format {
                TableFormat::Json => format!("{:#}\n", serde_json::json!(found)),
                TableFormat::Human | TableFormat::Markdown => escape::terminal(&text(&found, args.quiet)),
            });
            found.exit_code()
        }
        Err(fault) => fail(&fault, &Redactor::new()),
    }
}

/// The report; only what is not simply emulated, where that is wanted.
fn text(found: &Compatibility, only_lacks: bool) -> String {
    let mut text = head(found);
    let mut file = "";
    for entry in &found.entries {
        if only_lacks && entry.verdict == Verdict::Emulated {
            continue;
        }
        if *file != *entry.place.file {
            file = &entry.place.file;
            let _ = writeln!(text, "\n{}", relative(found, file));
        }
        line(&mut text, entry);
    }
    if !found.diagnostics.is_empty() {
        let _ = writeln!(text, "\n{}", found.diagnostics);
    }
    text.push('\n');
    counts(&mut text, found);
    findings(&mut text, found);
    text
}

/// How many rules of the mandate are broken, and where that is told.
fn findings(text: &mut String, found: &Compatibility) {
    let _ = match found.findings {
        None => writeln!(text, "\nrules of the mandate: judged once what is refused is mended"),
        Some(0) => writeln!(text, "\nrules of the mandate: none is broken"),
        Some(number) => {
            let findings = if number == 1 { "finding" } else { "findings" };
            let command = format!("`seamstress lint --policies {}`", found.dir);
            writeln!(
                text,
                "\nrules of the mandate: {number} {findings}\n  {command} tells {}",
                if number == 1 { "it" } else { "them" }
            )
        }
    };
}

fn head(found: &Compatibility) -> String {
    let holds = found.holds;
    let parts = [
        (holds.documents, "document", "documents"),
        (holds.apis, "API", "APIs"),
        (holds.products, "product", "products"),
        (holds.subscriptions, "subscription", "subscriptions"),
        (holds.named_values, "named value", "named values"),
        (holds.backends, "backend", "backends"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| format!("{number} {}", if number == 1 { one } else { many }))
        .collect();
    format!("{}: {}\n{}\n", found.dir, found.layout, parts.join(" · "))
}

fn relative<'f>(found: &Compatibility, file: &'f str) -> &'f str {
    file.strip_prefix(found.dir.trim_end_matches('/')).map_or(file, |rest| rest.trim_start_matches('/'))
}

/// `LINE:COLUMN  what  verdict`, an expression further in than its policy.
fn line(text: &mut String, entry: &Entry) {
    let what = match &entry.subject {
        Subject::Policy(name) => name.to_string(),
        Subject::Expression(expression) => format!("  {}", expression.split_whitespace().collect::<Vec<_>>().join(" ")),
    };
    let place = format!("{}:{}", entry.place.line, entry.place.column);
    let begin = format!("{place:>9}  {}", shortened(&what, VERDICT - 13));
    let _ = write!(text, "{begin:<VERDICT$}{}", entry.verdict.name());
    text.push('\n');
    if let Some(reason) = entry.verdict.reason() {
        for line in wrapped(reason, WIDTH - 13) {
            let _ = writeln!(text, "{:13}{line}", "");
        }
    }
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 1).collect();
    format!("{kept}…")
}

pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always one");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

fn counts(text: &mut String, found: &Compatibility) {
    let _ = writeln!(
        text,
        "{:<12}{:>6}{:>10}{:>14}{:>9}{:>14}{:>9}",
        "", "all", "emulated", "approximated", "ignored", "not emulated", "refused"
    );
    for (name, counts) in [("policies", found.policies), ("expressions", found.expressions)] {
        let Counts { emulated, approximated, ignored, not_emulated, refused } = counts;
        let _ = writeln!(
            text,
            "{name:<12}{:>6}{emulated:>10}{approximated:>14}{ignored:>9}{not_emulated:>14}{refused:>9}",
            counts.all()
        );
    }
}
