//! Query options over definitions: `$select`, `$filter`, `$expand`, `$orderby`,
//! `$top`, `$count`.

use serde_json::{Map, Value};

use super::super::error::Refusal;
use super::condition::{Condition, order};

/// What a request wants of definitions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Options {
    pub(super) select: Option<Vec<String>>,
    pub(super) filter: Option<Condition>,
    pub(super) expand: Vec<(String, Options)>,
    order: Vec<(String, bool)>,
    top: Option<usize>,
    pub(super) count: bool,
}

impl Options {
    /// Reads pairs of a query; names that don't begin with `$` are not ours.
    pub(super) fn parse<'q>(pairs: impl Iterator<Item = (&'q str, &'q str)>) -> Result<Self, Refusal> {
        let mut options = Self::default();
        for (name, value) in pairs.filter(|(name, _)| name.starts_with('$')) {
            match name {
                "$select" => options.select = Some(names(value)),
                "$filter" => options.filter = Some(Condition::parse(value)?),
                "$expand" => options.expand = expand(value)?,
                "$orderby" => options.order = orderby(value),
                "$top" => {
                    let top = value.parse().map_err(|_| Refusal::bad_query("$top must be a whole number."))?;
                    options.top = Some(top);
                }
                "$count" => options.count = value == "true",
                _ => {
                    let text = format!("The query parameter {name} is not supported on metadata.");
                    return Err(Refusal::bad_query(text));
                }
            }
        }
        Ok(options)
    }

    /// Names that are no members of what is asked are refused.
    pub(super) fn check(&self, kind: &str, known: impl Fn(&str) -> bool) -> Result<(), Refusal> {
        let mut named: Vec<&str> = self.select.iter().flatten().map(String::as_str).collect();
        if let Some(filter) = &self.filter {
            filter.names(&mut named);
        }
        named.extend(self.order.iter().map(|(name, _)| name.split('/').next().unwrap_or(name)));
        match named.into_iter().find(|name| !known(name)) {
            Some(name) => Err(Refusal::no_property(name, kind)),
            None => Ok(()),
        }
    }

    /// Those of a collection that are wanted, in their order, whole.
    pub(super) fn chosen(&self, mut values: Vec<Value>) -> Vec<Value> {
        if let Some(filter) = &self.filter {
            values.retain(|value| filter.admits(value));
        }
        for (name, descending) in self.order.iter().rev() {
            values.sort_by(|a, b| {
                let ordering = order(&a[name.as_str()], &b[name.as_str()]).unwrap_or(std::cmp::Ordering::Equal);
                if *descending { ordering.reverse() } else { ordering }
            });
        }
        values.truncate(self.top.unwrap_or(usize::MAX));
        values
    }

    /// The members that `$select` names, with `MetadataId`, annotations and
    /// what is expanded.
    pub(super) fn selected(&self, value: Value) -> Value {
        let (Some(select), Value::Object(members)) = (&self.select, &value) else { return value };
        let wanted = |name: &str| {
            name.starts_with('@')
                || name == "MetadataId"
                || select.iter().any(|selected| selected == name)
                || self.expand.iter().any(|(expanded, _)| expanded == name)
        };
        let kept: Map<String, Value> = members
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Value::Object(kept)
    }
}

fn names(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn orderby(text: &str) -> Vec<(String, bool)> {
    let part = |part: &str| {
        let (name, direction) = part.trim().split_once(' ').unwrap_or((part.trim(), ""));
        (name.to_owned(), direction.trim() == "desc")
    };
    text.split(',').map(part).collect()
}

/// `Attributes($select=LogicalName;$filter=…),Keys`.
fn expand(text: &str) -> Result<Vec<(String, Options)>, Refusal> {
    let mut all = Vec::new();
    for part in split(text, ',') {
        let part = part.trim();
        let (name, inner) = match part.split_once('(') {
            Some((name, inner)) => (name, inner.strip_suffix(')').ok_or_else(|| unclosed(part))?),
            None => (part, ""),
        };
        let pairs: Vec<(&str, &str)> =
            split(inner, ';').into_iter().filter_map(|pair| pair.trim().split_once('=')).collect();
        all.push((name.to_owned(), Options::parse(pairs.into_iter())?));
    }
    Ok(all)
}

fn unclosed(part: &str) -> Refusal {
    Refusal::bad_query(format!("Syntax error in $expand near '{part}'."))
}

/// Parts between a separator that stands outside of parentheses and quotes.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut depth, mut quoted, mut from) = (Vec::new(), 0_usize, false, 0);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ if c == separator && depth == 0 && !quoted => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    if from < text.len() {
        parts.push(&text[from..]);
    }
    parts
}
