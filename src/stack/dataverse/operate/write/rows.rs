//! Rows are made and changed, with all that a body holds within them.

use std::fmt::Write as _;

use uuid::Uuid;

use super::super::super::error::Refusal;
use super::super::super::schema::{Cell, ColumnKind, Reach, Table};
use super::super::super::store::{Transaction, Values};
use super::super::draft::{Bind, Draft, Related, target};
use super::super::path::Key;
use super::address::Target;
use super::model::{Condition, Effect, Match, Scope};

impl Scope<'_> {
    /// A new row, and those within it. `given` are columns of the URL's key:
    /// where the body names one as well, the body wins (reference A4).
    pub(in crate::stack::dataverse) fn insert(
        &self,
        transaction: &mut Transaction<'_>,
        mut draft: Draft,
        given: &[(usize, Cell)],
    ) -> Result<Uuid, Refusal> {
        let table = draft.table;
        let many = self.single_valued(transaction, &mut draft)?;
        for (column, cell) in given {
            if !draft.names(*column) {
                draft.cells.push((*column, cell.clone()));
            }
        }
        consistent_state(&self.tables[table], &mut draft)?;
        complete(&self.tables[table], &mut draft, transaction.store().version());
        if draft.detect {
            self.detect(transaction, (table, None), &draft.cells)?;
        }
        let id = transaction.insert(table, draft.id, Values { cells: draft.cells, owner: draft.owner })?;
        self.collections(transaction, (table, id), many)?;
        Ok(id)
    }

    /// A new row of the collection that a row leads to.
    pub(super) fn insert_within(
        &self,
        transaction: &mut Transaction<'_>,
        (table, target): (usize, &Target),
        reach: Reach,
        mut draft: Draft,
    ) -> Result<Effect, Refusal> {
        let own = (table, self.find(transaction.store(), table, target)?);
        let made = draft.table;
        if let Reach::Many { column, .. } = reach {
            draft.set(column, Cell::Row(table as u16, own.1));
        }
        let id = self.insert(transaction, draft, &[])?;
        if !matches!(reach, Reach::Many { .. }) {
            Self::attach(transaction, own, reach, id)?;
        }
        Ok(Effect::Row(made, id, true))
    }

    /// A change of a row that is there. Columns that are part of the URL's key
    /// are ignored (reference A4).
    pub(in crate::stack::dataverse) fn change(
        &self,
        transaction: &mut Transaction<'_>,
        id: Uuid,
        mut draft: Draft,
        given: &[(usize, Cell)],
    ) -> Result<(), Refusal> {
        let table = draft.table;
        let definition = &*self.tables[table];
        if !draft.related.is_empty() {
            return Err(Refusal::deep_update(&definition.collection));
        }
        let many = self.single_valued(transaction, &mut draft)?;
        draft.cells.retain(|(column, _)| given.iter().all(|(known, _)| known != column));
        consistent_state(definition, &mut draft)?;
        if draft.detect {
            self.detect(transaction, (table, Some(id)), &draft.cells)?;
        }
        transaction.update(table, id, Values { cells: draft.cells, owner: draft.owner })?;
        self.collections(transaction, (table, id), many)
    }

    /// A new row, or a change of one that is there (reference A4, A5).
    pub(super) fn upsert(
        &self,
        transaction: &mut Transaction<'_>,
        target: &Target,
        condition: Condition,
        mut draft: Draft,
    ) -> Result<Effect, Refusal> {
        let table = draft.table;
        let given: &[(usize, Cell)] = match target {
            Target::Key(Key::Alternate(_, cells)) => cells,
            _ => &[],
        };
        match target.locate(transaction.store(), table, self.references)? {
            Some(_) if condition.only_new => Err(Refusal::exists()),
            Some(id) => {
                self.admits(transaction, (table, id), condition.matching)?;
                if self.tables[table].traits.elastic && condition.matching.is_none() {
                    replace(&self.tables[table], &mut draft, given);
                }
                self.change(transaction, id, draft, given)?;
                Ok(Effect::Row(table, id, false))
            }
            None if condition.matching.is_some() => {
                Err(self.find(transaction.store(), table, target).err().unwrap_or_else(Refusal::stale))
            }
            None => {
                draft.id = target.id().or(draft.id);
                self.insert(transaction, draft, given).map(|id| Effect::Row(table, id, true))
            }
        }
    }

    /// Whether the row has the version that `If-Match` names.
    pub(super) fn admits(
        &self,
        transaction: &Transaction<'_>,
        (table, id): (usize, Uuid),
        matching: Option<Match>,
    ) -> Result<(), Refusal> {
        let Some(Match::Version(wanted)) = matching else { return Ok(()) };
        let definition = &*self.tables[table];
        if !definition.traits.optimistic_concurrency {
            return Err(Refusal::no_concurrency(&definition.logical));
        }
        let version = transaction.store().rows(table).get(&id).map(|row| row.version);
        if wanted.is_some() && wanted == version { Ok(()) } else { Err(Refusal::stale()) }
    }

    /// Lookups become cells: of rows that are there, and of rows that are made
    /// first. Gives what is done after the row itself.
    fn single_valued(
        &self,
        transaction: &mut Transaction<'_>,
        draft: &mut Draft,
    ) -> Result<(Vec<Bind>, Vec<Related>), Refusal> {
        if draft.binds.is_empty() && draft.related.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut later = (Vec::new(), Vec::new());
        for bind in std::mem::take(&mut draft.binds) {
            if let (Reach::System { .. }, Some(address)) = (bind.reach, bind.to.first()) {
                draft.owner = Some(self.owner(transaction.store(), address)?);
                continue;
            }
            let Reach::One { column, table } = bind.reach else {
                later.0.push(bind);
                continue;
            };
            let cell = match bind.to.first() {
                None => Cell::Null,
                Some(address) => Cell::Row(table as u16, self.row_of(transaction.store(), table, address)?),
            };
            draft.set(column, cell);
        }
        for related in std::mem::take(&mut draft.related) {
            let Reach::One { column, table } = related.reach else {
                later.1.push(related);
                continue;
            };
            for row in related.rows {
                let id = self.insert(transaction, row, &[])?;
                draft.set(column, Cell::Row(table as u16, id));
            }
        }
        Ok(later)
    }

    /// What collection-valued properties hold, once the row itself is there.
    fn collections(
        &self,
        transaction: &mut Transaction<'_>,
        (table, id): (usize, Uuid),
        (binds, related): (Vec<Bind>, Vec<Related>),
    ) -> Result<(), Refusal> {
        for bind in binds {
            for address in &bind.to {
                let other = self.row_of(transaction.store(), target(bind.reach), address)?;
                Self::attach(transaction, (table, id), bind.reach, other)?;
            }
        }
        for Related { reach, rows } in related {
            for mut row in rows {
                if let Reach::Many { column, .. } = reach {
                    row.set(column, Cell::Row(table as u16, id));
                    self.insert(transaction, row, &[])?;
                } else {
                    let other = self.insert(transaction, row, &[])?;
                    Self::attach(transaction, (table, id), reach, other)?;
                }
            }
        }
        Ok(())
    }
}

