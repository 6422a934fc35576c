//! Bodies into drafts.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use uuid::Uuid;

use super::super::super::error::Refusal;
use super::super::super::schema::{Property, Reach, System, Table};
use super::lists::{PropertySeed, RelatedSeed, TargetsSeed};
use super::model::{Bind, Draft, Related};
use super::scalar::{BindSeed, CellSeed, TextSeed};

/// The namespace of table types in payloads (reference A1).
const NAMESPACE: &str = "Microsoft.Dynamics.CRM.";

/// Reads bodies as drafts of rows of these tables.
pub(in crate::stack::dataverse) struct Drafts<'a> {
    tables: &'a [Arc<Table>],
    /// Why a body is refused: the parser's own errors carry only a text.
    refusal: RefCell<Option<Refusal>>,
}

impl<'a> Drafts<'a> {
    pub(in crate::stack::dataverse) fn of(tables: &'a [Arc<Table>]) -> Self {
        Self { tables, refusal: RefCell::new(None) }
    }

    /// One row.
    pub(in crate::stack::dataverse) fn row(&self, table: usize, body: &[u8]) -> Result<Draft, Refusal> {
        self.whole(table, body, RowSeed { drafts: self, table })
    }

    /// The rows under `Targets`, the parameter of bulk actions.
    pub(in crate::stack::dataverse) fn targets(&self, table: usize, body: &[u8]) -> Result<Vec<Draft>, Refusal> {
        let targets = self.whole(table, body, TargetsSeed { drafts: self, table })?;
        targets.ok_or_else(|| {
            let text = "The parameter 'Targets' is missing: an array of rows was expected.";
            Refusal::bad_payload(&self.tables[table].collection, text)
        })
    }

    /// The value of one column: `{"value": …}`.
    pub(in crate::stack::dataverse) fn property(
        &self,
        table: usize,
        column: usize,
        body: &[u8],
    ) -> Result<Draft, Refusal> {
        let cell = self.whole(table, body, PropertySeed { drafts: self, table, column })?;
        let missing = || Refusal::bad_payload(&self.tables[table].collection, "The member 'value' is missing.");
        Ok(Draft { table, cells: vec![(column, cell.ok_or_else(missing)?)], ..Draft::default() })
    }

    fn whole<'de, S: DeserializeSeed<'de>>(&self, table: usize, body: &'de [u8], seed: S) -> Result<S::Value, Refusal> {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let read = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
        read.map_err(|fault| {
            self.refusal.borrow_mut().take().unwrap_or_else(|| {
                let why = if fault.is_data() { fault.to_string() } else { format!("The payload is no JSON: {fault}") };
                Refusal::bad_payload(&self.tables[table].collection, &why)
            })
        })
    }

    pub(super) fn table(&self, table: usize) -> &'a Table {
        &self.tables[table]
    }

    pub(super) fn fail<E: Error>(&self, refusal: Refusal) -> E {
        *self.refusal.borrow_mut() = Some(refusal);
        E::custom("refused")
    }
}

