//! The lines of a state file.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::super::alter::Alteration;
use crate::clock::Timestamp;

pub(super) const FORMAT: &str = "seamstress/dataverse-state/2";

/// How many bytes of a file stand in one line.
pub(super) const PIECE: usize = 768 << 10;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    /// The first.
    Head {
        format: String,
        version: u64,
    },
    /// Tables were changed: these lines come before all rows.
    Alteration {
        altered: Alteration,
    },
    Row(SavedRow),
    Link {
        relation: usize,
        first: Uuid,
        second: Uuid,
    },
    /// A file begins; its pieces follow.
    File {
        file: Uuid,
        name: String,
        size: u64,
    },
    /// A piece of the file that began last, in Base64.
    Piece {
        piece: String,
    },
    /// The last.
    End {
        end: Counts,
    },
}

/// A row.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SavedRow {
    pub(super) table: String,
    pub(super) id: Uuid,
    pub(super) version: u64,
    pub(super) born: u64,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) created_by: String,
    pub(super) modified_by: String,
    /// Whose it is, where that is not who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) owner: Option<String>,
    /// Only columns that hold something.
    pub(super) values: Map<String, Value>,
}

/// How many of each there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) rows: u64,
    pub(super) links: u64,
    pub(super) files: u64,
}
