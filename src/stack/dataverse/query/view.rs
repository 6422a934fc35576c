//! What a read sees of the store: rows, and ways from row to row.

use smallvec::SmallVec;
use uuid::Uuid;

use super::super::schema::{Cell, Property, Reach, System};
use super::super::store::{Row, Rows, Store};
use super::bind::{Field, Kind, Step, Value};
use crate::clock::Timestamp;

/// The rows that are looked at together: one, or those of a join.
pub(super) type Scope<'s, 'v> = &'s [Option<&'v Row>];

/// The store under the reader's lock.
#[derive(Clone, Copy)]
pub(in crate::stack::dataverse) struct View<'v> {
    store: &'v Store,
}

impl<'v> View<'v> {
    pub(in crate::stack::dataverse) fn new(store: &'v Store) -> Self {
        Self { store }
    }

    pub(super) fn rows(self, table: usize) -> &'v Rows {
        self.store.rows(table)
    }

    /// The last row version.
    pub(super) fn version(self) -> u64 {
        self.store.version()
    }

    /// The row that a column derived from a row names: its id, and the position
    /// of its table, where that is there.
    pub(super) fn derived(self, system: System, row: &Row) -> Option<(Uuid, Option<usize>)> {
        let society = self.store.society();
        let (id, team) = match system {
            System::CreatedOn | System::ModifiedOn | System::Version => return None,
            System::OwningBusinessUnit => return Some((society.business_unit, None)),
            System::CreatedBy => self.store.principal_id(row.created_by),
            System::ModifiedBy => self.store.principal_id(row.modified_by),
            System::Owner => self.store.principal_id(row.owner),
            System::OwningUser => Some(self.store.principal_id(row.owner)).filter(|(_, team)| !team)?,
            System::OwningTeam => Some(self.store.principal_id(row.owner)).filter(|(_, team)| *team)?,
        };
        Some((id, if team { society.teams } else { society.users }))
    }

    /// The name of that row, or that of the principal where it has none.
    pub(super) fn derived_name(self, system: System, row: &Row) -> Option<&'v str> {
        let (id, table) = self.derived(system, row)?;
        let found = table.and_then(|table| {
            let rows = self.rows(table);
            match &rows.get(&id)?.cells[rows.table.column(&rows.table.primary_name)?] {
                Cell::Text(text) => Some(&**text),
                _ => None,
            }
        });
        let principal = match system {
            System::CreatedBy => row.created_by,
            System::ModifiedBy => row.modified_by,
            System::Owner | System::OwningUser | System::OwningTeam => row.owner,
            _ => return found,
        };
        Some(found.unwrap_or_else(|| self.store.principal(principal)))
    }

    /// The row at the end of the steps.
    pub(super) fn follow(self, steps: &SmallVec<[Step; 1]>, row: Option<&'v Row>) -> Option<&'v Row> {
        steps.iter().try_fold(row?, |row, step| self.single(step.reach, row))
    }

    /// The row that a single-valued navigation property leads to.
    fn single(self, reach: Reach, row: &Row) -> Option<&'v Row> {
        match reach {
            Reach::One { column, table } => match &row.cells[column] {
                Cell::Row(named, id) if usize::from(*named) == table => self.rows(table).get(id),
                _ => None,
            },
            Reach::System { system: System::OwningBusinessUnit, table } => {
                self.rows(table).get(&self.store.society().business_unit)
            }
            Reach::System { system, table } => {
                let (id, named) = self.derived(system, row)?;
                (named == Some(table)).then(|| self.rows(table).get(&id)).flatten()
            }
            Reach::Many { .. } | Reach::Across { .. } => None,
        }
    }

    /// The rows that a navigation property leads to.
    pub(super) fn reached(self, reach: Reach, row: &Row) -> Box<dyn Iterator<Item = &'v Row> + 'v> {
        let id = row.id;
        match reach {
            Reach::One { .. } | Reach::System { .. } => Box::new(self.single(reach, row).into_iter()),
            Reach::Many { table, column } => Box::new(self.rows(table).referring(column, id)),
            Reach::Across { relation, table, second } => {
                let linked = self.store.linked(relation, id, second);
                Box::new(linked.filter_map(move |other| self.rows(table).get(&other)))
            }
        }
    }

    /// A property's value.
    pub(super) fn value(self, field: &Field, scope: Scope<'_, 'v>) -> Value<'v> {
        let row = scope.get(field.source).copied().flatten();
        match self.follow(&field.steps, row) {
            Some(row) => self.property(field.property, field.kind, row),
            None => Value::Null,
        }
    }

    pub(super) fn property(self, property: Property, kind: Kind, row: &'v Row) -> Value<'v> {
        match property {
            Property::Id => Value::Id(row.id),
            Property::Column(position) => cell(&row.cells[position], kind),
            Property::System(System::CreatedOn) => Value::Instant(whole_second(row.created)),
            Property::System(System::ModifiedOn) => Value::Instant(whole_second(row.modified)),
            Property::System(System::Version) => Value::Integer(i64::try_from(row.version).unwrap_or(i64::MAX)),
            Property::System(system) => self.derived(system, row).map_or(Value::Null, |(id, _)| Value::Id(id)),
        }
    }
}

/// Instants are shown, and so compared, in whole seconds.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.seconds())
}

fn cell(cell: &Cell, kind: Kind) -> Value<'_> {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(value) => Value::Bool(*value),
        Cell::Number(number) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => number.as_f64().map_or(Value::Null, Value::Float),
        },
        Cell::Text(text) if kind == Kind::Instant => instant(text).map_or(Value::Null, Value::Instant),
        Cell::Text(text) => Value::Text(text),
        Cell::Id(id) | Cell::Row(_, id) => Value::Id(*id),
    }
}

/// `2026-06-30T12:00:00Z`, as cells hold instants: read without a general
/// parser, since a scan reads millions.
fn instant(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        bytes.get(from..to)?.iter().try_fold(0_i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    if bytes.len() != 20 {
        return Timestamp::parse(text);
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let seconds = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    // Days since 1970 of a date of the Gregorian calendar; years begin in March
    // so that leap days come last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = days + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(Timestamp::from_seconds(days * 86_400 + seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn instants_of_cells_are_read_as_the_calendar_has_them(seconds in -50_000_000_000_i64..150_000_000_000) {
            let at = Timestamp::from_seconds(seconds);
            let text = at.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
            prop_assert_eq!(instant(&text), Some(at));
        }
    }
}
