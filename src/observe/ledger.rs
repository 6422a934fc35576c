//! The ledger of effects: what the mocked Dataverse wrote, and what it refused
//! to write.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;

/// One write, or one attempt at a write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Counts up from 1 over the whole ledger.
    pub sequence: u64,
    /// When, by the shared clock.
    pub at: Timestamp,
    /// Committed, or refused and why.
    pub outcome: Outcome,
    /// What was asked for.
    pub operation: Operation,
    /// The table's collection name, e.g. `accounts`.
    pub table: String,
    /// The row's primary key, in lower case without braces; for a refused
    /// create, the key of the URL or nothing.
    pub key: String,
    /// Columns written, with their values before and after; empty for an
    /// attempt.
    pub columns: Vec<ColumnChange>,
    /// Request header fields that may carry a correlation ID, names in lower
    /// case (`x-correlation-id`, `x-ms-correlation-id`,
    /// `x-ms-client-request-id`, …).
    pub headers: BTreeMap<String, String>,
    /// The `tag` query parameter.
    pub tag: Option<String>,
    /// The application id of the identity that wrote.
    pub principal: String,
    /// Whether it came the governed way: with the gateway's identity.
    pub governed: bool,
    /// The fault that was injected into it.
    pub fault: Option<String>,
}

impl LedgerEntry {
    /// Whether it is an effect.
    pub fn committed(&self) -> bool {
        self.outcome == Outcome::Committed
    }

    /// What a column holds after the write.
    pub fn column(&self, name: &str) -> Option<&Value> {
        self.columns.iter().find(|c| c.name == name).map(|c| &c.after)
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It stands: an effect.
    Committed,
    /// It was refused: no effect.
    Refused {
        /// The status of the refusal.
        status: u16,
        /// Dataverse's code, or what else tells why.
        code: String,
    },
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A new row.
    Create,
    /// A row that was there.
    Update,
    /// A row goes.
    Delete,
}

/// A column before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnChange {
    /// Its logical name.
    pub name: String,
    /// Before; null for a new row.
    pub before: Value,
    /// After.
    pub after: Value,
}
