//! Rows as JSON, straight into bytes: a page has five thousand of them.

use std::io::Write as _;

use uuid::Uuid;

use super::super::schema::{Cell, ColumnKind, Property, System, Table};
use super::super::store::Row;
use super::annotations;
use super::cookie::Cookie;
use super::scan::Wanted;
use super::shape::{Expand, Member, Shape};
use super::view::View;

/// The most rows of one page (reference A6).
pub(super) const PAGE: usize = 5000;

/// Writes rows.
pub(in crate::stack::dataverse) struct Output<'v> {
    pub(super) view: View<'v>,
    /// Scheme, host and path of the Web API.
    pub(super) base: &'v str,
    /// How many rows of a collection that is expanded are given.
    pub(super) page: usize,
    pub(super) out: Vec<u8>,
    /// How many rows were given, by the number of their shape.
    pub(super) given: Vec<u64>,
}

impl<'v> Output<'v> {
    pub(in crate::stack::dataverse) fn new(view: View<'v>, base: &'v str, page: Option<usize>) -> Self {
        Self { view, base, page: page.unwrap_or(PAGE), out: Vec::new(), given: Vec::new() }
    }

    pub(super) fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A text in quotes.
    pub(super) fn text(&mut self, text: &str) {
        put_text(&mut self.out, text);
    }

    /// A row as an object of its own.
    pub(super) fn row(&mut self, shape: &Shape, row: &'v Row) {
        self.put("{");
        self.members(shape, row);
        self.put("}");
    }

    /// The members of a row: `ETag`, columns, primary id, expanded rows.
    pub(super) fn members(&mut self, shape: &Shape, row: &'v Row) {
        if self.given.len() <= shape.number {
            self.given.resize(shape.number + 1, 0);
        }
        self.given[shape.number] += 1;
        self.put("\"@odata.etag\":\"W/\\\"");
        put_number(&mut self.out, row.version);
        self.put("\\\"\",");
        let table: &Table = &self.view.rows(shape.table).table;
        for member in &shape.members {
            self.member(shape, table, member, row);
            self.put(",");
        }
        self.out.extend_from_slice(&shape.id);
        put_id(&mut self.out, row.id);
        for expand in &shape.expands {
            self.put(",");
            self.expanded(shape, expand, row);
        }
    }

    fn member(&mut self, shape: &Shape, table: &Table, member: &Member, row: &Row) {
        let wanted = shape.annotations;
        match member.property {
            Property::Id => {}
            Property::Column(position) => {
                let (column, cell) = (&table.columns[position], &row.cells[position]);
                if wanted.formatted
                    && let Some(text) = annotations::formatted(self.view, column, cell)
                {
                    self.annotation(member, FORMATTED, &text);
                }
                if let Cell::Row(named, _) = cell {
                    let target = column.kind.targets().iter().find(|target| target.table == *named);
                    if wanted.navigation
                        && let Some(target) = target
                    {
                        self.annotation(member, NAVIGATION, &target.navigation);
                    }
                    if wanted.lookup_name {
                        let logical = &self.view.rows(usize::from(*named)).table.logical;
                        self.annotation(member, LOOKUP, logical);
                    }
                }
                self.out.extend_from_slice(&member.name);
                put_cell(&mut self.out, cell, &column.kind);
            }
            Property::System(system) => self.system(shape, member, system, row),
        }
    }

    fn system(&mut self, shape: &Shape, member: &Member, system: System, row: &Row) {
        let at = if system == System::ModifiedOn { row.modified } else { row.created };
        let wanted = shape.annotations;
        if wanted.formatted {
            let text = match system {
                System::CreatedOn | System::ModifiedOn => Some(annotations::instant(at.utc())),
                System::Version => Some(annotations::grouped(&row.version.to_string())),
                _ => self.view.derived_name(system, row).map(str::to_owned),
            };
            if let Some(text) = text {
                self.annotation(member, FORMATTED, &text);
            }
        }
        if let Some(logical) = system.names()
            && let Some((id, table)) = self.view.derived(system, row)
        {
            if wanted.navigation {
                self.annotation(member, NAVIGATION, system.name());
            }
            if wanted.lookup_name {
                let logical = table.map_or(logical, |table| &*self.view.rows(table).table.logical);
                self.annotation(member, LOOKUP, logical);
            }
            self.out.extend_from_slice(&member.name);
            put_id(&mut self.out, id);
            return;
        }
        self.out.extend_from_slice(&member.name);
        match system {
            System::CreatedOn | System::ModifiedOn => {
                let _ = write!(self.out, "\"{}\"", at.utc().format("%Y-%m-%dT%H:%M:%SZ"));
            }
            System::Version => put_number(&mut self.out, row.version),
            _ => self.put("null"),
        }
    }

