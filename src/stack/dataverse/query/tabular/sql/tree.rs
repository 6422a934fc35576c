//! A SELECT before its names are resolved.

use super::super::super::syntax::Comparison;

/// A column, with the alias of its table where one was named.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub(super) table: Option<String>,
    pub(super) column: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// `*`, or that of one table.
    Every(Option<String>),
    Column(Name, Option<String>),
    Aggregate {
        function: String,
        distinct: bool,
        of: Option<Name>,
        alias: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct From {
    pub(super) table: String,
    pub(super) alias: String,
    pub(super) outer: bool,
    pub(super) on: Vec<Where>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Where {
    And(Vec<Where>),
    Or(Vec<Where>),
    Not(Box<Where>),
    Compare(Name, Comparison, String),
    Columns(Name, Comparison, Name),
    /// `IS NULL`.
    Null(Name),
    In(Name, Vec<String>),
    Between(Name, String, String),
    Like(Name, String),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Select {
    pub(super) distinct: bool,
    pub(super) top: Option<usize>,
    pub(super) items: Vec<Item>,
    pub(super) from: Vec<From>,
    pub(super) condition: Option<Where>,
    pub(super) groups: Vec<Name>,
    pub(super) order: Vec<(Item, bool)>,
    pub(super) offset: usize,
    pub(super) fetch: Option<usize>,
}
