//! `BulkDelete`: rows that queries find go (reference A8). The platform does it
//! later, as a job; here it is done before the answer.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::answer::{Answer, Cost};
use super::super::error::Refusal;
use super::super::ledger::{Attempt, Writer};
use super::super::organization::Organization;
use super::super::schema::{Cell, Property, Table, value};
use super::super::store::Row;
use super::call::Call;
use super::write::{References, Scope};
use crate::observe::Operation;

/// Rows of one table that are to go.
#[derive(Debug)]
pub(super) struct Doomed {
    table: usize,
    conditions: Vec<Condition>,
    /// Whether one condition is enough.
    any: bool,
}

/// One condition of a query.
#[derive(Debug)]
struct Condition {
    property: Property,
    wanted: Vec<Cell>,
    holds: fn(&[Cell], &Cell) -> bool,
}

impl Organization {
    /// Reads the queries of a `BulkDelete`.
    pub(super) fn doomed(&self, call: &Call) -> Result<Vec<Doomed>, Refusal> {
        let wrong = |why: &str| Refusal::bad_payload("BulkDelete", why);
        let body: Value = serde_json::from_slice(&call.body).map_err(|fault| wrong(&format!("no JSON: {fault}")))?;
        let queries = body["QuerySet"].as_array().filter(|list| !list.is_empty());
        let queries = queries.ok_or_else(|| wrong("The parameter 'QuerySet' is missing: an array was expected."))?;
        queries.iter().map(|query| self.doomed_by(query)).collect()
    }

    fn doomed_by(&self, query: &Value) -> Result<Doomed, Refusal> {
        let logical = query["EntityName"].as_str().unwrap_or_default();
        let table = self.tables.iter().position(|table| &*table.logical == logical);
        let table = table.ok_or_else(|| Refusal::no_segment(logical))?;
        let criteria = &query["Criteria"];
        let listed = criteria["Conditions"].as_array().map_or(&[][..], Vec::as_slice);
        let conditions = listed.iter().map(|found| condition(&self.tables[table], found));
        let any = criteria["FilterOperator"].as_str().is_some_and(|operator| operator.eq_ignore_ascii_case("or"));
        Ok(Doomed { table, conditions: conditions.collect::<Result<_, _>>()?, any })
    }

    /// Lets the rows go, each by itself; gives the job's number.
    pub(super) fn bulk_delete(&self, call: &Call, doomed: &[Doomed], writer: &Writer) -> Answer {
        let references = References::default();
        let scope = Scope { tables: &self.tables, references: &references };
        let mut store = self.store();
        let mut gone = 0;
        for Doomed { table, conditions, any } in doomed {
            let meets = |row: &&Row| {
                if *any { conditions.iter().any(|c| c.admits(row)) } else { conditions.iter().all(|c| c.admits(row)) }
            };
            let ids: Vec<Uuid> = store.rows(*table).iter().filter(meets).map(|row| row.id).collect();
            for id in ids {
                let mut transaction = store.begin(writer);
                match scope.remove(&mut transaction, *table, id) {
                    Ok(()) => {
                        transaction.commit();
                        gone += 1;
                    }
                    Err(refusal) => {
                        drop(transaction);
                        let (operation, key) = (Operation::Delete, id.to_string());
                        let attempt = Attempt { operation, table: Ok(&self.tables[*table]), key };
                        store.ledger.refuse(writer, &attempt, refusal.status, refusal.code);
                    }
                }
            }
        }
        drop(store);
        let context = format!("{}/$metadata#Microsoft.Dynamics.CRM.BulkDeleteResponse", call.base);
        let body = json!({ "@odata.context": context, "JobId": Uuid::new_v4() });
        Answer::json(200, &body).costing(Cost { operations: gone, read: 0, written: gone })
    }
}

impl Condition {
    fn admits(&self, row: &Row) -> bool {
        match self.property {
            Property::Id => (self.holds)(&self.wanted, &Cell::Id(row.id)),
            Property::Column(position) => (self.holds)(&self.wanted, &row.cells[position]),
            Property::System(_) => false,
        }
    }
}

fn condition(table: &Table, found: &Value) -> Result<Condition, Refusal> {
    let name = found["AttributeName"].as_str().unwrap_or_default();
    let property = match table.column(name).map(Property::Column) {
        Some(column) => column,
        None if name == &*table.primary_id => Property::Id,
        None => return Err(Refusal::no_property(name, &table.logical)),
    };
    let values = found["Values"].as_array().map_or(&[][..], Vec::as_slice);
    // `{"Value": …, "Type": …}`, or the value itself.
    let values = values.iter().map(|value| value.get("Value").unwrap_or(value));
    let wanted = values.map(|value| wanted(table, property, value)).collect::<Result<_, _>>()?;
    let holds: fn(&[Cell], &Cell) -> bool = match found["Operator"].as_str().unwrap_or_default() {
        "Equal" | "In" => |wanted, cell| wanted.iter().any(|w| same(w, cell)),
        "NotEqual" | "NotIn" => |wanted, cell| !wanted.iter().any(|w| same(w, cell)),
        "Null" => |_, cell| *cell == Cell::Null,
        "NotNull" => |_, cell| *cell != Cell::Null,
        other => return Err(Refusal::not_there(&format!("The operator '{other}' of a BulkDelete"))),
    };
    Ok(Condition { property, wanted, holds })
}

fn wanted(table: &Table, property: Property, found: &Value) -> Result<Cell, Refusal> {
    let column = match property {
        Property::Column(position) if table.columns[position].kind.targets().is_empty() => &table.columns[position],
        _ => {
            let id = found.as_str().and_then(|text| Uuid::parse_str(text).ok());
            let wrong = || Refusal::wrong_type(&table.collection, &table.primary_id, found, "Edm.Guid");
            return id.map(Cell::Id).ok_or_else(wrong);
        }
    };
    value::cell(table, column, found)
}

/// Texts compare without regard to case; a lookup by the row that it names.
fn same(wanted: &Cell, cell: &Cell) -> bool {
    match (wanted, cell) {
        (Cell::Id(a), Cell::Id(b) | Cell::Row(_, b)) => a == b,
        (Cell::Text(a), Cell::Text(b)) => a.to_lowercase() == b.to_lowercase(),
        _ => wanted == cell,
    }
}
