//! Fields of a fault as text, each asked for once.

use std::time::Duration;

use super::groups;
use crate::clock::parse_duration;

/// What is wrong with one field of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's place among those given; `None`: the fault as a whole.
    pub at: Option<usize>,
    /// Whether its name is wrong, and not its value.
    pub is_name: bool,
    /// What is wrong.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// The words that can stand there, where they are known.
    pub choices: Vec<&'static str>,
}

/// Names and values, and what was found of them.
pub(super) struct FieldReader<'a> {
    given: &'a [(String, String)],
    asked: Vec<&'static str>,
    faults: Vec<FieldFault>,
}

impl<'a> FieldReader<'a> {
    pub(super) fn of(given: &'a [(String, String)]) -> Self {
        Self { given, asked: Vec::new(), faults: Vec::new() }
    }

    /// The value of a field, with its place.
    pub(super) fn take(&mut self, name: &'static str) -> Option<(usize, &'a str)> {
        self.asked.push(name);
        let place = self.given.iter().position(|(given, _)| given == name)?;
        Some((place, self.given[place].1.trim()))
    }

    /// Fields that may stand there whatever they say.
    pub(super) fn pass(&mut self, names: &[&'static str]) {
        self.asked.extend_from_slice(names);
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.take(name).map(|(_, text)| text.to_owned())
    }

    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let (at, text) = self.take(name)?;
        let value = read(text);
        if value.is_none() {
            self.fault(Some(at), format!("`{name}: {text}` can't be read"), expected);
        }
        value
    }

    pub(super) fn span(&mut self, name: &'static str) -> Option<Duration> {
        self.read(name, "a span like `500 ms`, `3 s`, `2 min` or `PT2M`", parse_duration)
    }

    pub(super) fn count(&mut self, name: &'static str, least: u64, most: u64) -> Option<u64> {
        let expected = match most {
            u64::MAX => format!("a whole number from {least}"),
            _ => format!("a whole number from {least} to {most}"),
        };
        self.read(name, &expected, |text| text.parse().ok().filter(|n| (least..=most).contains(n)))
    }

    pub(super) fn share(&mut self, name: &'static str) -> Option<f64> {
        self.read(name, "a number from 0 to 1, or a percentage like `5%`", |text| {
            let read = match text.strip_suffix('%') {
                Some(percent) => percent.trim().parse::<f64>().map(|p| p / 100.0),
                None => text.parse(),
            };
            read.ok().filter(|share| (0.0..=1.0).contains(share))
        })
    }

    pub(super) fn word<T: Copy>(&mut self, name: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let (at, text) = self.take(name)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            self.unknown_word(at, text, words.iter().map(|(word, _)| *word).collect());
        }
        found.map(|(_, value)| *value)
    }

    pub(super) fn unknown_word(&mut self, at: usize, text: &str, choices: Vec<&'static str>) {
        let list = choices.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let what = format!("unknown word `{text}`");
        self.faults.push(FieldFault {
            at: Some(at),
            is_name: false,
            what,
            expected: format!("one of {list}"),
            choices,
        });
    }

    /// The same of a kind, of which there are many.
    pub(super) fn unknown_kind(&mut self, at: usize, text: &str) {
        let choices: Vec<&str> = groups::KINDS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
        let (what, expected) =
            (format!("unknown kind `{text}`"), format!("one of{}", groups::listed(&groups::KINDS, |_| true)));
        self.faults.push(FieldFault { at: Some(at), is_name: false, what, expected, choices });
    }

    /// Says that a field is missing that must be there.
    pub(super) fn missing(&mut self, name: &str, expected: &str) {
        if !self.given.iter().any(|(given, _)| given == name) {
            self.fault(None, format!("`{name}` is missing"), expected);
        }
    }

    pub(super) fn fault(&mut self, at: Option<usize>, what: String, expected: &str) {
        let expected = expected.to_owned();
        self.faults.push(FieldFault { at, is_name: false, what, expected, choices: Vec::new() });
    }

    /// All that is wrong, fields that nobody asked for included.
    pub(super) fn finish(mut self) -> Result<(), Vec<FieldFault>> {
        for (place, (name, _)) in self.given.iter().enumerate() {
            let before = self.given[..place].iter().any(|(other, _)| other == name);
            let what = match self.asked.contains(&name.as_str()) {
                true if before => format!("`{name}` stands there twice"),
                true => continue,
                false => format!("unknown field `{name}`"),
            };
            let list = groups::listed(&groups::FIELDS, |word| self.asked.contains(&word));
            let (expected, choices) = (format!("some of{list}"), self.asked.clone());
            self.faults.push(FieldFault { at: Some(place), is_name: true, what, expected, choices });
        }
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }
}
