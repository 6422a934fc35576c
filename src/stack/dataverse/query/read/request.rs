//! What a reading request names, and who answers it.

use super::super::super::answer::Answer;
use super::super::super::error::Refusal;
use super::super::super::guard::Principal;
use super::super::super::ledger::Read;
use super::super::super::operate::{Call, Key};
use super::super::super::organization::Organization;
use super::super::super::schema::{Property, Reach};
use super::super::super::store::{Row, missing};
use super::super::annotations::Annotations;
use super::super::bind::{Binder, Given};
use super::super::output::Output;
use super::super::shape::Shape;
use super::super::view::View;

/// A request that reads, with what is known of its environment.
pub(in crate::stack::dataverse::query) struct Request<'r> {
    pub(in crate::stack::dataverse::query) organization: &'r Organization,
    pub(in crate::stack::dataverse::query) call: &'r Call,
    pub(in crate::stack::dataverse::query) principal: &'r Principal,
    pub(in crate::stack::dataverse::query) fault: Option<&'static str>,
}

/// What the path names behind its first segment.
enum Named {
    Row(usize, uuid::Uuid),
    Property(usize, uuid::Uuid, String, bool),
    /// A collection that a row leads to: the row's table, the row, the
    /// navigation property; and what is asked of it.
    Collection(usize, uuid::Uuid, Reach, Asked),
    Reference(usize, uuid::Uuid),
    Nothing,
}

/// What is asked of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Rows,
    Count,
    References,
}

impl Organization {
    /// Answers a request that reads a table: `GET` of a collection, a row, a
    /// property, or of what a navigation property leads to.
    pub(in crate::stack::dataverse) fn read(
        &self,
        call: &Call,
        principal: &Principal,
        fault: Option<&'static str>,
    ) -> Result<Answer, Refusal> {
        let segment = call.path.segment.as_str();
        let table = self.table(segment).ok_or_else(|| Refusal::no_segment(segment))?;
        let request = Request { organization: self, call, principal, fault };
        request.answer(table)
    }
}

