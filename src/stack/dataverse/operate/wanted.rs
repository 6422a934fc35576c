//! What a request asks for, once tables and keys are known.

use http::HeaderName;
use http::header::{IF_MATCH, IF_NONE_MATCH};

use super::super::answer::Answer;
use super::super::error::Refusal;
use super::super::guard::Principal;
use super::super::metadata::Catalogue;
use super::super::organization::Organization;
use super::super::query::Representation;
use super::super::schema::{Reach, Table};
use super::actions::Called;
use super::background::{OPERATIONS, STATUS};
use super::call::Call;
use super::draft::{Draft, Drafts, read_reference, target};
use super::files::Upload;
use super::jobs::Doomed;
use super::path::Key;
use super::write::{Apart, Bulk, Condition, Link, Match, Target, Write};

/// Whether duplicates are looked for.
const SUPPRESS: HeaderName = HeaderName::from_static("mscrm.suppressduplicatedetection");

/// What a request asks for.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one lives as long as its request; a box would be one more allocation")]
pub(super) enum Wanted {
    /// It is answered already.
    Ready(Answer),
    /// Rows are read.
    Read,
    /// Something is written.
    Write(Prepared),
    /// An action or function of the environment's own.
    Action(Called),
    /// Rows that queries find go.
    BulkDelete(Vec<Doomed>),
    /// A file comes, or a part of one.
    Upload(Upload),
    /// A file is given: of a table's row, its column, and whether as it is.
    Download(usize, Key, (usize, bool)),
}

/// A write, and how it is told.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) write: Write,
    /// Where the row itself was preferred as an answer.
    pub(super) representation: Option<Representation>,
}

/// The namespace of actions and functions in paths.
const NAMESPACE: &str = "Microsoft.Dynamics.CRM.";

impl Organization {
    pub(super) fn wanted(&self, call: &Call, principal: &Principal) -> Result<Wanted, Refusal> {
        let segment = call.path.segment.as_str();
        let read = matches!(call.method.as_str(), "GET" | "HEAD");
        if read
            && let Some(answer) =
                self.catalogue.answer(&call.asked(), (&self.environment, &self.actions), &principal.id)
        {
            return answer.map(Wanted::Ready);
        }
        if read && segment == "RetrieveTotalRecordCount" {
            let store = self.view();
            let body = self.catalogue.total_record_count(&call.asked(), |table| store.rows(table).len())?;
            return Ok(Wanted::Ready(Answer::json(200, &body)));
        }
        match segment {
            "WhoAmI" => Err(Refusal::no_resource(&format!("[Org]/api/data/{}/WhoAmI", call.path.version))),
            _ if Catalogue::has(segment) => Err(Refusal::wrong_method(call.method.as_str(), segment)),
            OPERATIONS if read && self.table(OPERATIONS).is_none() => {
                self.background_operation(call).map(Wanted::Ready)
            }
            STATUS if read || call.method == http::Method::DELETE => self.background_status(call).map(Wanted::Ready),
            "BulkDelete" if call.method == http::Method::POST => self.doomed(call).map(Wanted::BulkDelete),
            collection => {
                let Some(table) = self.table(collection) else {
                    let called = self.called(call, None)?.map(Wanted::Action);
                    return called.ok_or_else(|| Refusal::no_segment(collection));
                };
                if let Some(called) = self.called(call, Some(table))? {
                    return Ok(Wanted::Action(called));
                }
                if let Some(file) = self.file(call, table)? {
                    return Ok(file);
                }
                if read {
                    return Ok(Wanted::Read);
                }
                let mut write = self.write_of_table(call, table)?;
                // Left out or `true`, duplicates are let through (reference A10).
                if call.header(SUPPRESS).is_some_and(|v| v.eq_ignore_ascii_case("false")) {
                    write.detect_duplicates();
                }
                let representation = self.representation(call, principal, &write)?;
                Ok(Wanted::Write(Prepared { write, representation }))
            }
        }
    }

    /// A request for the file of a column; deleting it is a write like others.
    fn file(&self, call: &Call, table: usize) -> Result<Option<Wanted>, Refusal> {
        let rest = call.path.rest.as_str();
        let (false, Some(key)) = (rest.is_empty(), call.path.key.as_deref()) else { return Ok(None) };
        let Some(column) = self.file_column(table, rest) else { return Ok(None) };
        let key = Key::parse(&self.tables[table], key)?;
        Ok(match call.method.as_str() {
            "GET" | "HEAD" => Some(Wanted::Download(table, key, column)),
            "PATCH" | "PUT" => Some(Wanted::Upload(Upload { table, key, column: column.0 })),
            _ => None,
        })
    }

    /// What is told of the row, where the row was preferred as an answer. Asked
    /// before the write, so that a wrong `$select` writes nothing. `$expand` is
    /// for new rows alone (reference A4).
    fn representation(
        &self,
        call: &Call,
        principal: &Principal,
        write: &Write,
    ) -> Result<Option<Representation>, Refusal> {
        let told = matches!(write, Write::Create(_) | Write::CreateWithin(..) | Write::Upsert(..));
        if !call.prefer.representation || !told {
            return Ok(None);
        }
        let expand = !matches!(write, Write::Upsert(..));
        Representation::prepare(self, call, principal, (write.table(), expand)).map(Some)
    }

