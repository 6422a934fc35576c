//! Bodies into writes of one row.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::error::Refusal;
use super::super::ledger::{Attempt, Writer};
use super::super::schema::{Cell, Table, value};
use super::super::store::{Row, Store, Transaction, missing};
use super::path::Key;
use crate::observe::Operation;

/// What a conditional request demands of the row (reference A5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::stack::dataverse) struct Condition {
    /// `If-Match`.
    pub(in crate::stack::dataverse) matching: Option<Match>,
    /// `If-None-Match: *`.
    pub(in crate::stack::dataverse) only_new: bool,
}

/// The value of `If-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum Match {
    /// `*`: the row must be there.
    Any,
    /// `W/"n"`: at this version. An `ETag` of another form matches nothing.
    Version(Option<u64>),
}

/// A row as it was written, and whether it is new.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Written {
    pub(in crate::stack::dataverse) row: Row,
    pub(in crate::stack::dataverse) created: bool,
}

/// A new row (POST).
pub(super) fn create(
    store: &mut Store,
    table: usize,
    body: &Map<String, Value>,
    writer: &Writer,
) -> Result<Written, Refusal> {
    let definition = store.rows(table).table.clone();
    let named = primary_id(&definition, body);
    let key = named.clone().ok().flatten();
    finish(store, table, (Operation::Create, key), writer, |transaction| {
        let id = transaction.insert(table, named?, read_body(&definition, body)?)?;
        Ok((id, true))
    })
}

/// A new row, or a change of one that is there (PATCH).
pub(super) fn upsert(
    store: &mut Store,
    table: usize,
    (key, condition): (&Key, Condition),
    body: &Map<String, Value>,
    writer: &Writer,
) -> Result<Written, Refusal> {
    let definition = store.rows(table).table.clone();
    let known = store.locate(table, key).map(|row| (row.id, row.version));
    let (operation, id) = match known {
        Some((id, _)) => (Operation::Update, Some(id)),
        None if condition.matching.is_some() => (Operation::Update, key.id()),
        None => (Operation::Create, key.id()),
    };
    finish(store, table, (operation, id), writer, |transaction| match known {
        Some(_) if condition.only_new => Err(Refusal::exists()),
        Some((id, version)) => {
            check(version, condition.matching)?;
            let mut cells = read_body(&definition, body)?;
            // Columns that are part of the URL's key are ignored (reference A4).
            if let Key::Alternate(_, named) = key {
                cells.retain(|(position, _)| named.iter().all(|(p, _)| p != position));
            }
            transaction.update(table, id, cells)?;
            Ok((id, false))
        }
        None if condition.matching.is_some() => Err(missing(&definition, key)),
        None => {
            let cells = read_body(&definition, body)?;
            let (id, cells) = match key {
                Key::Id(id) => (Some(*id), cells),
                // Key columns that the body lacks are taken from the URL; where
                // both name one, the body wins (reference A4).
                Key::Alternate(_, named) => {
                    let lacking = named.iter().filter(|(p, _)| cells.iter().all(|(q, _)| p != q)).cloned();
                    (primary_id(&definition, body)?, lacking.chain(cells.iter().cloned()).collect())
                }
            };
            Ok((transaction.insert(table, id, cells)?, true))
        }
    })
}

/// One column of a row that is there.
pub(in crate::stack::dataverse) fn one_column(
    store: &mut Store,
    table: usize,
    key: &Key,
    (column, value): (&str, Value),
    writer: &Writer,
) -> Result<(), Refusal> {
    let there = Condition { matching: Some(Match::Any), only_new: false };
    let body = Map::from_iter([(column.to_owned(), value)]);
    upsert(store, table, (key, there), &body, writer).map(drop)
}

/// A row goes.
pub(super) fn delete(
    store: &mut Store,
    table: usize,
    key: &Key,
    matching: Option<Match>,
    writer: &Writer,
) -> Result<(), Refusal> {
    let found = store.find(table, key).map(|row| (row.id, row.version));
    let id = found.as_ref().ok().map(|(id, _)| *id).or_else(|| key.id());
    let attempt = (Operation::Delete, id);
    let done = found.and_then(|(id, version)| {
        check(version, matching)?;
        let mut transaction = store.begin(writer);
        transaction.delete(table, id)?;
        transaction.commit();
        Ok(())
    });
    done.inspect_err(|refusal| refuse(store, table, attempt, writer, refusal))
}

/// Commits what `write` wrote, or enters that it was refused.
fn finish(
    store: &mut Store,
    table: usize,
    attempt: (Operation, Option<Uuid>),
    writer: &Writer,
    write: impl FnOnce(&mut Transaction<'_>) -> Result<(Uuid, bool), Refusal>,
) -> Result<Written, Refusal> {
    let mut transaction = store.begin(writer);
    match write(&mut transaction) {
        Ok((id, created)) => {
            transaction.commit();
            let row = store.rows(table).get(&id).expect("written under the same lock").clone();
            Ok(Written { row, created })
        }
        Err(refusal) => {
            drop(transaction);
            refuse(store, table, attempt, writer, &refusal);
            Err(refusal)
        }
    }
}

fn refuse(
    store: &mut Store,
    table: usize,
    (operation, key): (Operation, Option<Uuid>),
    writer: &Writer,
    refusal: &Refusal,
) {
    let definition = store.rows(table).table.clone();
    let key = key.map(|id| id.to_string()).unwrap_or_default();
    store.ledger.refuse(writer, &Attempt { operation, table: Ok(&definition), key }, refusal.status, refusal.code);
}

fn check(version: u64, matching: Option<Match>) -> Result<(), Refusal> {
    match matching {
        Some(Match::Version(wanted)) if wanted != Some(version) => Err(Refusal::stale()),
        _ => Ok(()),
    }
}

fn primary_id(table: &Table, body: &Map<String, Value>) -> Result<Option<Uuid>, Refusal> {
    let Some(value) = body.get(&*table.primary_id) else { return Ok(None) };
    let id = value.as_str().and_then(|text| Uuid::parse_str(text).ok());
    id.map(Some).ok_or_else(|| Refusal::wrong_type(&table.collection, &table.primary_id, value, "Edm.Guid"))
}

/// The body's columns as cells. `@odata` members are passed over; the primary
/// id is not changed by a body.
fn read_body(table: &Table, body: &Map<String, Value>) -> Result<Vec<(usize, Cell)>, Refusal> {
    let mut cells = Vec::with_capacity(body.len());
    for (name, value) in body {
        if name.starts_with("@odata") || *name == *table.primary_id {
            continue;
        }
        let position =
            table.column(name).ok_or_else(|| Refusal::invalid_property(&table.collection, &table.logical, name))?;
        cells.push((position, value::cell(table, &table.columns[position], value)?));
    }
    Ok(cells)
}
