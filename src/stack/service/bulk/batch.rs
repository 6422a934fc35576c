//! The whole set: everything that is wrong with its form, before anything is
//! done.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::super::problem::{FailureType, Fault, Problem};
use super::record::{Record, escape, id_text};

const LONGEST_NOTE: usize = 500;

/// What a version of the contract takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Records of one set.
    pub(super) most_records: usize,
    /// Whether the caller may choose what happens to invalid records.
    pub(super) on_invalid: bool,
}

/// What happens to the set when some records are invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnInvalid {
    /// Nothing is done.
    RefuseAll,
    /// Exactly the valid ones are done.
    SkipInvalid,
}

/// A record, or what is wrong with it.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// Keeps all rules of form.
    Valid(Record),
    /// Breaks some.
    Invalid {
        /// Its identity as it was sent, where it is a text.
        id: Option<String>,
        /// All of them.
        faults: Vec<Fault>,
        /// The record as it was sent, in one line.
        sent: String,
    },
}

/// A set as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// The records in order.
    pub(super) entries: Vec<Entry>,
    /// The caller's choice.
    pub(super) on_invalid: OnInvalid,
}

impl Batch {
    /// Reads the content. Faults of the set itself refuse it, faults of
    /// records are kept with them.
    pub(super) fn read(body: &[u8], rules: Rules) -> Result<Self, Problem> {
        let whole = |detail: String| Problem::invalid(vec![Fault::new("", detail)]);
        // The parser refuses more than 128 levels.
        let content: Value = serde_json::from_slice(body).map_err(|e| whole(format!("is no JSON document: {e}")))?;
        let Value::Object(members) = content else {
            return Err(whole("must be an object".to_owned()));
        };
        let mut faults = Vec::new();
        let on_invalid = envelope(&members, rules, &mut faults);
        let records = records(&members, rules, &mut faults)?;
        let entries = entries(records);
        if faults.is_empty() {
            return Ok(Self { entries, on_invalid });
        }
        faults.extend(entries.iter().flat_map(Entry::faults).cloned());
        Err(Problem::invalid(faults))
    }

    /// All faults of all records.
    pub(super) fn faults(&self) -> Vec<Fault> {
        self.entries.iter().flat_map(Entry::faults).cloned().collect()
    }

    /// The valid records with their places in the set.
    pub(super) fn valid(&self) -> Vec<(usize, Record)> {
        let valid = |(index, entry): (usize, &Entry)| match entry {
            Entry::Valid(record) => Some((index, record.clone())),
            Entry::Invalid { .. } => None,
        };
        self.entries.iter().enumerate().filter_map(valid).collect()
    }

    /// The records before the first invalid one.
    pub(super) fn before_first_fault(&self) -> Vec<Record> {
        let valid = |entry: &Entry| match entry {
            Entry::Valid(record) => Some(record.clone()),
            Entry::Invalid { .. } => None,
        };
        self.entries.iter().map_while(valid).collect()
    }
}

impl Entry {
    fn faults(&self) -> &[Fault] {
        match self {
            Self::Valid(_) => &[],
            Self::Invalid { faults, .. } => faults,
        }
    }
}

fn envelope(members: &Map<String, Value>, rules: Rules, faults: &mut Vec<Fault>) -> OnInvalid {
    let mut choice = OnInvalid::RefuseAll;
    for (member, value) in members {
        match (member.as_str(), value) {
            ("records", _) => {}
            ("note", Value::String(note)) if note.chars().count() <= LONGEST_NOTE => {}
            ("note", _) => faults.push(Fault::new("/note", "must be a text of at most 500 characters")),
            ("onInvalid", value) if rules.on_invalid => match value.as_str() {
                Some("refuse_all") => {}
                Some("skip_invalid") => choice = OnInvalid::SkipInvalid,
                _ => faults.push(Fault::new("/onInvalid", "must be refuse_all or skip_invalid")),
            },
            _ => faults.push(Fault::new(format!("/{}", escape(member)), "is not known")),
        }
    }
    choice
}

fn records<'a>(members: &'a Map<String, Value>, rules: Rules, faults: &mut Vec<Fault>) -> Result<&'a [Value], Problem> {
    match members.get("records") {
        Some(Value::Array(records)) if records.len() > rules.most_records => {
            let detail = format!("A set has at most {} records, this one has {}", rules.most_records, records.len());
            Err(Problem::new(FailureType::TooManyItems, detail))
        }
        Some(Value::Array(records)) if !records.is_empty() => Ok(records),
        Some(Value::Array(_)) => {
            faults.push(Fault::new("/records", "must have at least one record"));
            Ok(&[])
        }
        Some(_) => {
            faults.push(Fault::new("/records", "must be an array"));
            Ok(&[])
        }
        None => {
            faults.push(Fault::new("/records", "is required"));
            Ok(&[])
        }
    }
}

fn entries(records: &[Value]) -> Vec<Entry> {
    let mut seen = HashSet::new();
    let read = |(index, value): (usize, &Value)| {
        let faults = match Record::read(index, value) {
            Ok(record) if seen.insert(record.id) => return Entry::Valid(record),
            Ok(record) => {
                let fault = Fault::new(format!("/records/{index}/id"), "stands in this set more than once");
                vec![fault.of(Some(&record.id_text))]
            }
            Err(faults) => faults,
        };
        Entry::Invalid { id: id_text(value).map(str::to_owned), faults, sent: value.to_string() }
    };
    records.iter().enumerate().map(read).collect()
}