    fn write_of_table(&self, call: &Call, index: usize) -> Result<Write, Refusal> {
        let table = &*self.tables[index];
        let (method, rest) = (call.method.as_str(), call.path.rest.as_str());
        let drafts = Drafts::of(&self.tables);
        let Some(key) = call.path.key.as_deref() else {
            return match method {
                "POST" if rest.is_empty() => drafts.row(index, &call.body).map(Write::Create),
                "POST" if rest.starts_with(NAMESPACE) => self.bulk(call, index, &rest[NAMESPACE.len()..]),
                _ if rest.is_empty() => Err(Refusal::wrong_method(method, &table.collection)),
                _ => Err(Refusal::no_segment(rest)),
            };
        };
        let target = match key.strip_prefix('$') {
            Some(content_id) => Target::Reference(content_id.into()),
            None => Target::Key(Key::parse(table, key)?),
        };
        match method {
            _ if !rest.is_empty() => self.write_within(call, (index, target), rest),
            "PATCH" => Ok(Write::Upsert(target, condition(call), drafts.row(index, &call.body)?)),
            "DELETE" => Ok(Write::Delete(index, target, condition(call).matching)),
            _ => Err(Refusal::wrong_method(method, &table.collection)),
        }
    }

    fn bulk(&self, call: &Call, index: usize, name: &str) -> Result<Write, Refusal> {
        let bulk = Bulk::named(name).ok_or_else(|| Refusal::no_resource(&format!("{NAMESPACE}{name}")))?;
        let targets = Drafts::of(&self.tables).targets(index, &call.body)?;
        Ok(Write::Bulk(bulk, index, targets))
    }

    /// A write to what stands behind a row's key: a property, the collection
    /// that a navigation property leads to, a link.
    fn write_within(&self, call: &Call, (index, target): (usize, Target), rest: &str) -> Result<Write, Refusal> {
        let table = &*self.tables[index];
        if let Some(navigation) = rest.strip_suffix("/$ref") {
            return self.link(call, (index, target), navigation);
        }
        if let Some(reach) = table.navigation(rest) {
            if call.method != http::Method::POST || reach.is_single() {
                return Err(Refusal::wrong_method(call.method.as_str(), rest));
            }
            let draft = Drafts::of(&self.tables).row(target_of(reach), &call.body)?;
            return Ok(Write::CreateWithin(index, target, reach, draft));
        }
        let column = table.column(rest).ok_or_else(|| Refusal::no_property(rest, &table.logical))?;
        let draft = match call.method.as_str() {
            "PUT" => Drafts::of(&self.tables).property(index, column, &call.body)?,
            "DELETE" => Draft { table: index, cells: vec![(column, cleared(table, column)?)], ..Draft::default() },
            other => return Err(Refusal::wrong_method(other, rest)),
        };
        let matching = condition(call).matching.or(Some(Match::Any));
        Ok(Write::Upsert(target, Condition { matching, only_new: false }, draft))
    }

    /// `…/NAVIGATION/$ref`, and `…/NAVIGATION(KEY)/$ref`.
    fn link(&self, call: &Call, (index, own): (usize, Target), navigation: &str) -> Result<Write, Refusal> {
        let table = &*self.tables[index];
        let (name, key) = match navigation.split_once('(') {
            None => (navigation, None),
            Some((name, rest)) => (name, rest.strip_suffix(')')),
        };
        let reach = table.navigation(name).ok_or_else(|| Refusal::no_segment(name))?;
        let link = match call.method.as_str() {
            "POST" | "PUT" => {
                let address = read_reference(&call.body).ok_or_else(|| {
                    let why = "An object with '@odata.id' was expected, which holds the address of a row.";
                    Refusal::bad_payload(&table.collection, why)
                })?;
                Link::To(reach, address.into())
            }
            "DELETE" => Link::Apart(
                reach,
                match (key, call.option("$id")) {
                    (Some(key), _) => Some(Apart::Key(Key::parse(&self.tables[target(reach)], key)?)),
                    (None, Some(address)) => Some(Apart::Address(address.into())),
                    (None, None) => None,
                },
            ),
            other => return Err(Refusal::wrong_method(other, navigation)),
        };
        Ok(Write::Link(index, own, link))
    }
}

fn target_of(reach: Reach) -> usize {
    target(reach)
}

/// Nothing, as a cell of this column.
fn cleared(table: &Table, column: usize) -> Result<super::super::schema::Cell, Refusal> {
    super::super::schema::value::cell(table, &table.columns[column], &serde_json::Value::Null)
}

fn condition(call: &Call) -> Condition {
    let matching = call.header(IF_MATCH).map(|value| match value.trim() {
        "*" => Match::Any,
        tag => {
            let number = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
            Match::Version(number.parse().ok())
        }
    });
    Condition { matching, only_new: call.header(IF_NONE_MATCH).map(str::trim) == Some("*") }
}
