//! What a behaviour file says about writes.

use std::time::Duration;

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

/// `dataverse`: how the service treats Dataverse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// `patience`: waits that Dataverse asks for are the service's own affair
    /// as long as all that one call meets are no longer than this together.
    pub patience: Option<Duration>,
}

/// `reads`: what may be read from Dataverse: columns by table.
pub type Reads = Vec<(String, Vec<String>)>;

/// `commits`: what a flow writes of an answer, where the flow writes.
#[derive(Clone, Debug)]
pub struct Commits {
    /// Where the answer tells the row's key.
    pub key: Selector,
    /// Where it tells each column.
    pub columns: Vec<(String, Selector)>,
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
