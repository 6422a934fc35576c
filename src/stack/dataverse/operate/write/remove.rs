//! Rows go, and what their relationships ask for happens.

use uuid::Uuid;

use super::super::super::error::Refusal;
use super::super::super::schema::{Cell, OnDelete, Reach};
use super::super::super::store::{Transaction, Values};
use super::address::Target;
use super::model::{Match, Scope};

impl Scope<'_> {
    pub(super) fn delete(
        &self,
        transaction: &mut Transaction<'_>,
        table: usize,
        target: &Target,
        matching: Option<Match>,
    ) -> Result<(), Refusal> {
        let id = self.find(transaction.store(), table, target)?;
        self.admits(transaction, (table, id), matching)?;
        self.remove(transaction, table, id)
    }

    /// A row and those that go with it. What restricts is asked first; then
    /// links are cleared, then rows go.
    pub(in crate::stack::dataverse) fn remove(
        &self,
        transaction: &mut Transaction<'_>,
        table: usize,
        id: Uuid,
    ) -> Result<(), Refusal> {
        // In the order in which they were found: what names the row comes
        // before it.
        let mut going = vec![(table, id)];
        let mut next = 0;
        while let Some((table, id)) = going.get(next).copied() {
            next += 1;
            for (from, other) in self.referring(transaction, (table, id), OnDelete::Cascade) {
                if !going.contains(&(from, other)) {
                    going.push((from, other));
                }
            }
        }
        for own in &going {
            let held = self.referring(transaction, *own, OnDelete::Restrict);
            if held.iter().any(|(from, other)| !going.contains(&(*from, *other))) {
                return Err(Refusal::associated());
            }
        }
        for own in going.into_iter().rev() {
            self.clear(transaction, own)?;
            transaction.delete(own.0, own.1)?;
        }
        Ok(())
    }

    /// Rows whose lookup names this row, by lookups that do this on deletion.
    fn referring(
        &self,
        transaction: &Transaction<'_>,
        (table, id): (usize, Uuid),
        wanted: OnDelete,
    ) -> Vec<(usize, Uuid)> {
        let mut found = Vec::new();
        for (from, column) in self.lookups_of(table, wanted) {
            found.extend(transaction.store().rows(from).referring(column, id).map(|row| (from, row.id)));
        }
        found
    }

    fn lookups_of(&self, table: usize, wanted: OnDelete) -> impl Iterator<Item = (usize, usize)> {
        self.tables[table].navigations.iter().filter_map(move |navigation| {
            let Reach::Many { table: from, column } = navigation.reach else { return None };
            let targets = self.tables[from].columns[column].kind.targets();
            let does = targets.iter().find(|target| usize::from(target.table) == table)?.on_delete;
            (does == wanted).then_some((from, column))
        })
    }

    /// Lookups that name the row are cleared, and its links go.
    fn clear(&self, transaction: &mut Transaction<'_>, (table, id): (usize, Uuid)) -> Result<(), Refusal> {
        let lookups: Vec<_> = self.lookups_of(table, OnDelete::RemoveLink).collect();
        for (from, column) in lookups {
            let rows: Vec<Uuid> = transaction.store().rows(from).referring(column, id).map(|row| row.id).collect();
            for row in rows {
                transaction.update(from, row, Values::of(column, Cell::Null))?;
            }
        }
        for navigation in &self.tables[table].navigations {
            let Reach::Across { relation, table: to, second } = navigation.reach else { continue };
            let others: Vec<Uuid> = transaction.store().linked(relation, id, second).collect();
            for other in others {
                let (first, pair) = if second { (to, (other, id)) } else { (table, (id, other)) };
                transaction.unlink(first, relation, pair);
            }
        }
        Ok(())
    }
}
