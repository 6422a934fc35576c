//! What a `recorded.json` says.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diagnose::Place;

/// Stands for a part of a text that is another one each time.
pub const ANY_TEXT: &str = "<any>";

/// Stands for a number that is another one each time.
pub const ANY_NUMBER: &str = "<any number>";

/// Stands for a value of which not even the shape is the same each time.
pub const ANYTHING: &str = "<anything>";

/// What a version answered when it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// The seed of all its cases.
    pub seed: u64,
    /// The cases, in the order in which they were made.
    pub cases: Vec<RecordedCase>,
}

/// One case.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedCase {
    /// `operationId`.
    pub operation: Arc<str>,
    /// `conforming`, `boundary` or `violating`.
    pub kind: String,
    /// Which of its kind.
    pub index: u32,
    /// What is tried, in plain words.
    pub tries: String,
    /// What is sent.
    pub request: RecordedRequest,
    /// What came of it.
    pub told: Told,
    /// Where it stands in the file.
    pub place: Place,
}

impl RecordedCase {
    /// Its name in the file, e.g. `submitBatch:boundary:3`.
    pub fn name(&self) -> String {
        format!("{}:{}:{}", self.operation, self.kind, self.index)
    }
}

/// A request, without what is another one in each run: identities keep the
/// schema's own values here.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRequest {
    /// Method and target.
    pub line: String,
    /// The first 16 hexadecimal digits of the SHA-256 over method, target,
    /// header fields and content.
    pub digest: String,
    /// The content, for people: JSON as it is, else as text. Null: none.
    pub body: Value,
}

/// What came of a case: values that come from the request are told by their
/// place in it (`<request /records/0/id>`), those that are another one each
/// time by a mark.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The answer.
    pub answer: RecordedAnswer,
    /// The last answer of what a 202 led to.
    pub result: Option<RecordedAnswer>,
    /// What was written; `None` where that could not be read.
    pub effects: Option<Vec<RecordedEffect>>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedAnswer {
    /// The status.
    pub status: u16,
    /// The media type without parameters.
    pub media_type: Option<String>,
    /// Declared header fields by their declared names.
    pub headers: BTreeMap<String, String>,
    /// The content: JSON as it is, else as text. Null: none.
    pub body: Value,
}

/// One write that was committed.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedEffect {
    /// `create`, `update` or `delete`.
    pub operation: String,
    /// The table's collection name.
    pub table: String,
    /// The row's primary key.
    pub key: String,
    /// Columns with their values after the write, in the order of their names.
    pub columns: Map<String, Value>,
}
