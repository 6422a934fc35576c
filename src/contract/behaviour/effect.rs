//! What a behaviour file says about writes, and about where existing
//! identities come from.

use super::Selector;

/// `effects`.
#[derive(Clone, Debug)]
pub struct Effects {
    /// The table's logical collection name, e.g. `accounts`.
    pub table: String,
    /// Columns that may be written.
    pub columns: Vec<String>,
    /// How often.
    pub once: Once,
    /// What happens to the valid ones beside an invalid one.
    pub on_invalid: OnInvalid,
    /// What tells whose effect it is.
    pub correlated_by: CorrelationCarrier,
    /// One effect per key, whatever the ID.
    pub business_key: Option<Selector>,
}

/// `effects.once`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Once {
    /// Each item is written once.
    PerItem,
    /// Each call writes once.
    PerRequest,
}

/// `effects.on_invalid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnInvalid {
    /// One invalid item refuses the whole call, without effect.
    RefuseAll,
    /// Invalid items are reported, the others executed.
    SkipInvalid,
    /// The caller says which, in this place of the request, with the words
    /// `refuse_all` and `skip_invalid`; absent means `refuse_all`.
    Caller(Selector),
}

/// `effects.correlated_by`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorrelationCarrier {
    /// `column NAME`: the ID is written.
    Column(String),
    /// `header NAME`: the ID travels with the write.
    Header(String),
    /// `tag`: the `tag` query parameter of the Web API.
    Tag,
}

/// One of `data.pools`.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The name by which a schema's property refers to it: a property called
    /// so, or one whose pointer `applies_to` names, takes its values here.
    pub name: String,
    /// The places in requests that take their values here, e.g.
    /// `body /records/*/id`.
    pub applies_to: Vec<Selector>,
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
    /// `get TARGET POINTER`: a GET on the gateway, and where in its answer the
    /// values stand.
    Get {
        /// Path and query.
        target: String,
        /// Where the values stand.
        values: Selector,
    },
    /// `file PATH`: one value a line, relative to the behaviour file.
    File(std::path::PathBuf),
    /// `fresh PREFIX`: values that nobody used before, from seed and nonce: the
    /// prefix and twelve hexadecimal digits in upper case.
    Fresh(String),
}
