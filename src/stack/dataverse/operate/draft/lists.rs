//! Rows within rows, lists of rows, and the value of one column.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::super::schema::{Cell, Reach};
use super::model::{Draft, target};
use super::read::{Drafts, RowSeed};
use super::scalar::{CellSeed, TextSeed};

/// Rows within a row: one, a list, or nothing.
pub(super) struct RelatedSeed<'a> {
    pub(super) drafts: &'a Drafts<'a>,
    pub(super) reach: Reach,
}

impl RelatedSeed<'_> {
    fn row(&self) -> RowSeed<'_> {
        RowSeed { drafts: self.drafts, table: target(self.reach) }
    }
}

impl<'de> DeserializeSeed<'de> for RelatedSeed<'_> {
    type Value = Option<Vec<Draft>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RelatedSeed<'_> {
    type Value = Option<Vec<Draft>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let single = self.reach.is_single();
        f.write_str(if single { "a row, or null" } else { "an array of rows" })
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        if self.reach.is_single() { Ok(None) } else { Err(E::invalid_type(serde::de::Unexpected::Unit, &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        if !self.reach.is_single() {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self));
        }
        self.row().visit_map(map).map(|row| Some(vec![row]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        if self.reach.is_single() {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        }
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element_seed(self.row())? {
            rows.push(row);
        }
        Ok(Some(rows))
    }
}

/// `{"Targets": […]}`.
pub(super) struct TargetsSeed<'a> {
    pub(super) drafts: &'a Drafts<'a>,
    pub(super) table: usize,
}

impl<'de> DeserializeSeed<'de> for TargetsSeed<'_> {
    type Value = Option<Vec<Draft>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TargetsSeed<'_> {
    type Value = Option<Vec<Draft>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object with 'Targets'")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key_seed(TextSeed)? {
            if name == "Targets" {
                found = Some(map.next_value_seed(ListSeed { drafts: self.drafts, table: self.table })?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// A list of rows.
struct ListSeed<'a> {
    drafts: &'a Drafts<'a>,
    table: usize,
}

impl<'de> DeserializeSeed<'de> for ListSeed<'_> {
    type Value = Vec<Draft>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListSeed<'_> {
    type Value = Vec<Draft>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::with_capacity(16);
        while let Some(row) = seq.next_element_seed(RowSeed { drafts: self.drafts, table: self.table })? {
            rows.push(row);
        }
        Ok(rows)
    }
}

/// `{"value": …}`.
pub(super) struct PropertySeed<'a> {
    pub(super) drafts: &'a Drafts<'a>,
    pub(super) table: usize,
    pub(super) column: usize,
}

impl<'de> DeserializeSeed<'de> for PropertySeed<'_> {
    type Value = Option<Cell>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PropertySeed<'_> {
    type Value = Option<Cell>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object with 'value'")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let table = self.drafts.table(self.table);
        let mut found = None;
        while let Some(name) = map.next_key_seed(TextSeed)? {
            if name == "value" {
                let column = &table.columns[self.column];
                found = Some(map.next_value_seed(CellSeed { drafts: self.drafts, table, column })?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}
