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
    /// `tracking TABLE ROW ID`: a row of another table, written after the
    /// record, names the record and the ID.
    Tracking(Tracking),
}

/// A table that tells under which ID records were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracking {
    /// The collection, as the Web API calls it.
    pub table: String,
    /// The column with the record's key.
    pub row: String,
    /// The column with the correlation ID.
    pub id: String,
}

impl Tracking {
    /// Reads `TABLE ROW ID`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut names = text.split_whitespace().map(str::to_owned);
        let read = Self { table: names.next()?, row: names.next()?, id: names.next()? };
        names.next().is_none().then_some(read)
    }
}

impl CorrelationCarrier {
    /// The column of the record itself that holds the ID.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Column(name) => Some(name),
            Self::Header(_) | Self::Tag | Self::Tracking(_) => None,
        }
    }
}