    fn annotation(&mut self, member: &Member, name: &str, value: &str) {
        self.out.extend_from_slice(&member.annotation);
        self.put(name);
        self.put("\":");
        self.text(value);
        self.put(",");
    }

    fn expanded(&mut self, shape: &Shape, expand: &Expand, row: &'v Row) {
        let rows = self.view.reached(expand.reach, row);
        let single = expand.reach.is_single();
        self.text(&expand.name);
        self.put(":");
        if single {
            match rows.last() {
                Some(target) if expand.references => self.reference(expand.shape.table, target),
                Some(target) => self.row(&expand.shape, target),
                None => self.put("null"),
            }
            return;
        }
        let wanted = Wanted {
            table: expand.shape.table,
            condition: expand.condition.as_ref(),
            order: &expand.order,
            after: None,
            limit: expand.top.unwrap_or(self.page).min(PAGE),
            count: expand.count,
        };
        let found = wanted.among(self.view, rows, false);
        self.put("[");
        for (i, target) in found.rows.iter().enumerate() {
            if i > 0 {
                self.put(",");
            }
            if expand.references { self.reference(expand.shape.table, target) } else { self.row(&expand.shape, target) }
        }
        self.put("]");
        if expand.count {
            let _ = write!(self.out, ",\"{}@odata.count\":{}", expand.name, found.total.min(PAGE));
        }
        if found.more && expand.top.is_none() {
            let own = &self.view.rows(shape.table).table;
            let target = &self.view.rows(expand.shape.table).table;
            let cookie = Cookie::behind(self.view, &target.primary_id, &expand.order, 1, &found.rows);
            let path = format!("{}/{}({})/{}", self.base, own.collection, row.id, expand.name);
            let link = super::link::next(&path, &expand.options, &cookie.token());
            let _ = write!(self.out, ",\"{}@odata.nextLink\":", expand.name);
            self.text(&link);
        }
    }

    /// A row's address.
    pub(super) fn reference(&mut self, table: usize, row: &Row) {
        let collection = &self.view.rows(table).table.collection;
        let base = self.base;
        let _ = write!(self.out, "{{\"@odata.id\":\"{base}/{collection}({})\"}}", row.id);
    }
}

pub(super) const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";
const NAVIGATION: &str = "Microsoft.Dynamics.CRM.associatednavigationproperty";
const LOOKUP: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("text is written into memory");
}

pub(super) fn put_number(out: &mut Vec<u8>, number: u64) {
    serde_json::to_writer(out, &number).expect("a number is written into memory");
}

pub(super) fn put_id(out: &mut Vec<u8>, id: Uuid) {
    let mut buffer = [0_u8; uuid::fmt::Hyphenated::LENGTH];
    out.push(b'"');
    out.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
    out.push(b'"');
}

/// A cell as it is read.
pub(super) fn put_cell(out: &mut Vec<u8>, cell: &Cell, kind: &ColumnKind) {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Bool(true) => out.extend_from_slice(b"true"),
        Cell::Bool(false) => out.extend_from_slice(b"false"),
        Cell::Number(number) => serde_json::to_writer(out, number).expect("a number is written into memory"),
        // What needs no escape is not looked at for one.
        Cell::Text(text) if matches!(kind, ColumnKind::Date | ColumnKind::DateTime | ColumnKind::Choices(_)) => {
            out.push(b'"');
            out.extend_from_slice(text.as_bytes());
            out.push(b'"');
        }
        Cell::Text(text) => put_text(out, text),
        Cell::Id(id) | Cell::Row(_, id) => put_id(out, *id),
    }
}