/// What a new row holds that its body does not name: defaults and numbers.
fn complete(table: &Table, draft: &mut Draft, version: u64) {
    for (position, column) in table.columns.iter().enumerate() {
        if column.told.auto_number.is_none() && column.default == Cell::Null || draft.names(position) {
            continue;
        }
        let cell = match &column.told.auto_number {
            Some(pattern) => Cell::Text(numbered(pattern, version).into()),
            None => column.default.clone(),
        };
        draft.cells.push((position, cell));
    }
}

/// The number that a column gives by itself. The row version counts: it never
/// comes twice, and gaps are the platform's own as well.
fn numbered(pattern: &str, version: u64) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((slot, next)) = after.split_once('}') else { break };
        let (name, length) = slot.split_once(':').unwrap_or((slot, ""));
        let length = length.parse::<usize>().unwrap_or(4).min(20);
        match name {
            "SEQNUM" => {
                // Writing to a `String` does not fail.
                let _ = write!(out, "{:0length$}", version.saturating_sub(1_000_000) + 1000);
            }
            "RANDSTRING" => {
                let text = Uuid::new_v5(&Uuid::NAMESPACE_OID, &version.to_be_bytes()).simple().to_string();
                out.push_str(&text[..length.min(text.len())].to_uppercase());
            }
            _ => {}
        }
        rest = next;
    }
    out + rest
}

/// Status and state go together: whichever the body does not name follows the
/// other.
fn consistent_state(table: &Table, draft: &mut Draft) -> Result<(), Refusal> {
    let find = |wanted: fn(&ColumnKind) -> bool| table.columns.iter().position(|column| wanted(&column.kind));
    let Some(status) = find(|kind| matches!(kind, ColumnKind::Status { .. })) else { return Ok(()) };
    let Some(state) = find(|kind| matches!(kind, ColumnKind::State(_))) else { return Ok(()) };
    let ColumnKind::Status { states, .. } = &table.columns[status].kind else { return Ok(()) };
    let named = |column: usize| {
        draft.cells.iter().find(|(position, _)| *position == column).and_then(|(_, cell)| match cell {
            Cell::Number(number) => number.as_i64(),
            _ => None,
        })
    };
    match (named(state), named(status)) {
        (None, Some(reason)) => {
            if let Some(of) = states.get(&reason) {
                draft.set(state, Cell::Number((*of).into()));
            }
        }
        (Some(wanted), None) => {
            if let Some((reason, _)) = states.iter().find(|(_, of)| **of == wanted) {
                draft.set(status, Cell::Number((*reason).into()));
            }
        }
        (Some(wanted), Some(reason)) if states.get(&reason).is_some_and(|of| *of != wanted) => {
            return Err(Refusal::wrong_status(&table.logical, wanted, reason));
        }
        _ => {}
    }
    Ok(())
}

/// An elastic table's upsert replaces the whole row (reference A4).
fn replace(table: &Table, draft: &mut Draft, given: &[(usize, Cell)]) {
    let bound: Vec<Reach> = draft.binds.iter().map(|bind| bind.reach).collect();
    for (position, column) in table.columns.iter().enumerate() {
        let bound = bound.iter().any(|reach| matches!(reach, Reach::One { column, .. } if *column == position));
        if !bound && !draft.names(position) && given.iter().all(|(known, _)| *known != position) {
            draft.cells.push((position, column.default.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_their_pattern() {
        assert_eq!(numbered("INV-{SEQNUM:6}/x", 1_000_001), "INV-001001/x");
        assert_eq!(numbered("{RANDSTRING:4}", 7).len(), 4);
        assert_eq!(numbered("plain", 7), "plain");
    }
}
