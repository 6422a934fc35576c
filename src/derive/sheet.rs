//! A scenario as it is written: flows, actions, and remarks beside them.

use std::fmt::Write as _;

use crate::contract::ContractId;
use crate::diagnose::{Diagnostic, Place};

/// A sentence beside a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Remark {
    kind: RemarkKind,
    text: String,
    place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RemarkKind {
    /// Where the value comes from.
    Note,
    /// What the files don't say.
    Question,
    /// What contradicts the contract.
    Finding,
}

impl Remark {
    pub(super) fn note(text: impl Into<String>) -> Self {
        Self { kind: RemarkKind::Note, text: text.into(), place: None }
    }

    pub(super) fn question(place: &Place, text: impl Into<String>) -> Self {
        Self { kind: RemarkKind::Question, text: text.into(), place: Some(place.clone()) }
    }

    pub(super) fn finding(place: &Place, text: impl Into<String>) -> Self {
        Self { kind: RemarkKind::Finding, text: text.into(), place: Some(place.clone()) }
    }

    pub(super) fn is_question(&self) -> bool {
        self.kind == RemarkKind::Question
    }

    /// What a screen shows of it.
    pub(super) fn told(&self) -> Option<Diagnostic> {
        let place = self.place.clone()?;
        Some(match self.kind {
            RemarkKind::Note => return None,
            RemarkKind::Question => Diagnostic::notice(place, format!("question: {}", self.text)),
            RemarkKind::Finding => Diagnostic::warning(place, self.text.clone()),
        })
    }
}

/// One flow of the scenario.
#[derive(Clone, Debug)]
pub(super) struct FlowSheet {
    pub(super) name: String,
    /// Its GUID, where it is known.
    pub(super) guid: Option<String>,
    pub(super) remarks: Vec<Remark>,
    pub(super) start: String,
    pub(super) start_remarks: Vec<Remark>,
    /// Further keys: `correlation: …`, with what is to be said of them.
    pub(super) lines: Vec<(String, Vec<Remark>)>,
    pub(super) actions: Vec<Entry>,
}

impl FlowSheet {
    /// Everything that is said beside values, in the order of the file.
    pub(super) fn all_remarks(&self) -> Vec<&Remark> {
        let own = self.remarks.iter().chain(&self.start_remarks).chain(self.lines.iter().flat_map(|(_, r)| r));
        own.chain(self.actions.iter().flat_map(Entry::all_remarks)).collect()
    }
}

/// One action.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) after: Vec<(String, Ends)>,
    pub(super) kind: Kind,
    pub(super) remarks: Vec<Remark>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Call {
        contract: ContractId,
        operation: String,
        lines: Vec<String>,
    },
    Scope(Vec<Entry>),
    /// `each`, `until` and `choice`, with their limits as they are written.
    Loop {
        key: &'static str,
        limits: String,
        actions: Vec<Entry>,
    },
    Wait(String),
    Child(String),
}

impl Entry {
    pub(super) fn inner(&self) -> &[Self] {
        match &self.kind {
            Kind::Scope(actions) | Kind::Loop { actions, .. } => actions,
            Kind::Call { .. } | Kind::Wait(_) | Kind::Child(_) => &[],
        }
    }

    fn all_remarks(&self) -> Vec<&Remark> {
        self.remarks.iter().chain(self.inner().iter().flat_map(Self::all_remarks)).collect()
    }

    /// Whether it, or something in it, is such an action.
    pub(super) fn has(&self, is: &dyn Fn(&Kind) -> bool) -> bool {
        is(&self.kind) || self.inner().iter().any(|entry| entry.has(is))
    }
}

/// Ways in which an action ends, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends(u8);

impl Ends {
    const WORDS: [(&str, &str); 4] =
        [("Succeeded", "succeeded"), ("Failed", "failed"), ("Skipped", "skipped"), ("TimedOut", "timed_out")];
    pub(super) const SUCCEEDED: Self = Self(1);
    pub(super) const SKIPPED: Self = Self(4);
    /// Failed or timed out.
    pub(super) const FAILURES: Self = Self(10);
    pub(super) const ALL: Self = Self(15);

