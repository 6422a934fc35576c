//! What a behaviour file says about test data: where identities that exist
//! come from, what is called before a run and after it.

use std::path::PathBuf;

use http::Method;
use serde_json::Value;

use super::{Selector, Statuses};
use crate::diagnose::Place;

/// One of `data.pools`.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The name by which a schema's property refers to it: a property called
    /// so, or one whose pointer `applies_to` names, takes its values here.
    pub name: String,
    /// The places in requests that take their values here, e.g.
    /// `body /records/*/id` or `path batchId`.
    pub applies_to: Vec<Selector>,
    /// The operations that take them; empty: each that has such a place.
    pub operations: Vec<String>,
    /// Where the values come from.
    pub source: PoolSource,
}

/// Where the values of a pool come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolSource {
    /// `mock TABLE.COLUMN`: rows that the mocked Dataverse holds.
    Mock {
        /// The table's collection name.
        table: String,
        /// The column.
        column: String,
    },
    /// `get OPERATION_OR_PATH POINTER`: a GET on the target, and where in its
    /// answer the values stand.
    Get {
        /// An `operationId`, or path and query behind the base path.
        target: String,
        /// Where the values stand.
        values: Selector,
    },
    /// `file PATH [POINTER]`, relative to the behaviour file. A `.json` file
    /// is read as JSON, a `.csv` file as a list of rows by the names of its
    /// header line, every other file as one value a line.
    File {
        /// The file.
        path: PathBuf,
        /// Where the values stand; `None`: each element, row or line is one.
        values: Option<Selector>,
    },
    /// `fresh PREFIX`: values that nobody used before, from seed and nonce: the
    /// prefix and twelve hexadecimal digits in upper case.
    Fresh(String),
    /// `set_up`: what the calls of `data.set_up` save.
    SetUp,
}

/// One call of `data.set_up` or `data.clean_up`.
#[derive(Clone, Debug)]
pub struct DataCall {
    /// What is called.
    pub call: Called,
    /// The body, in whose texts `{POOL}` stands for a value of that pool and
    /// `{fresh}` for a new UUID; `None`: one that is generated, where the
    /// operation takes a body, else none.
    pub body: Option<Value>,
    /// The statuses that are right; 2xx where nothing is said.
    pub expect: Vec<Statuses>,
    /// Pool → where in the answer its values stand.
    pub save: Vec<(String, Selector)>,
    /// Once for each value of this pool.
    pub for_each: Option<String>,
    /// How often; 1 where nothing is said.
    pub times: u64,
    /// Where it stands.
    pub place: Place,
}

/// What a call of `data` calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    /// `operation`: by `operationId`.
    Operation(String),
    /// `method` and `path`, behind the base path; `{POOL}` in it stands for a
    /// value of that pool.
    Path(Method, String),
}
