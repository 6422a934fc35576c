//! Rows are linked, and no longer linked: `$ref` (reference A4).

use uuid::Uuid;

use super::super::super::error::Refusal;
use super::super::super::schema::{Cell, Reach, System};
use super::super::super::store::{Transaction, Values};
use super::super::draft::target as other_table;
use super::address::Target;
use super::model::{Apart, Link, Scope};

impl Scope<'_> {
    pub(super) fn link(
        &self,
        transaction: &mut Transaction<'_>,
        table: usize,
        target: &Target,
        link: &Link,
    ) -> Result<(), Refusal> {
        let own = (table, self.find(transaction.store(), table, target)?);
        match link {
            Link::To(Reach::System { system: System::Owner, .. }, address) => {
                let owner = Some(self.owner(transaction.store(), address)?);
                transaction.update(own.0, own.1, Values { owner, ..Values::default() })
            }
            Link::To(Reach::System { system, .. }, _) | Link::Apart(Reach::System { system, .. }, _) => {
                Err(Refusal::bad_query(format!("The property '{}' can't be written.", system.name())))
            }
            Link::To(reach, address) => {
                let other = self.row_of(transaction.store(), other_table(*reach), address)?;
                Self::attach(transaction, own, *reach, other)
            }
            Link::Apart(reach, apart) => {
                let store = transaction.store();
                let other = match apart {
                    None => None,
                    Some(Apart::Key(key)) => Some(store.find(other_table(*reach), key)?.id),
                    Some(Apart::Address(address)) => Some(self.row_of(store, other_table(*reach), address)?),
                };
                Self::detach(transaction, own, *reach, other)
            }
        }
    }

    /// The navigation property of `own` leads to the other row as well, or
    /// instead.
    pub(super) fn attach(
        transaction: &mut Transaction<'_>,
        (table, id): (usize, Uuid),
        reach: Reach,
        other: Uuid,
    ) -> Result<(), Refusal> {
        match reach {
            Reach::One { column, table: to } => {
                transaction.update(table, id, Values::of(column, Cell::Row(to as u16, other)))
            }
            Reach::Many { table: from, column } => {
                transaction.update(from, other, Values::of(column, Cell::Row(table as u16, id)))
            }
            // Handled before, or refused with the body.
            Reach::System { .. } => Ok(()),
            Reach::Across { relation, table: to, second } => {
                if transaction.store().linked(relation, id, second).any(|known| known == other) {
                    return Err(Refusal::duplicate_id());
                }
                let (first, pair) = if second { (to, (other, id)) } else { (table, (id, other)) };
                transaction.link(first, relation, pair);
                Ok(())
            }
        }
    }

    /// It leads there no longer; of a lookup, nowhere.
    fn detach(
        transaction: &mut Transaction<'_>,
        (table, id): (usize, Uuid),
        reach: Reach,
        other: Option<Uuid>,
    ) -> Result<(), Refusal> {
        let names = |rows: usize, row: &Uuid, column: usize, wanted: Uuid| {
            let row = transaction.store().rows(rows).get(row);
            row.is_some_and(|row| matches!(row.cells[column], Cell::Row(_, found) if found == wanted))
        };
        match (reach, other) {
            (Reach::One { column, .. }, None) => transaction.update(table, id, Values::of(column, Cell::Null)),
            (Reach::One { column, .. }, Some(other)) if names(table, &id, column, other) => {
                transaction.update(table, id, Values::of(column, Cell::Null))
            }
            (Reach::Many { table: from, column }, Some(other)) if names(from, &other, column, id) => {
                transaction.update(from, other, Values::of(column, Cell::Null))
            }
            (Reach::Across { relation, table: to, second }, Some(other)) => {
                let (first, pair) = if second { (to, (other, id)) } else { (table, (id, other)) };
                transaction.unlink(first, relation, pair);
                Ok(())
            }
            // What is not linked is apart already.
            (_, Some(_)) => Ok(()),
            (_, None) => Err(Refusal::bad_query("The row that is to be taken out of a collection is not named.")),
        }
    }
}