/// The `@odata.id` of `{"@odata.id": "…"}`, the body of `$ref` requests.
pub(in crate::stack::dataverse) fn read_reference(body: &[u8]) -> Option<String> {
    struct Reference;
    impl<'de> Visitor<'de> for Reference {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object with @odata.id")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<String>, A::Error> {
            let mut found = None;
            while let Some(name) = map.next_key_seed(TextSeed)? {
                if name == "@odata.id" {
                    found = Some(map.next_value_seed(TextSeed)?.into_owned());
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }
    serde_json::Deserializer::from_slice(body).deserialize_map(Reference).ok().flatten()
}

/// A row.
pub(super) struct RowSeed<'a> {
    pub(super) drafts: &'a Drafts<'a>,
    pub(super) table: usize,
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = Draft;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Draft, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = Draft;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Draft, A::Error> {
        let table = self.drafts.table(self.table);
        let mut draft = Draft { table: self.table, cells: Vec::with_capacity(8), ..Draft::default() };
        while let Some(name) = map.next_key_seed(TextSeed)? {
            self.member(table, &name, &mut map, &mut draft)?;
        }
        Ok(draft)
    }
}

impl RowSeed<'_> {
    fn member<'de, A: MapAccess<'de>>(
        &self,
        table: &Table,
        name: &Cow<'de, str>,
        map: &mut A,
        draft: &mut Draft,
    ) -> Result<(), A::Error> {
        if name.contains('@') {
            return self.annotation(table, name, map, draft);
        }
        match table.column(name) {
            // A text or a number is both column and property; a lookup is not.
            Some(position) if table.columns[position].property == table.columns[position].name => {
                self.column(table, position, map, draft)
            }
            _ => self.other(table, name, map, draft),
        }
    }

    fn column<'de, A: MapAccess<'de>>(
        &self,
        table: &Table,
        position: usize,
        map: &mut A,
        draft: &mut Draft,
    ) -> Result<(), A::Error> {
        let column = &table.columns[position];
        if column.read_only {
            map.next_value::<IgnoredAny>()?;
            return Ok(());
        }
        if draft.names(position) {
            let text = format!(
                "Multiple properties with the name '{}' were detected in a resource or a complex value. In OData, \
                 duplicate property names are not allowed.",
                column.name
            );
            return Err(self.drafts.fail(Refusal::bad_payload(&table.collection, &text)));
        }
        let cell = map.next_value_seed(CellSeed { drafts: self.drafts, table, column })?;
        draft.cells.push((position, cell));
        Ok(())
    }

    /// `@odata.type`, `@odata.id`, `NAME@odata.bind`; other annotations are
    /// passed over.
    fn annotation<'de, A: MapAccess<'de>>(
        &self,
        table: &Table,
        name: &str,
        map: &mut A,
        draft: &mut Draft,
    ) -> Result<(), A::Error> {
        match name {
            "@odata.type" => {
                let found = map.next_value_seed(TextSeed)?;
                let logical = found.trim_start_matches('#').strip_prefix(NAMESPACE);
                if logical != Some(&*table.logical) {
                    let text = format!(
                        "A resource with type '{found}' was found, but it is not assignable to the expected type \
                         '{NAMESPACE}{}'.",
                        table.logical
                    );
                    return Err(self.drafts.fail(Refusal::bad_payload(&table.collection, &text)));
                }
                draft.typed = true;
            }
            "@odata.id" => draft.address = Some(map.next_value_seed(TextSeed)?.into()),
            _ => match name.strip_suffix("@odata.bind") {
                Some(navigation) => self.bind(table, navigation, map, draft)?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            },
        }
        Ok(())
    }

    fn bind<'de, A: MapAccess<'de>>(
        &self,
        table: &Table,
        name: &str,
        map: &mut A,
        draft: &mut Draft,
    ) -> Result<(), A::Error> {
        let Some(reach) = table.navigation(name) else {
            // Without a table of users there is nobody whose it could be.
            if table.traits.user_owned && matches!(name, "ownerid" | "owninguser" | "owningteam") {
                map.next_value::<IgnoredAny>()?;
                return Ok(());
            }
            return Err(self.drafts.fail(Refusal::undeclared_bind(&table.collection, name)));
        };
        let (to, listed) = map.next_value_seed(BindSeed)?;
        // Who made a row, and what follows from its owner, nobody writes.
        if matches!(reach, Reach::System { system, .. } if system != System::Owner) {
            return Ok(());
        }
        let single = reach.is_single();
        if listed == single && !(to.is_empty() && single) {
            return Err(self.drafts.fail(Refusal::wrong_bind(&table.collection, name, single)));
        }
        if to.is_empty() && matches!(reach, Reach::System { .. }) {
            return Err(self.drafts.fail(Refusal::required(&table.logical, name)));
        }
        draft.binds.push(Bind { reach, to });
        Ok(())
    }

    /// What is neither annotation nor plain column.
    fn other<'de, A: MapAccess<'de>>(
        &self,
        table: &Table,
        name: &str,
        map: &mut A,
        draft: &mut Draft,
    ) -> Result<(), A::Error> {
        if let Some(reach) = table.navigation(name).filter(|reach| !matches!(reach, Reach::System { .. })) {
            let Some(rows) = map.next_value_seed(RelatedSeed { drafts: self.drafts, reach })? else {
                draft.binds.push(Bind { reach, to: Vec::new() });
                return Ok(());
            };
            draft.related.push(Related { reach, rows });
            return Ok(());
        }
        match table.read(name) {
            Some(Property::Id) => {
                let text = map.next_value_seed(TextSeed)?;
                let id = Uuid::parse_str(&text).map_err(|_| {
                    let value = serde_json::Value::String(text.into_owned());
                    self.drafts.fail(Refusal::wrong_type(&table.collection, name, &value, "Edm.Guid"))
                })?;
                draft.id = Some(id);
            }
            // Derived from the row; the platform passes over them as well.
            Some(Property::System(_)) => {
                map.next_value::<IgnoredAny>()?;
            }
            Some(Property::Column(_)) => return Err(self.drafts.fail(Refusal::lookup_value())),
            None => {
                let refusal = Refusal::invalid_property(&table.collection, &table.logical, name);
                return Err(self.drafts.fail(refusal));
            }
        }
        Ok(())
    }
}
