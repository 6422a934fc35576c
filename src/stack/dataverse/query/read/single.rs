//! One row, and one property of it.

use bytes::Bytes;
use uuid::Uuid;

use super::super::super::answer::{Answer, etag};
use super::super::super::error::Refusal;
use super::super::super::guard::Principal;
use super::super::super::operate::Call;
use super::super::super::organization::Organization;
use super::super::super::schema::Property;
use super::super::super::store::{Row, Store};
use super::super::annotations::Annotations;
use super::super::bind::{Binder, Constant, Field, Kind, Value};
use super::super::options::Options;
use super::super::output::{Output, put_id, put_text};
use super::super::shape::{Shape, Shapes};
use super::super::view::View;
use super::request::{Request, given, row};

impl Request<'_> {
    /// A row by its id.
    pub(super) fn retrieve(&self, table: usize, id: Uuid) -> Result<Answer, Refusal> {
        let options = Options::read(&self.call.query)?;
        single_only(&options)?;
        let shape = Shapes::new(self.binder(table), self.annotations()).shape(table, &options)?;
        let store = self.organization.seen_by(self.call);
        let view = View::new(&store);
        let row = row(view, table, id)?;
        let tag = etag(row.version);
        // Reference A5: never with expanded rows or annotations.
        let comparable = shape.expands.is_empty()
            && self.call.prefer.annotations.is_none()
            && self.organization.tables[table].traits.optimistic_concurrency;
        if comparable && self.call.header("if-none-match").map(str::trim) == Some(&tag) {
            return Ok(Answer::empty(304).with("etag", tag));
        }
        let mut output = self.output(view);
        output.put("{\"@odata.context\":");
        output.text(&format!("{}/$entity", self.context(&shape)));
        output.put(",");
        output.members(&shape, row);
        output.put("}");
        let Output { out, given, .. } = output;
        drop(store);
        self.note(&shape, &given, Some(id));
        Ok(self.applied(Answer::bytes(200, out.into()).with("etag", tag)))
    }

    /// One property, with the context or (`raw`) as nothing but its value.
    pub(super) fn property(&self, table: usize, id: Uuid, name: &str, raw: bool) -> Result<Answer, Refusal> {
        let definition = &self.organization.tables[table];
        let property = definition.read(name).ok_or_else(|| Refusal::no_segment(name))?;
        let field = Field {
            source: 0,
            steps: smallvec::SmallVec::new(),
            table,
            property,
            kind: Kind::of(definition, property),
        };
        let store = self.organization.seen_by(self.call);
        let view = View::new(&store);
        let row = row(view, table, id)?;
        let value = view.value(&field, &[Some(row)]);
        if let Property::Column(position) = property {
            self.note_columns(table, Some(vec![position]), 1, Some(id));
        }
        if value == Value::Null {
            return Ok(Answer::empty(204));
        }
        if raw {
            let text = match value {
                Value::Bool(value) => value.to_string(),
                Value::Id(id) => id.to_string(),
                other => super::super::cookie::text(other).unwrap_or_default(),
            };
            return Ok(Answer::bytes(200, text.into()).with("content-type", "text/plain"));
        }
        let mut out = b"{\"@odata.context\":".to_vec();
        put_text(&mut out, &format!("{}/$metadata#{}({id})/{name}", self.call.base, definition.collection));
        out.extend_from_slice(b",\"value\":");
        put_value(&mut out, value);
        out.push(b'}');
        Ok(Answer::bytes(200, out.into()).with("etag", etag(row.version)))
    }

    /// The address of the row that a single-valued navigation property leads
    /// to.
    pub(super) fn reference(&self, table: usize, id: Uuid) -> Answer {
        let base = &self.call.base;
        let collection = &self.organization.tables[table].collection;
        let body = serde_json::json!({
            "@odata.context": format!("{base}/$metadata#$ref"),
            "@odata.id": format!("{base}/{collection}({id})"),
        });
        Answer::json(200, &body)
    }
}

/// A value as JSON.
pub(in crate::stack::dataverse::query) fn put_value(out: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) => serde_json::to_writer(out, &number).expect("a number is written into memory"),
        Value::Text(text) => put_text(out, text),
        Value::Id(id) => put_id(out, id),
        Value::Instant(_) => put_text(out, &super::super::cookie::text(value).unwrap_or_default()),
    }
}

/// Options of collections mean nothing for one row.
fn single_only(options: &Options<'_>) -> Result<(), Refusal> {
    let there = [
        ("$filter", options.filter.is_some()),
        ("$orderby", options.order.is_some()),
        ("$top", options.top.is_some()),
        ("$count", options.count),
        ("$apply", options.apply.is_some()),
        ("$skiptoken", options.skip_token.is_some()),
        ("$deltatoken", options.delta_token.is_some()),
    ];
    match there.iter().find(|(_, there)| *there) {
        Some((name, _)) => Err(Refusal::bad_query(format!(
            "Query options $filter, $orderby, $count, $skip, $top and $apply can be applied only on collections; '{name}' \
             was found."
        ))),
        None => Ok(()),
    }
}

/// The body of an answer to a write that was to tell the row
/// (`Prefer: return=representation`): prepared before the write, so that a
/// wrong `$select` writes nothing, and filled afterwards.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Representation {
    shape: Shape,
    context: String,
}

impl Representation {
    /// Reads `$select` and `$expand`; `expand` says whether the latter counts.
    pub(in crate::stack::dataverse) fn prepare(
        organization: &Organization,
        call: &Call,
        principal: &Principal,
        (table, expand): (usize, bool),
    ) -> Result<Self, Refusal> {
        let mut options = Options::read(&call.query)?;
        if !expand {
            options.expand = None;
        }
        let given = given(organization, call, principal);
        let binder = Binder { tables: &organization.tables, table, variable: None, given };
        let annotations = Annotations::preferred(call.prefer.annotations.as_deref());
        let shape = Shapes::new(binder, annotations).shape(table, &options)?;
        let names = if shape.context.is_empty() { String::new() } else { format!("({})", shape.context) };
        let context = format!("{}/$metadata#{}{names}/$entity", call.base, organization.tables[table].collection);
        Ok(Self { shape, context })
    }

    /// The row as a JSON object.
    pub(in crate::stack::dataverse) fn body(&self, store: &Store, base: &str, row: &Row) -> Bytes {
        let view = View::new(store);
        let mut output = Output::new(view, base, None);
        output.put("{\"@odata.context\":");
        output.text(&self.context);
        output.put(",");
        output.members(&self.shape, row);
        output.put("}");
        output.out.into()
    }
}

/// What a cookie, a group or an aggregate holds, as JSON.
pub(in crate::stack::dataverse::query) fn put_constant(out: &mut Vec<u8>, constant: &Constant) {
    put_value(out, constant.value());
}
