//! A naive model of one table: rows in a map, keys found by looking at each.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::observe::{LedgerEntry, Operation, Outcome};

/// By what a request names its row.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    Id(u8),
    Key(u8),
}

/// What a request demands of the row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Demand {
    Nothing,
    /// `If-Match: *`.
    There,
    /// `If-None-Match: *`.
    New,
    /// `If-Match` with the `ETag` of the last read.
    Seen,
}

/// One write. Each of them sets `mark` to a number of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Write {
    /// `POST` with an id of its own; `key` as the value of the key column.
    Create { id: u8, key: Option<u8> },
    /// `PATCH`; `key` as above, in the body.
    Upsert { by: By, demand: Demand, key: Option<u8> },
    /// `DELETE`.
    Delete { by: By, demand: Demand },
    /// `PUT` of the column `note`, which does not set the mark.
    Put { by: By },
}

/// A row: its key column, its mark, its note.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Thing {
    pub(super) key: Option<u8>,
    pub(super) mark: Option<u64>,
    pub(super) note: Option<u64>,
}

/// What a row held when it was read: mark and note tell each version from every
/// other, since each write sets one of them to a number of its own.
pub(super) type Seen = (Option<u64>, Option<u64>);

#[derive(Clone, Debug, Default)]
pub(super) struct Naive {
    pub(super) rows: BTreeMap<String, Thing>,
}

pub(super) fn id(n: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{n:02x}")
}

type Done = Result<(Operation, String, Thing, Thing), u16>;

impl Naive {
    fn find(&self, by: By) -> Option<String> {
        match by {
            By::Id(n) => Some(id(n)).filter(|id| self.rows.contains_key(id)),
            By::Key(key) => self.rows.iter().find(|(_, thing)| thing.key == Some(key)).map(|(id, _)| id.clone()),
        }
    }

    fn taken(&self, key: Option<u8>, own: &str) -> bool {
        key.is_some() && self.rows.iter().any(|(id, thing)| thing.key == key && id != own)
    }

    /// What comes of a write of this number: the operation, the row's id, the
    /// row before and after; or the status of the refusal. `made` is the id that
    /// a row got that has none of its own; `seen` is what the row held when it
    /// was read.
    pub(super) fn apply(&mut self, number: u64, write: Write, made: &str, seen: Option<Seen>) -> Done {
        let done = self.outcome(number, write, made, seen)?;
        let (operation, id, _, after) = &done;
        match operation {
            Operation::Delete => drop(self.rows.remove(id)),
            _ => drop(self.rows.insert(id.clone(), after.clone())),
        }
        Ok(done)
    }

    fn outcome(&self, number: u64, write: Write, made: &str, seen: Option<Seen>) -> Done {
        match write {
            Write::Create { id: n, key } => {
                let id = id(n);
                self.insert(&id, key, number)
            }
            Write::Upsert { by, demand, key } => match (self.find(by), by) {
                (Some(_), _) if demand == Demand::New => Err(412),
                (Some(id), by) => {
                    let before = self.demanded(&id, demand, seen)?;
                    let key = if matches!(by, By::Key(_)) { before.key } else { key.or(before.key) };
                    if self.taken(key, &id) {
                        return Err(412);
                    }
                    let after = Thing { key, mark: Some(number), note: before.note };
                    Ok((Operation::Update, id, before, after))
                }
                (None, _) if matches!(demand, Demand::There | Demand::Seen) => Err(404),
                (None, By::Id(n)) => self.insert(&id(n), key, number),
                (None, By::Key(named)) => self.insert(made, key.or(Some(named)), number),
            },
            Write::Delete { by, demand } => {
                let id = self.find(by).ok_or(404_u16)?;
                let before = self.demanded(&id, demand, seen)?;
                Ok((Operation::Delete, id, before, Thing::default()))
            }
            Write::Put { by } => {
                let id = self.find(by).ok_or(404_u16)?;
                let before = self.rows[&id].clone();
                let after = Thing { note: Some(number), ..before.clone() };
                Ok((Operation::Update, id, before, after))
            }
        }
    }

    fn demanded(&self, id: &str, demand: Demand, seen: Option<Seen>) -> Result<Thing, u16> {
        let row = self.rows[id].clone();
        if demand == Demand::Seen && seen != Some((row.mark, row.note)) { Err(412) } else { Ok(row) }
    }

    fn insert(&self, id: &str, key: Option<u8>, number: u64) -> Done {
        if self.rows.contains_key(id) || self.taken(key, id) {
            return Err(412);
        }
        let after = Thing { key, mark: Some(number), note: None };
        Ok((Operation::Create, id.to_owned(), Thing::default(), after))
    }
}

/// Whether the ledger tells of this write what the model says of it.
pub(super) fn agrees(entry: &LedgerEntry, done: &Done) -> Result<(), String> {
    let differs = |what: &str| Err(format!("{what}: {entry:?} and {done:?}"));
    match (&entry.outcome, done) {
        (Outcome::Refused { status, .. }, Err(expected)) if status == expected => Ok(()),
        (Outcome::Committed, Ok((operation, id, before, after))) => {
            if entry.operation != *operation || entry.key != *id {
                return differs("another operation or row");
            }
            for column in &entry.columns {
                let value = |thing: &Thing| match column.name.as_str() {
                    "code" => thing.key.map_or(Value::Null, |k| json!(format!("K{k}"))),
                    "mark" => json!(thing.mark),
                    _ => json!(thing.note),
                };
                if value(before) != column.before || value(after) != column.after {
                    return differs(&column.name);
                }
            }
            let named = |name: &str| entry.columns.iter().any(|column| column.name == name);
            let changed = [
                ("code", before.key != after.key),
                ("mark", before.mark != after.mark),
                ("note", before.note != after.note),
            ];
            match changed.iter().find(|(name, changed)| *changed && !named(name)) {
                Some((name, _)) => differs(&format!("the change of {name} is missing")),
                None => Ok(()),
            }
        }
        _ => differs("another outcome"),
    }
}