    /// Of the words of a definition; unknown ones are passed over.
    pub(super) fn of<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let bit = |word: &str| Self::WORDS.iter().position(|(theirs, _)| theirs.eq_ignore_ascii_case(word));
        Self(words.into_iter().filter_map(bit).fold(0, |set, bit| set | 1 << bit))
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn others(self) -> Self {
        Self(!self.0 & 15)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn words(self) -> String {
        let words: Vec<&str> = (0..4).filter(|bit| self.0 & (1 << bit) != 0).map(|bit| Self::WORDS[bit].1).collect();
        words.join(", ")
    }
}

/// The file.
pub(super) fn text(flows: &[FlowSheet], name: &str, origin: &str) -> String {
    let mut page = Page(String::new());
    page.wrapped(0, "# ", origin);
    page.wrapped(
        0,
        "# ",
        "Lines that begin with `# question:` ask what the files don't say: put the right value below them, then delete \
         them. Bodies are generated from the contracts.",
    );
    page.line(0, "format: seamstress/scenario/1");
    page.line(0, &format!("name: {}", scalar(name)));
    page.line(0, &format!("description: {}", scalar(&described(flows))));
    page.line(0, "\nflows:");
    for (number, flow) in flows.iter().enumerate() {
        if number > 0 {
            page.line(0, "");
        }
        page.flow(flow);
    }
    page.0
}

fn described(flows: &[FlowSheet]) -> String {
    match flows {
        [one] => format!("What the flow {} sends.", one.name),
        many => format!("What {} flows send.", many.len()),
    }
}

struct Page(String);

impl Page {
    fn line(&mut self, indent: usize, text: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.0, "{:indent$}{text}", "");
    }

    /// A comment over as many lines as it needs.
    fn wrapped(&mut self, indent: usize, mark: &str, text: &str) {
        const WIDTH: usize = 100;
        let clean: String = text.chars().map(|c| if c.is_control() || is_break(c) { ' ' } else { c }).collect();
        let mut line = mark.trim_end().to_owned();
        for word in clean.split_whitespace() {
            if indent + line.chars().count() + 1 + word.chars().count() > WIDTH && line != "#" {
                self.line(indent, &line);
                "#".clone_into(&mut line);
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(indent, &line);
    }

    fn remarks(&mut self, indent: usize, remarks: &[Remark]) {
        for remark in remarks {
            let mark = match remark.kind {
                RemarkKind::Note => "# ",
                RemarkKind::Question => "# question: ",
                RemarkKind::Finding => "# finding: ",
            };
            self.wrapped(indent, mark, &remark.text);
        }
    }

    fn flow(&mut self, flow: &FlowSheet) {
        self.line(2, &format!("- name: {}", scalar(&flow.name)));
        self.remarks(4, &flow.remarks);
        self.remarks(4, &flow.start_remarks);
        self.line(4, &format!("start: {}", flow.start));
        for (line, remarks) in &flow.lines {
            self.remarks(4, remarks);
            self.line(4, line);
        }
        self.line(4, "actions:");
        self.list(6, &flow.actions);
    }

    fn list(&mut self, indent: usize, entries: &[Entry]) {
        for (place, entry) in entries.iter().enumerate() {
            self.remarks(indent, &entry.remarks);
            self.line(indent, &format!("- name: {}", scalar(&entry.name)));
            let before = place.checked_sub(1).map(|before| (entries[before].name.clone(), Ends::SUCCEEDED));
            let usual: Vec<(String, Ends)> = before.into_iter().collect();
            if entry.after != usual {
                let after: Vec<String> =
                    entry.after.iter().map(|(name, ends)| format!("{}: [{}]", scalar(name), ends.words())).collect();
                self.line(indent + 2, &format!("after: {{ {} }}", after.join(", ")).replace("{  }", "{}"));
            }
            self.kind(indent + 2, &entry.kind);
        }
    }

    fn kind(&mut self, indent: usize, kind: &Kind) {
        match kind {
            Kind::Call { contract, operation, lines } => {
                self.line(indent, &format!("contract: {}", scalar(&contract.to_string())));
                self.line(indent, &format!("operation: {}", scalar(operation)));
                lines.iter().for_each(|line| self.line(indent, line));
            }
            Kind::Scope(actions) => {
                self.line(indent, "scope:");
                self.list(indent + 2, actions);
            }
            Kind::Loop { key, limits, actions } => {
                self.line(indent, &format!("{key}: {limits}"));
                self.line(indent, "actions:");
                self.list(indent + 2, actions);
            }
            Kind::Wait(span) => self.line(indent, &format!("wait: {span}")),
            Kind::Child(flow) => self.line(indent, &format!("child: {}", scalar(flow))),
        }
    }
}

/// Line breaks of YAML that are no control characters.
fn is_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A text as a YAML scalar: plain where that is safe, else in double quotes.
pub(super) fn scalar(text: &str) -> String {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./ ,`".contains(c)) && !text.ends_with(' ');
    let means_more = ["true", "false", "null"].contains(&text.to_ascii_lowercase().as_str());
    if begins && plain && !means_more && !text.contains(", ") {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}
