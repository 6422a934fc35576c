//! Addresses of rows, in URLs and in bodies.

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::super::super::error::Refusal;
use super::super::super::store::{Store, missing};
use super::super::path::Key;
use super::model::Scope;

/// The row that a URL names.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse) enum Target {
    /// By one of its keys.
    Key(Key),
    /// The row that the request with this `Content-ID` wrote.
    Reference(Box<str>),
}

/// Rows that earlier requests of a change set wrote, by `Content-ID`: table and
/// primary id.
#[derive(Clone, Debug, Default)]
pub(in crate::stack::dataverse) struct References(Vec<(Box<str>, usize, Uuid)>);

impl References {
    pub(in crate::stack::dataverse) fn note(&mut self, content_id: &str, table: usize, id: Uuid) {
        self.0.push((content_id.into(), table, id));
    }

    fn find(&self, content_id: &str) -> Result<(usize, Uuid), Refusal> {
        let found = self.0.iter().find(|(known, ..)| **known == *content_id);
        found.map(|(_, table, id)| (*table, *id)).ok_or_else(|| Refusal::no_content_id(content_id))
    }
}

impl Target {
    /// The row's id, if there is such a row.
    pub(in crate::stack::dataverse) fn locate(
        &self,
        store: &Store,
        table: usize,
        references: &References,
    ) -> Result<Option<Uuid>, Refusal> {
        match self {
            Self::Key(key) => Ok(store.locate(table, key).map(|row| row.id)),
            Self::Reference(content_id) => {
                let (_, id) = references.find(content_id)?;
                Ok(store.rows(table).get(&id).map(|row| row.id))
            }
        }
    }

    /// The primary id, where the target says it.
    pub(in crate::stack::dataverse) fn id(&self) -> Option<Uuid> {
        match self {
            Self::Key(key) => key.id(),
            Self::Reference(_) => None,
        }
    }
}

impl Scope<'_> {
    /// The row's id, or the refusal that there is none.
    pub(super) fn find(&self, store: &Store, table: usize, target: &Target) -> Result<Uuid, Refusal> {
        target.locate(store, table, self.references)?.ok_or_else(|| match target {
            Target::Key(key) => missing(&self.tables[table], key),
            Target::Reference(content_id) => Refusal::no_content_id(content_id),
        })
    }

    /// The table and the key that an address names: `accounts(…)`, with a
    /// leading slash, as a path, or as a URL.
    pub(super) fn key(&self, address: &str) -> Result<(usize, Key), Refusal> {
        let wrong = || Refusal::bad_query(format!("'{address}' is no address of a row."));
        let relative = relative(address);
        let decoded = percent_decode_str(relative).decode_utf8().map_err(|_| wrong())?;
        let (collection, key) =
            decoded.split_once('(').and_then(|(set, key)| Some((set, key.strip_suffix(')')?))).ok_or_else(wrong)?;
        let table = self.tables.iter().position(|t| &*t.collection == collection);
        let table = table.ok_or_else(|| Refusal::no_segment(collection))?;
        Ok((table, Key::parse(&self.tables[table], key)?))
    }

    /// The row that an address names; also `$ID`, the row that an earlier
    /// request of the change set wrote.
    pub(super) fn row(&self, store: &Store, address: &str) -> Result<(usize, Uuid), Refusal> {
        if let Some(content_id) = address.strip_prefix("/$").or_else(|| address.strip_prefix('$')) {
            return self.references.find(content_id);
        }
        let (table, key) = self.key(address)?;
        match &key {
            // Whether it is there is asked when it is linked.
            Key::Id(id) => Ok((table, *id)),
            Key::Alternate(..) => Ok((table, store.find(table, &key)?.id)),
        }
    }

    /// The user or the team that an address names.
    pub(super) fn owner(&self, store: &Store, address: &str) -> Result<(usize, Uuid), Refusal> {
        let (found, id) = self.row(store, address)?;
        let logical = &self.tables[found].logical;
        if !matches!(&**logical, "systemuser" | "team") {
            return Err(Refusal::wrong_table(logical, "systemuser"));
        }
        if store.rows(found).get(&id).is_none() {
            return Err(Refusal::no_row(logical, &id.to_string()));
        }
        Ok((found, id))
    }

    /// The row that an address names, of a table that is expected.
    pub(super) fn row_of(&self, store: &Store, table: usize, address: &str) -> Result<Uuid, Refusal> {
        let (found, id) = self.row(store, address)?;
        if found != table {
            return Err(Refusal::wrong_table(&self.tables[found].logical, &self.tables[table].logical));
        }
        if store.rows(table).get(&id).is_none() {
            return Err(Refusal::no_row(&self.tables[table].logical, &id.to_string()));
        }
        Ok(id)
    }
}

/// An address without scheme, host and path of the Web API.
fn relative(address: &str) -> &str {
    let path = match address.find("://") {
        Some(scheme) => {
            let rest = &address[scheme + 3..];
            rest.find('/').map_or("", |slash| &rest[slash..])
        }
        None => address,
    };
    let path = path.trim_start_matches('/');
    match path.strip_prefix("api/data/").and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => rest,
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_form() {
        for address in [
            "accounts(x)",
            "/accounts(x)",
            "/api/data/v9.2/accounts(x)",
            "https://org.crm.dynamics.com/api/data/v9.0/accounts(x)",
        ] {
            assert_eq!(relative(address), "accounts(x)", "{address}");
        }
    }

    #[test]
    fn a_content_id_that_nobody_has_is_refused_in_the_platform_s_words() {
        let mut references = References::default();
        references.note("1", 3, Uuid::nil());
        assert_eq!(references.find("1"), Ok((3, Uuid::nil())));
        let refusal = references.find("2").expect_err("unknown");
        let text = "Content-ID Reference: '$2' does not exist in the batch context.";
        assert_eq!((refusal.status, refusal.message.as_str()), (400, text));
    }
}
