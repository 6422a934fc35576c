//! One value of a body as a cell of its column.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::super::super::error::Refusal;
use super::super::super::schema::{Cell, Column, ColumnKind, Table, value};
use super::read::Drafts;

/// The value of a column.
pub(super) struct CellSeed<'a> {
    pub(super) drafts: &'a Drafts<'a>,
    pub(super) table: &'a Table,
    pub(super) column: &'a Column,
}

impl CellSeed<'_> {
    fn told<E: Error>(&self, cell: Result<Cell, Refusal>) -> Result<Cell, E> {
        cell.map_err(|refusal| self.drafts.fail(refusal))
    }

    fn value<E: Error>(&self, found: &Value) -> Result<Cell, E> {
        self.told(value::cell(self.table, self.column, found))
    }
}

impl<'de> DeserializeSeed<'de> for CellSeed<'_> {
    type Value = Cell;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CellSeed<'_> {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of '{}'", self.column.name)
    }

    fn visit_unit<E: Error>(self) -> Result<Cell, E> {
        self.value(&Value::Null)
    }

    fn visit_bool<E: Error>(self, found: bool) -> Result<Cell, E> {
        self.value(&Value::Bool(found))
    }

    fn visit_i64<E: Error>(self, found: i64) -> Result<Cell, E> {
        self.value(&found.into())
    }

    fn visit_u64<E: Error>(self, found: u64) -> Result<Cell, E> {
        self.value(&found.into())
    }

    fn visit_f64<E: Error>(self, found: f64) -> Result<Cell, E> {
        self.value(&found.into())
    }

    fn visit_str<E: Error>(self, found: &str) -> Result<Cell, E> {
        match &self.column.kind {
            ColumnKind::Text { max_length, .. } => self.told(value::text(self.table, self.column, found, *max_length)),
            _ => self.value(&Value::String(found.to_owned())),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Cell, A::Error> {
        let found: Value = serde::Deserialize::deserialize(SeqAccessDeserializer::new(seq))?;
        self.value(&found)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell, A::Error> {
        let found: Value = serde::Deserialize::deserialize(MapAccessDeserializer::new(map))?;
        self.value(&found)
    }
}

/// A text that is borrowed from the body where nothing in it is escaped.
pub(super) struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, found: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(found))
    }

    fn visit_str<E: Error>(self, found: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(found.to_owned()))
    }
}

/// What `NAME@odata.bind` holds: nothing, an address, or a list of them.
pub(super) struct BindSeed;

impl<'de> DeserializeSeed<'de> for BindSeed {
    type Value = (Vec<Box<str>>, bool);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for BindSeed {
    /// The addresses, and whether they stood in a list.
    type Value = (Vec<Box<str>>, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address such as \"/accounts(…)\", a list of them, or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok((Vec::new(), false))
    }

    fn visit_str<E: Error>(self, found: &str) -> Result<Self::Value, E> {
        Ok((vec![found.into()], false))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(address) = seq.next_element_seed(TextSeed)? {
            found.push(address.into());
        }
        Ok((found, true))
    }
}
