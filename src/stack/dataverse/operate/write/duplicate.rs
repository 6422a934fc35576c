//! Duplicate detection: rules that find another row (reference A10).

use uuid::Uuid;

use super::super::super::error::Refusal;
use super::super::super::schema::Cell;
use super::super::super::store::Transaction;
use super::model::Scope;

impl Scope<'_> {
    /// Refuses a row that a rule of its table takes for another one. A rule is
    /// about rows that hold something in each of its columns; `own` is the row
    /// that changes.
    pub(super) fn detect(
        &self,
        transaction: &Transaction<'_>,
        (table, own): (usize, Option<Uuid>),
        cells: &[(usize, Cell)],
    ) -> Result<(), Refusal> {
        let rows = transaction.store().rows(table);
        let old = own.and_then(|id| rows.get(&id));
        for rule in &self.tables[table].duplicate_rules {
            let value = |column: &usize| {
                let named = cells.iter().rfind(|(position, _)| position == column).map(|(_, cell)| cell);
                named.or_else(|| old.map(|row| &row.cells[*column])).and_then(Cell::key_text)
            };
            let Some(wanted) = rule.columns.iter().map(value).collect::<Option<Vec<String>>>() else { continue };
            let same = |row: &super::super::super::store::Row| {
                let found = rule.columns.iter().map(|column| row.cells[*column].key_text());
                found.zip(&wanted).all(|(found, wanted)| found.as_ref() == Some(wanted))
            };
            if rows.iter().any(|row| Some(row.id) != own && same(row)) {
                return Err(Refusal::duplicate_found());
            }
        }
        Ok(())
    }
}
