//! One change.

use std::fmt;

use serde::Serialize;

use crate::diagnose::Place;

/// One change between two versions, as a client of the old one sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What kind.
    pub kind: ChangeKind,
    /// Whether it breaks a client that changes nothing but the address.
    pub breaking: bool,
    /// `operationId` in the old version; in the new one for an operation that
    /// is new.
    pub operation: String,
    /// Where in the operation, e.g. `request body /records/*/id`,
    /// `query delimiter`, `response 200 body /updated`; empty: all of it.
    pub at: String,
    /// The change in words.
    pub text: String,
    /// Where it stands in the old document.
    pub place_old: Option<Place>,
    /// Where it stands in the new document.
    pub place_new: Option<Place>,
}

impl Change {
    /// Which operation, where in it, and what: one sentence without a full
    /// stop.
    pub fn sentence(&self) -> String {
        let at = if self.at.is_empty() { String::new() } else { format!(", {}", self.at) };
        format!("{}{at}: {}", self.operation, self.text)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.breaking { "breaking" } else { "compatible" };
        write!(f, "{word}: {}", self.sentence())
    }
}

/// What kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// An operation is gone.
    OperationRemoved,
    /// An operation is new.
    OperationAdded,
    /// A token is demanded where none was.
    SecurityAdded,
    /// A parameter is gone.
    ParameterRemoved,
    /// A parameter is new.
    ParameterAdded,
    /// A parameter or body that was optional is required, or a new one is.
    NewlyRequired,
    /// The request body is gone.
    BodyRemoved,
    /// A media type is gone.
    MediaTypeRemoved,
    /// A response is gone.
    ResponseRemoved,
    /// A response is new.
    ResponseAdded,
    /// A header field of a response is gone or no longer promised.
    HeaderRemoved,
    /// A property is gone.
    PropertyRemoved,
    /// A property is new.
    PropertyAdded,
    /// A property of a response may be absent.
    NewlyOptional,
    /// Properties that are not named are refused.
    OthersForbidden,
    /// The type of what is sent is narrower.
    TypeNarrowed,
    /// The type of what is read is wider.
    TypeWidened,
    /// Values of what is sent are refused.
    EnumNarrowed,
    /// What is read may be other values.
    EnumWidened,
    /// A bound of what is sent is tighter.
    BoundNarrowed,
    /// A pattern of what is sent is new or another.
    PatternChanged,
    /// A format of what is sent is new or another.
    FormatChanged,
    /// One of several shapes is refused, or one more may be read.
    AlternativesChanged,
}

impl ChangeKind {
    /// Its name, e.g. `operation-removed`.
    pub fn id(self) -> &'static str {
        match self {
            Self::OperationRemoved => "operation-removed",
            Self::OperationAdded => "operation-added",
            Self::SecurityAdded => "security-added",
            Self::ParameterRemoved => "parameter-removed",
            Self::ParameterAdded => "parameter-added",
            Self::NewlyRequired => "newly-required",
            Self::BodyRemoved => "body-removed",
            Self::MediaTypeRemoved => "media-type-removed",
            Self::ResponseRemoved => "response-removed",
            Self::ResponseAdded => "response-added",
            Self::HeaderRemoved => "header-removed",
            Self::PropertyRemoved => "property-removed",
            Self::PropertyAdded => "property-added",
            Self::NewlyOptional => "newly-optional",
            Self::OthersForbidden => "others-forbidden",
            Self::TypeNarrowed => "type-narrowed",
            Self::TypeWidened => "type-widened",
            Self::EnumNarrowed => "enum-narrowed",
            Self::EnumWidened => "enum-widened",
            Self::BoundNarrowed => "bound-narrowed",
            Self::PatternChanged => "pattern-changed",
            Self::FormatChanged => "format-changed",
            Self::AlternativesChanged => "alternatives-changed",
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
