//! A call along a link of the document: some of its values are known only when
//! the call before it was answered.

use std::sync::Arc;

use super::Call;
use crate::contract::openapi::{LinkValue, StatusKey};

/// A call whose values a link takes from the first call of its case.
#[derive(Clone, Debug, PartialEq)]
pub struct Linked {
    /// The link's name.
    pub link: Arc<str>,
    /// The response that has it: the link is followed where the first call is
    /// answered so.
    pub response: StatusKey,
    /// The call, with a mark wherever a value is still to come.
    pub call: Call,
    /// What comes in place of the marks.
    pub fills: Vec<Fill>,
    /// Whether everything that the path names comes from the link, so that
    /// nothing that was made up can be unknown.
    pub named: bool,
}

/// A value that is still to come.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// What stands there until then; unreserved characters only.
    pub mark: String,
    /// Where it stands.
    pub place: FillPlace,
    /// What it is, e.g. `path id` or `body`.
    pub what: String,
    /// What the link gives.
    pub value: LinkValue,
}

/// Where a value is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FillPlace {
    /// In path or query.
    Target,
    /// In the header field of this name.
    Header(String),
    /// The whole body, as JSON.
    Body,
}
