//! What a URL of the Web API names (reference A1, A4).

use percent_encoding::percent_decode_str;
use serde_json::Value;
use smallvec::SmallVec;
use uuid::Uuid;

use super::super::error::Refusal;
use super::super::schema::value;
use super::super::schema::{Cell, Column, ColumnKind, Table};
use super::background::STATUS;

/// What a path names, before the tables are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::stack::dataverse) struct Path {
    /// `v9.0`, `v9.1` or `v9.2`.
    pub(in crate::stack::dataverse) version: &'static str,
    /// The first segment without its key: a collection, a function, or empty.
    pub(in crate::stack::dataverse) segment: String,
    /// What stands in its parentheses, where there are any.
    pub(in crate::stack::dataverse) key: Option<String>,
    /// What follows, without the leading slash.
    pub(in crate::stack::dataverse) rest: String,
}

impl Path {
    /// Reads the path of a request.
    pub(in crate::stack::dataverse) fn parse(raw: &str) -> Result<Self, Refusal> {
        let none = || Refusal::no_resource(raw);
        let decoded = percent_decode_str(raw).decode_utf8().map_err(|_| none())?;
        if let Some(id) = decoded.strip_prefix("/api/backgroundoperation/") {
            let (segment, key) = (STATUS.to_owned(), Some(id.to_owned()));
            return Ok(Self { version: "v9.2", segment, key, rest: String::new() });
        }
        let after = decoded.strip_prefix("/api/data/").ok_or_else(none)?;
        let (version, path) = after.split_once('/').unwrap_or((after, ""));
        let version = ["v9.2", "v9.1", "v9.0"].into_iter().find(|known| *known == version).ok_or_else(none)?;
        Ok(Self { version, ..Self::read(path)? })
    }

    /// Reads what follows the version, already decoded.
    pub(in crate::stack::dataverse) fn read(path: &str) -> Result<Self, Refusal> {
        let end = path.find(['(', '/']).unwrap_or(path.len());
        let (segment, tail) = path.split_at(end);
        let (key, rest) = match tail.strip_prefix('(') {
            None => (None, tail),
            Some(inner) => {
                let close = closing(inner).ok_or_else(|| Refusal::bad_query(format!("Syntax error in '{path}'.")))?;
                (Some(inner[..close].to_owned()), &inner[close + 1..])
            }
        };
        let rest = rest.strip_prefix('/').unwrap_or(rest).to_owned();
        Ok(Self { version: "", segment: segment.to_owned(), key, rest })
    }
}

/// Where the parenthesis closes, quoted text passed over.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(i, c)| match c {
        '\'' => {
            quoted = !quoted;
            None
        }
        ')' if !quoted => Some(i),
        _ => None,
    })
}

/// What names a row.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse) enum Key {
    /// The primary id.
    Id(Uuid),
    /// The number of the alternate key, and its columns.
    Alternate(usize, Vec<(usize, Cell)>),
}

impl Key {
    pub(in crate::stack::dataverse) fn id(&self) -> Option<Uuid> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Alternate(..) => None,
        }
    }

    /// Reads what stands in the parentheses.
    pub(in crate::stack::dataverse) fn parse(table: &Table, text: &str) -> Result<Self, Refusal> {
        if let Ok(id) = Uuid::parse_str(text.trim()) {
            return Ok(Self::Id(id));
        }
        let mut cells = Vec::with_capacity(1);
        for part in split_unquoted(text) {
            let syntax = || Refusal::bad_query(format!("Syntax error in the key '{text}'."));
            let (name, literal) = part.split_once('=').ok_or_else(syntax)?;
            let (name, literal) = (name.trim(), literal.trim());
            if name == &*table.primary_id {
                return Uuid::parse_str(literal).map(Self::Id).map_err(|_| syntax());
            }
            // A lookup is named by the property that it is read by.
            let position = table.property(name).or_else(|| table.column(name));
            let position = position.ok_or_else(|| Refusal::no_key(&table.logical))?;
            let column = &table.columns[position];
            let cell = match column.kind.targets().first() {
                Some(target) => Cell::Row(target.table, Uuid::parse_str(literal).map_err(|_| syntax())?),
                None => read_literal(table, column, literal)?,
            };
            cells.push((position, cell));
        }
        let columns: SmallVec<[usize; 4]> = cells.iter().map(|(position, _)| *position).collect();
        let index = table.key_over(&columns).ok_or_else(|| Refusal::no_key(&table.logical))?;
        Ok(Self::Alternate(index, cells))
    }
}

pub(super) fn split_unquoted(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '\'';
        c == ',' && !quoted
    })
}

/// An OData literal as a cell of a column: strings single-quoted with `''` for
/// a quote, everything else bare.
pub(in crate::stack::dataverse) fn read_literal(
    table: &Table,
    column: &Column,
    literal: &str,
) -> Result<Cell, Refusal> {
    let quoted = literal.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
    if let (Some(text), ColumnKind::Text { .. }) = (quoted, &column.kind) {
        // A text that is too long is no fault of a comparison: no row has it.
        let cell = if text.contains('\'') { text.replace("''", "'").into() } else { text.into() };
        return Ok(Cell::Text(cell));
    }
    let json = match (quoted, &column.kind) {
        _ if literal == "null" => return Ok(Cell::Null),
        (Some(text), _) => Value::String(text.replace("''", "'")),
        (None, ColumnKind::Text { .. }) => {
            let text = format!("A text compared with column '{}' must stand in single quotes.", column.name);
            return Err(Refusal::bad_query(text));
        }
        (None, ColumnKind::Guid | ColumnKind::Date | ColumnKind::DateTime) => Value::String(literal.to_owned()),
        (None, _) => serde_json::from_str(literal).unwrap_or_else(|_| Value::String(literal.to_owned())),
    };
    match value::cell(table, column, &json) {
        Ok(cell) => Ok(cell),
        // Nor is a number that is out of range.
        Err(_) => match json {
            Value::Number(number) => Ok(Cell::Number(number)),
            _ => Err(Refusal::bad_query(format!(
                "A literal of type '{}' was expected for '{}' and '{literal}' was found.",
                column.kind.edm(),
                column.name
            ))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(raw: &str) -> (String, Option<String>, String) {
        let path = Path::parse(raw).expect("valid");
        (path.segment, path.key, path.rest)
    }

    #[test]
    fn segments_keys_and_what_follows_are_told_apart() {
        let own = |s: &str, k: Option<&str>, r: &str| (s.to_owned(), k.map(str::to_owned), r.to_owned());
        assert_eq!(parse("/api/data/v9.2/"), own("", None, ""));
        assert_eq!(parse("/api/data/v9.2/WhoAmI()"), own("WhoAmI", Some(""), ""));
        assert_eq!(parse("/api/data/v9.0/accounts(a='x)(''y/z')/name"), own("accounts", Some("a='x)(''y/z'"), "name"));
        assert_eq!(parse("/api/data/v9.1/accounts(a=%27x%20y%27)"), own("accounts", Some("a='x y'"), ""));
        for raw in ["/api/data/v8.2/accounts", "/accounts", "/api/data/v9.2/accounts(a='x"] {
            assert!(Path::parse(raw).is_err(), "{raw}");
        }
    }
}
