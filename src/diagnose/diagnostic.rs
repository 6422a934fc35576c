//! The diagnostic itself, and how it reads on a screen.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// A place in a user's file. Lines and columns count from 1, columns in
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Place {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// Line, from 1; 0 where only the file is known.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Place {
    /// A place that is a whole file.
    pub fn file(file: impl Into<Arc<str>>) -> Self {
        Self { file: file.into(), line: 0, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.file);
        }
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is left out.
    Notice,
    /// Something is probably not meant, or is left out.
    Warning,
    /// The file can't be used.
    Error,
}

/// One fault: what, where, expected, actual, what to do next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What is wrong: a lower-case fragment without a full stop.
    pub what: String,
    /// What would have been right.
    pub expected: Option<String>,
    /// What was found.
    pub actual: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// The rule that it breaks, where it is one of a table of rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// Why the rule is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether nothing is wrong but that it is not supported here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unsupported: bool,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Error, place, what)
    }

    /// A warning at a place.
    pub fn warning(place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Warning, place, what)
    }

    /// A notice at a place.
    pub fn notice(place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Notice, place, what)
    }

    fn new(severity: Severity, place: Place, what: impl Into<String>) -> Self {
        Self {
            severity,
            place,
            what: what.into(),
            expected: None,
            actual: None,
            hint: None,
            rule: None,
            why: None,
            unsupported: false,
        }
    }

    /// Says which rule is broken, and why there is such a rule.
    #[must_use]
    pub fn of_rule(mut self, rule: &'static str, why: impl Into<String>) -> Self {
        (self.rule, self.why) = (Some(rule), Some(why.into()));
        self
    }

    /// Says that the file is right, perhaps, and this program does not
    /// support it.
    #[must_use]
    pub fn unsupported(mut self) -> Self {
        self.unsupported = true;
        self
    }

    /// Says what would have been right.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what was found.
    #[must_use]
    pub fn actual(mut self, actual: impl Into<String>) -> Self {
        self.actual = Some(actual.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Diagnostic {
    /// The findings of rules are sentences, and are broken at 80 columns.
    fn told_by_rule(&self, f: &mut fmt::Formatter<'_>, word: &str, rule: &str) -> fmt::Result {
        f.write_str(&wrapped(&format!("{word}: {rule}: {}", self.what), "  "))?;
        write!(f, "\n  --> {}", self.place)?;
        for (name, text) in [("why", &self.why), ("do", &self.hint)] {
            if let Some(text) = text {
                write!(f, "\n{}", wrapped(&format!("  {name}: {text}"), "    "))?;
            }
        }
        Ok(())
    }
}

/// Text broken between words at 80 columns; further lines are indented.
fn wrapped(text: &str, indent: &str) -> String {
    const WIDTH: usize = 80;
    let begin = text.len() - text.trim_start().len();
    let mut lines = text[..begin].to_owned();
    let mut width = begin;
    for (index, word) in text[begin..].split(' ').enumerate() {
        let length = word.chars().count();
        if index > 0 && width + 1 + length > WIDTH {
            lines.push('\n');
            lines.push_str(indent);
            width = indent.len();
        } else if index > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        if let Some(rule) = self.rule {
            return self.told_by_rule(f, word, rule);
        }
        write!(f, "{word}: {}\n  --> {}", self.what, self.place)?;
        for (name, text) in [("expected", &self.expected), ("actual", &self.actual), ("hint", &self.hint)] {
            if let Some(text) = text {
                write!(f, "\n  {name}: {text}")?;
            }
        }
        Ok(())
    }
}

/// All that was found in one or several files.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another collection.
    pub fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// The same, with errors as warnings: worth knowing, and no reason to stop.
    #[must_use]
    pub fn as_remarks(mut self) -> Self {
        for diagnostic in &mut self.0 {
            diagnostic.severity = diagnostic.severity.min(Severity::Warning);
        }
        self
    }

    /// The same as one reads a file, from its first line to its last.
    #[must_use]
    pub fn by_place(mut self) -> Self {
        self.0.sort_by(|a, b| {
            let key = |d: &Diagnostic| (d.place.line, d.place.column);
            a.place.file.cmp(&b.place.file).then_with(|| key(a).cmp(&key(b)))
        });
        self
    }

    /// The same, each once.
    #[must_use]
    pub fn without_repetitions(self) -> Self {
        let mut kept: Vec<Diagnostic> = Vec::with_capacity(self.0.len());
        let mut seen = std::collections::HashSet::new();
        for diagnostic in self.0 {
            if seen.insert((diagnostic.place.clone(), diagnostic.what.clone())) {
                kept.push(diagnostic);
            }
        }
        Self(kept)
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// In the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// The known word nearest to an unknown one, for "did you mean"; `None` where
/// nothing is near.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(d, candidate)| *d <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(d, _)| *d)
        .map(|(_, candidate)| candidate)
}

/// How many letters are missing, too many, others, or exchanged with the next.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for j in 0..b.len() {
            let other = row[j] + usize::from(a[i] != b[j]);
            let mut least = other.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_says_what_where_expected_actual_and_what_to_do() {
        let place = Place { file: "a.yaml".into(), line: 3, column: 7 };
        let text = Diagnostic::error(place, "unknown key `retires`")
            .expected("one of `retries`, `count`")
            .actual("`retires`")
            .hint("did you mean `retries`?")
            .to_string();
        assert_eq!(
            text,
            "error: unknown key `retires`\n  --> a.yaml:3:7\n  expected: one of `retries`, `count`\n  actual: `retires`\n  hint: did you mean `retries`?"
        );
    }

    #[test]
    fn the_closest_word_is_near_or_there_is_none() {
        assert_eq!(closest("retires", ["retries", "count"]), Some("retries"));
        assert_eq!(closest("zzz", ["retries", "count"]), None);
        assert_eq!(closest("tabel", ["method", "table"]), Some("table"), "two letters are exchanged");
        assert_eq!(
            [("", ""), ("", "ab"), ("ab", "ba"), ("abc", "acb"), ("abcd", "badc")].map(|(a, b)| distance(a, b)),
            [0, 2, 1, 1, 2]
        );
    }
}