impl Request<'_> {
    fn answer(&self, table: usize) -> Result<Answer, Refusal> {
        let rest = self.call.path.rest.as_str();
        let Some(key) = self.call.path.key.as_deref() else {
            return match rest {
                "" => self.list(table, None, Asked::Rows),
                "$count" => self.list(table, None, Asked::Count),
                "$ref" => self.list(table, None, Asked::References),
                other => Err(Refusal::no_segment(other)),
            };
        };
        let key = Key::parse(&self.organization.tables[table], key)?;
        match self.named(table, &key, rest)? {
            Named::Row(table, id) => self.retrieve(table, id),
            Named::Property(table, id, name, raw) => self.property(table, id, &name, raw),
            Named::Collection(table, id, reach, asked) => self.list(table, Some((id, reach)), asked),
            Named::Reference(table, id) => Ok(self.reference(table, id)),
            Named::Nothing => Ok(Answer::empty(204)),
        }
    }

    fn named(&self, table: usize, key: &Key, rest: &str) -> Result<Named, Refusal> {
        let store = self.organization.seen_by(self.call);
        let view = View::new(&store);
        let found = store.locate(table, key);
        let row = found.ok_or_else(|| missing(&self.organization.tables[table], key))?;
        let segments: Vec<&str> = rest.split('/').filter(|segment| !segment.is_empty()).collect();
        let (mut table, mut row) = (table, row);
        let mut at = 0;
        while let Some(name) = segments.get(at) {
            let definition = &self.organization.tables[table];
            let end = &segments[at + 1..];
            let Some(reach) = definition.navigation(name) else {
                let known = definition.read(name).is_some();
                return match end {
                    [] | ["$value"] if known => Ok(Named::Property(table, row.id, (*name).to_owned(), !end.is_empty())),
                    _ => Err(Refusal::no_segment(name)),
                };
            };
            let target = reach.target();
            if !reach.is_single() {
                let asked = match end {
                    [] => Asked::Rows,
                    ["$count"] => Asked::Count,
                    ["$ref"] => Asked::References,
                    [other, ..] => return Err(Refusal::no_segment(other)),
                };
                return Ok(Named::Collection(table, row.id, reach, asked));
            }
            let Some(next) = view.reached(reach, row).next() else { return Ok(Named::Nothing) };
            if end == ["$ref"] {
                return Ok(Named::Reference(target, next.id));
            }
            (table, row) = (target, next);
            at += 1;
        }
        Ok(Named::Row(table, row.id))
    }

    pub(in crate::stack::dataverse::query) fn given(&self) -> Given<'_> {
        given(self.organization, self.call, self.principal)
    }

    pub(in crate::stack::dataverse::query) fn binder(&self, table: usize) -> Binder<'_> {
        Binder { tables: &self.organization.tables, table, variable: None, given: self.given() }
    }

    pub(in crate::stack::dataverse::query) fn annotations(&self) -> Annotations {
        Annotations::preferred(self.call.prefer.annotations.as_deref())
    }

    /// An answer with what was preferred and applied.
    pub(in crate::stack::dataverse::query) fn applied(&self, answer: Answer) -> Answer {
        match self.call.prefer.applied(false) {
            Some(text) => answer.with("preference-applied", text),
            None => answer,
        }
    }

    /// Tells the ledger of reads what was given of which tables.
    pub(super) fn note(&self, shape: &Shape, output: &[u64], key: Option<uuid::Uuid>) {
        let rows = output.get(shape.number).copied().unwrap_or_default();
        let columns = columns(&shape.members.iter().map(|member| member.property).collect::<Vec<_>>());
        let columns = (!shape.whole).then_some(columns);
        self.note_columns(shape.table, columns, rows, key);
        for expand in &shape.expands {
            self.note(&expand.shape, output, None);
        }
    }

    /// Tells the ledger of reads that columns of a table were given.
    pub(in crate::stack::dataverse::query) fn note_columns(
        &self,
        table: usize,
        columns: Option<Vec<usize>>,
        rows: u64,
        key: Option<uuid::Uuid>,
    ) {
        let writer = self.call.writer(self.principal, self.fault);
        self.organization.note_read(&writer, &Read { table, columns, rows, key });
    }

    /// The path of the request, without its query.
    pub(in crate::stack::dataverse::query) fn path(&self) -> String {
        let path = &self.call.path;
        let key = path.key.as_ref().map(|key| format!("({key})")).unwrap_or_default();
        let rest = if path.rest.is_empty() { String::new() } else { format!("/{}", path.rest) };
        format!("{}/{}{key}{rest}", self.call.base, path.segment)
    }

    pub(super) fn context(&self, shape: &Shape) -> String {
        let collection = &self.organization.tables[shape.table].collection;
        let names = if shape.context.is_empty() { String::new() } else { format!("({})", shape.context) };
        format!("{}/$metadata#{collection}{names}", self.call.base)
    }

    pub(in crate::stack::dataverse::query) fn output<'v>(&'v self, view: View<'v>) -> Output<'v> {
        Output::new(view, &self.call.base, self.call.prefer.page)
    }
}

pub(super) fn given<'g>(organization: &Organization, call: &'g Call, principal: &Principal) -> Given<'g> {
    let environment = &organization.environment;
    Given {
        now: call.at,
        user: environment.users.id(&principal.id),
        business_unit: environment.business_unit,
        options: &call.query,
    }
}

/// The positions of those properties that are columns.
pub(in crate::stack::dataverse::query) fn columns(properties: &[Property]) -> Vec<usize> {
    properties
        .iter()
        .filter_map(|property| match property {
            Property::Column(position) => Some(*position),
            _ => None,
        })
        .collect()
}

/// The row of an id, where it is still there.
pub(super) fn row(view: View<'_>, table: usize, id: uuid::Uuid) -> Result<&Row, Refusal> {
    let rows = view.rows(table);
    rows.get(&id).ok_or_else(|| Refusal::no_row(&rows.table.logical, &id.to_string()))
}
