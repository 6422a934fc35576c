//! A write as a plain value, and what came of it.

use std::sync::Arc;

use uuid::Uuid;

use super::super::super::error::Refusal;
use super::super::super::schema::{Reach, Table};
use super::super::super::store::{Store, Transaction};
use super::super::draft::Draft;
use super::address::{References, Target};
use super::bulk::Bulk;
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

/// What a request wants written. Nothing of it has been done.
#[derive(Debug)]
pub(in crate::stack::dataverse) enum Write {
    /// A new row, and those within it.
    Create(Draft),
    /// A new row of the collection that a row leads to.
    CreateWithin(usize, Target, Reach, Draft),
    /// A new row, or a change of one that is there.
    Upsert(Target, Condition, Draft),
    /// A row goes.
    Delete(usize, Target, Option<Match>),
    /// Rows are linked, or no longer linked.
    Link(usize, Target, Link),
    /// Many rows of one table.
    Bulk(Bulk, usize, Vec<Draft>),
}

/// A change of what a navigation property leads to.
#[derive(Debug)]
pub(in crate::stack::dataverse) enum Link {
    /// To the row with this address as well, or instead.
    To(Reach, Box<str>),
    /// No longer to this row; of a lookup, to none.
    Apart(Reach, Option<Apart>),
}

/// The row that a link no longer leads to.
#[derive(Debug)]
pub(in crate::stack::dataverse) enum Apart {
    /// By its key in the URL.
    Key(super::super::path::Key),
    /// By its address, `?$id=`.
    Address(Box<str>),
}

/// What came of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum Effect {
    /// A row was written: its table, its id, whether it is new.
    Row(usize, Uuid, bool),
    /// There is nothing to be told; so many rows were written.
    Done(u32),
    /// These rows were made.
    Ids(Vec<Uuid>),
}

impl Write {
    /// Rules of duplicate detection are asked of each row that the body names.
    pub(in crate::stack::dataverse) fn detect_duplicates(&mut self) {
        match self {
            Self::Create(draft) | Self::CreateWithin(_, _, _, draft) | Self::Upsert(_, _, draft) => draft.detect = true,
            Self::Bulk(_, _, drafts) => drafts.iter_mut().for_each(|draft| draft.detect = true),
            Self::Delete(..) | Self::Link(..) => {}
        }
    }

    /// The table that the ledger names where the write is refused.
    pub(in crate::stack::dataverse) fn table(&self) -> usize {
        match self {
            Self::Create(draft) | Self::Upsert(_, _, draft) | Self::CreateWithin(_, _, _, draft) => draft.table,
            Self::Delete(table, ..) | Self::Link(table, ..) | Self::Bulk(_, table, _) => *table,
        }
    }

    /// What is attempted, and at which row, as far as that is known before.
    pub(in crate::stack::dataverse) fn attempt(
        &self,
        store: &Store,
        references: &References,
    ) -> (Operation, Option<Uuid>) {
        match self {
            Self::Create(draft) | Self::CreateWithin(_, _, _, draft) => (Operation::Create, draft.id),
            Self::Upsert(target, condition, draft) => {
                let known = target.locate(store, draft.table, references).ok().flatten();
                match known {
                    Some(id) => (Operation::Update, Some(id)),
                    None if condition.matching.is_some() => (Operation::Update, target.id()),
                    None => (Operation::Create, target.id()),
                }
            }
            Self::Delete(table, target, _) => {
                let known = target.locate(store, *table, references).ok().flatten();
                (Operation::Delete, known.or_else(|| target.id()))
            }
            Self::Link(table, target, _) => {
                let known = target.locate(store, *table, references).ok().flatten();
                (Operation::Update, known.or_else(|| target.id()))
            }
            Self::Bulk(bulk, ..) => (bulk.operation(), None),
        }
    }
}

/// Within what a write is done: the tables, and what its change set wrote
/// before.
#[derive(Clone, Copy, Debug)]
pub(in crate::stack::dataverse) struct Scope<'a> {
    pub(in crate::stack::dataverse) tables: &'a [Arc<Table>],
    pub(in crate::stack::dataverse) references: &'a References,
}

impl Scope<'_> {
    /// Does it, as part of a transaction. The drafts are used up; what is left
    /// of the write tells what was attempted.
    pub(in crate::stack::dataverse) fn apply(
        &self,
        transaction: &mut Transaction<'_>,
        write: &mut Write,
    ) -> Result<Effect, Refusal> {
        match write {
            Write::Create(draft) => {
                let table = draft.table;
                self.insert(transaction, draft.take(), &[]).map(|id| Effect::Row(table, id, true))
            }
            Write::CreateWithin(table, target, reach, draft) => {
                self.insert_within(transaction, (*table, target), *reach, draft.take())
            }
            Write::Upsert(target, condition, draft) => self.upsert(transaction, target, *condition, draft.take()),
            Write::Delete(table, target, matching) => {
                self.delete(transaction, *table, target, *matching).map(|()| Effect::Done(1))
            }
            Write::Link(table, target, link) => self.link(transaction, *table, target, link).map(|()| Effect::Done(1)),
            Write::Bulk(bulk, table, drafts) => self.bulk(transaction, *bulk, *table, std::mem::take(drafts)),
        }
    }
}
