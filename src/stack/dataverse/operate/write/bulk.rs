//! `CreateMultiple` and its kin: many rows of one table (reference A8).

use uuid::Uuid;

use super::super::super::error::Refusal;
use super::super::super::schema::Cell;
use super::super::super::store::Transaction;
use super::super::draft::Draft;
use super::super::path::Key;
use super::address::Target;
use super::model::{Condition, Effect, Scope};
use crate::observe::Operation;

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum Bulk {
    /// New rows.
    Create,
    /// Changes of rows that are there.
    Update,
    /// Either.
    Upsert,
    /// Rows go; of elastic tables alone.
    Delete,
}

impl Bulk {
    /// By the name of the action, without its namespace.
    pub(in crate::stack::dataverse) fn named(name: &str) -> Option<Self> {
        match name {
            "CreateMultiple" => Some(Self::Create),
            "UpdateMultiple" => Some(Self::Update),
            "UpsertMultiple" => Some(Self::Upsert),
            "DeleteMultiple" => Some(Self::Delete),
            _ => None,
        }
    }

    /// What the ledger calls it.
    pub(in crate::stack::dataverse) fn operation(self) -> Operation {
        match self {
            Self::Create | Self::Upsert => Operation::Create,
            Self::Update => Operation::Update,
            Self::Delete => Operation::Delete,
        }
    }
}

impl Scope<'_> {
    /// All rows, or none.
    pub(super) fn bulk(
        &self,
        transaction: &mut Transaction<'_>,
        bulk: Bulk,
        table: usize,
        drafts: Vec<Draft>,
    ) -> Result<Effect, Refusal> {
        self.admits_bulk(bulk, table, &drafts)?;
        let rows = drafts.len() as u32;
        let mut ids = Vec::with_capacity(if bulk == Bulk::Create { drafts.len() } else { 0 });
        for draft in drafts {
            let id = self.one_of_many(transaction, bulk, draft)?;
            if bulk == Bulk::Create {
                ids.push(id);
            }
        }
        Ok(if bulk == Bulk::Create { Effect::Ids(ids) } else { Effect::Done(rows) })
    }

    /// Whether the action is there for the table, and every target says its
    /// type.
    pub(in crate::stack::dataverse) fn admits_bulk(
        &self,
        bulk: Bulk,
        table: usize,
        drafts: &[Draft],
    ) -> Result<(), Refusal> {
        let definition = &*self.tables[table];
        if bulk == Bulk::Delete && !definition.traits.elastic {
            return Err(Refusal::no_delete_multiple());
        }
        match drafts.iter().position(|draft| !draft.typed) {
            Some(position) => Err(Refusal::untyped(&definition.collection, &definition.logical, position)),
            None => Ok(()),
        }
    }

    /// One row of a bulk action.
    pub(in crate::stack::dataverse) fn one_of_many(
        &self,
        transaction: &mut Transaction<'_>,
        bulk: Bulk,
        draft: Draft,
    ) -> Result<Uuid, Refusal> {
        let table = draft.table;
        if bulk == Bulk::Create {
            return self.insert(transaction, draft, &[]);
        }
        let target = self.target_of(&draft)?;
        let known = match &target {
            Some(target) => target.locate(transaction.store(), table, self.references)?,
            None => None,
        };
        match (bulk, known) {
            (Bulk::Delete, Some(id)) => self.remove(transaction, table, id).map(|()| id),
            (Bulk::Update, Some(id)) => {
                let given = key_cells(target.as_ref()).to_vec();
                self.change(transaction, id, draft, &given).map(|()| id)
            }
            (Bulk::Update | Bulk::Delete, None) => Err(match target.as_ref().and_then(Target::id) {
                Some(id) => Refusal::no_rows(&self.tables[table], &id.to_string()),
                None if target.is_some() => Refusal::no_row_by_key(&self.tables[table].logical),
                None => Refusal::no_target_id(&self.tables[table].collection, &self.tables[table].primary_id),
            }),
            _ => {
                let target = target.unwrap_or_else(|| Target::Key(Key::Id(draft.id.unwrap_or_else(Uuid::new_v4))));
                match self.upsert(transaction, &target, Condition::default(), draft)? {
                    Effect::Row(_, id, _) => Ok(id),
                    Effect::Done(_) | Effect::Ids(_) => Ok(Uuid::nil()),
                }
            }
        }
    }

    /// The row that a target names: by `@odata.id`, by its primary id, or by
    /// all columns of an alternate key.
    fn target_of(&self, draft: &Draft) -> Result<Option<Target>, Refusal> {
        if let Some(address) = &draft.address {
            let (table, key) = self.key(address)?;
            if table != draft.table {
                let (found, expected) = (&self.tables[table], &self.tables[draft.table]);
                return Err(Refusal::wrong_table(&found.logical, &expected.logical));
            }
            return Ok(Some(Target::Key(key)));
        }
        if let Some(id) = draft.id {
            return Ok(Some(Target::Key(Key::Id(id))));
        }
        let cell = |column: usize| draft.cells.iter().find(|(position, _)| *position == column);
        let keys = self.tables[draft.table].keys.iter().enumerate();
        let found =
            keys.filter(|(_, key)| key.columns.iter().all(|column| cell(*column).is_some())).map(|(at, key)| {
                let cells = key.columns.iter().filter_map(|column| cell(*column).cloned()).collect();
                Target::Key(Key::Alternate(at, cells))
            });
        Ok(found.into_iter().next())
    }
}

fn key_cells(target: Option<&Target>) -> &[(usize, Cell)] {
    match target {
        Some(Target::Key(Key::Alternate(_, cells))) => cells,
        _ => &[],
    }
}
