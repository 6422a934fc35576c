//! A request for metadata, taken apart.

use super::options::split;

/// What a request names and wants.
#[derive(Clone, Copy, Debug)]
pub(in crate::stack::dataverse) struct Asked<'a> {
    /// The first segment without its key.
    pub(in crate::stack::dataverse) segment: &'a str,
    /// What stands in its parentheses.
    pub(in crate::stack::dataverse) key: Option<&'a str>,
    /// What follows, without the leading slash.
    pub(in crate::stack::dataverse) rest: &'a str,
    pub(in crate::stack::dataverse) query: &'a [(String, String)],
    /// Scheme, host and path of the Web API.
    pub(in crate::stack::dataverse) base: &'a str,
}

impl<'a> Asked<'a> {
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What a query option or a parameter alias is.
    pub(super) fn option(&self, name: &str) -> Option<&'a str> {
        self.pairs().find(|(found, _)| *found == name).map(|(_, value)| value)
    }
}

/// The segments of a path.
pub(super) fn segments(rest: &str) -> Vec<String> {
    split(rest, '/').into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// A segment's name and what stands in its parentheses.
pub(super) fn key_of(segment: &str) -> (&str, Option<&str>) {
    match segment.split_once('(') {
        Some((name, rest)) => (name, Some(rest.strip_suffix(')').unwrap_or(rest))),
        None => (segment, None),
    }
}
