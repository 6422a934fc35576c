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
    /// Which way it came in.
    pub way: Way,
    /// The HTTP request that it was part of; entries of one request share it.
    pub request: u64,
    /// The boundary of the `$batch` that it was part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// The boundary of the change set within that batch: its entries stand or
    /// fall together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_set: Option<String>,
    /// How many requests of this principal were under way when it was judged,
    /// this one included.
    #[serde(default)]
    pub under_way: u16,
    /// How many the environment suggested (`x-ms-dop-hint`); 0: unknown.
    #[serde(default)]
    pub dop_hint: u16,
    /// The fault that was injected into it.
    pub fault: Option<String>,
}

/// The name of the fault by which somebody else writes a row that was just
/// read, as its entry has it.
pub const SOMEBODY_ELSE: &str = "somebody_else";

impl LedgerEntry {
    /// Whether it is the work of somebody else, by a fault that is called so.
    pub fn is_somebody_elses(&self) -> bool {
        self.fault.as_deref() == Some(SOMEBODY_ELSE)
    }

    /// Whether somebody else had written the row since `earlier`, a write to the
    /// same row: what it held before this write is not what that one left.
    pub fn is_over_others(&self, earlier: &Self) -> bool {
        self.columns.iter().any(|column| earlier.column(&column.name).is_some_and(|left| *left != column.before))
    }

    /// Whether it is an effect.
    pub fn committed(&self) -> bool {
        self.outcome == Outcome::Committed
    }

    /// Whether it came the governed way: with the gateway's identity.
    pub fn governed(&self) -> bool {
        self.way == Way::Gateway
    }

    /// All texts in which a correlation ID may be carried.
    pub fn carried(&self) -> impl Iterator<Item = &str> {
        let fields = self.headers.values().map(String::as_str).chain(self.tag.as_deref());
        fields.chain(self.columns.iter().filter_map(|column| column.after.as_str()))
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

/// Which way a call came to Dataverse, told by the identity that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Through the gateway, with its managed identity.
    Gateway,
    /// From a flow, with the identity of its connection.
    Flow,
    /// With any other identity, past the gateway.
    Direct,
}

/// One read: which columns of which table were given to whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadEntry {
    /// Counts up from 1 over all reads.
    pub sequence: u64,
    /// When, by the shared clock.
    pub at: Timestamp,
    /// The HTTP request that it was part of.
    pub request: u64,
    /// The table's collection name, e.g. `accounts`.
    pub table: String,
    /// The columns that were given, by their logical names.
    pub columns: Vec<String>,
    /// Whether the columns were not named: the whole row was given.
    pub whole: bool,
    /// How many rows were given.
    pub rows: u64,
    /// The primary key where one row was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Request header fields that may carry a correlation ID, as in
    /// [`LedgerEntry`].
    pub headers: BTreeMap<String, String>,
    /// The `tag` query parameter.
    pub tag: Option<String>,
    /// The application id of the identity that read.
    pub principal: String,
    /// Which way it came in.
    pub way: Way,
    /// The fault that was injected into it.
    pub fault: Option<String>,
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
