//! What a careless service writes besides what it was asked to, and nothing
//! where it is not told to be careless.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::super::defect::Defect;
use super::write::Write;
use super::{Dataverse, Errand, Row, Trouble};

/// The columns that are written back.
const WHOLE: &str = "accountid,name,creditlimit,new_status,new_externalref";

/// Rows of accounts as they were read first, by those defects.
#[derive(Debug, Default)]
pub(in super::super) struct Remembered(Mutex<HashMap<String, Map<String, Value>>>);

impl Remembered {
    fn rows(&self) -> MutexGuard<'_, HashMap<String, Map<String, Value>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dataverse {
    fn writes_back(&self, table: &str) -> bool {
        let on = self.defects.has(Defect::RowWrittenBack) || self.defects.has(Defect::StaleRowForced);
        on && table == "accounts"
    }

    /// The columns that are read: the whole row by the defects that write it
    /// back.
    pub(super) fn selected<'s>(&self, table: &str, select: &'s str) -> &'s str {
        if self.writes_back(table) && select == "accountid" { WHOLE } else { select }
    }

    /// The address of a row and its columns; more than these by two defects.
    pub(super) fn readable(&self, table: &str, key: &str, select: &str) -> String {
        match table {
            "accounts" if self.defects.has(Defect::WholeAccountRead) => format!("{table}({key})"),
            "accounts" if self.defects.has(Defect::OneColumnTooMany) => {
                format!("{table}({key})?$select={select},accountcategorycode")
            }
            _ => format!("{table}({key})?$select={select}"),
        }
    }

    /// Keeps a row as it was read, for these defects.
    pub(super) fn remember(&self, table: &str, key: &str, row: &Row) {
        if self.writes_back(table) && row.columns.contains_key("creditlimit") {
            self.remembered.rows().insert(key.to_owned(), row.columns.clone());
        }
    }

    /// The whole row as it was read, where a defect writes it back at once.
    pub(super) fn write_back(&self, write: &mut Write<'_>) {
        if self.defects.has(Defect::RowWrittenBack) && self.whole(write) {
            write.forced = true;
        }
    }

    /// The same when somebody else was quicker.
    pub(super) fn force_stale(&self, write: &mut Write<'_>) {
        if self.defects.has(Defect::StaleRowForced) {
            self.whole(write);
        }
    }

    fn whole(&self, write: &mut Write<'_>) -> bool {
        let Some(row) = self.remembered.rows().remove(&write.target.key) else { return false };
        for (name, value) in row {
            if WHOLE.split(',').skip(1).any(|known| known == name) {
                write.columns.entry(name).or_insert(value);
            }
        }
        true
    }

    /// The credit limit as something that is added, always or when a write is
    /// repeated.
    pub(super) async fn add_up(&self, errand: &Errand, write: &mut Write<'_>, repeated: bool) -> Result<(), Trouble> {
        let defect = if repeated { Defect::CreditAddedOnRepeat } else { Defect::CreditAdded };
        let wanted = write.columns.get("creditlimit").and_then(Value::as_f64);
        let (true, Some(wanted)) = (self.defects.has(defect), wanted) else { return Ok(()) };
        if let Some(row) = self.read(errand, write.target.table, &write.target.key, "creditlimit").await? {
            let there = row.columns.get("creditlimit").and_then(Value::as_f64).unwrap_or_default();
            write.columns.insert("creditlimit".to_owned(), (wanted + there).into());
            write.forced = true;
        }
        Ok(())
    }

    /// Whether a decision is made by POST, which lets Dataverse choose its key.
    pub(super) fn posts(&self, write: &Write<'_>, again: bool) -> bool {
        let after = again && write.maybe_done && self.defects.has(Defect::PostedAfterLostAnswer);
        write.target.table == "new_decisions" && (after || self.defects.has(Defect::DecisionsPosted))
    }

    /// Whether a row that is there already is taken for a failure.
    pub(super) fn takes_for_failure(&self, write: &Write<'_>) -> bool {
        let created = write.condition == super::Condition::Absent && self.defects.has(Defect::KnownRowAsFailure);
        write.maybe_done && (created || self.defects.has(Defect::OwnWriteNotRecognised))
    }
}
