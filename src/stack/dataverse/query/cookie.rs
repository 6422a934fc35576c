//! Paging cookies, as they look (reference A6): `$skiptoken` holds an XML
//! element with the number of the next page, and in it, encoded once more, the
//! cookie with the first and the last row of the page before.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use super::super::error::Refusal;
use super::super::store::Row;
use super::bind::{Constant, Value};
use super::order::{Order, Position};
use super::view::View;

/// Where a page ended, and what comes after it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cookie {
    /// The number of the page that it leads to; the first is 1.
    pub(super) page: u64,
    /// The inner cookie, as it was sent.
    pub(super) inner: String,
    /// The row version with which tracking of changes began.
    pub(super) tracking: Option<u64>,
}

/// What is left as it is in the inner cookie.
const INNER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl Cookie {
    /// The cookie that leads behind a page.
    pub(super) fn behind<'v>(view: View<'v>, table_id: &str, order: &Order, page: u64, rows: &[&'v Row]) -> Self {
        let mut inner = format!("<cookie page=\"{page}\">");
        if let (Some(first), Some(last)) = (rows.first().copied(), rows.last().copied()) {
            for key in &order.0 {
                let name = element(view, &key.field);
                let ends = [("last", last), ("first", first)];
                let _ = write!(inner, "<{name}");
                for (end, row) in ends {
                    match text(view.value(&key.field, &[Some(row)])) {
                        Some(text) => drop(write!(inner, " {end}=\"{}\"", escaped(&text))),
                        None => drop(write!(inner, " {end}null=\"1\"")),
                    }
                }
                inner.push_str(" />");
            }
            let guid = |row: &Row| row.id.hyphenated().to_string().to_uppercase();
            let _ = write!(inner, "<{table_id} last=\"{{{}}}\" first=\"{{{}}}\" />", guid(last), guid(first));
        }
        inner.push_str("</cookie>");
        Self { page: page + 1, inner, tracking: None }
    }

    /// The value of `$skiptoken`, before it is encoded for the URL.
    pub(super) fn token(&self) -> String {
        let tracking = self.tracking.map(|version| format!(" trackingversion=\"{version}\"")).unwrap_or_default();
        format!(
            "<cookie pagenumber=\"{}\" pagingcookie=\"{}\" istracking=\"{}\"{tracking} />",
            self.page,
            lower_hex(&self.inner),
            if self.tracking.is_some() { "True" } else { "False" }
        )
    }

    /// As `@Microsoft.Dynamics.CRM.fetchxmlpagingcookie` has it: the inner one
    /// is encoded twice.
    pub(super) fn fetch_annotation(&self) -> String {
        let twice = lower_hex(&lower_hex(&self.inner));
        format!("<cookie pagenumber=\"{}\" pagingcookie=\"{twice}\" istracking=\"False\" />", self.page)
    }

    /// Reads the value of a `$skiptoken`.
    pub(super) fn read(token: &str) -> Result<Self, Refusal> {
        let document = roxmltree::Document::parse(token).map_err(|_| malformed())?;
        let root = document.root_element();
        let attribute = |name: &str| root.attribute(name);
        let page = attribute("pagenumber").and_then(|n| n.parse().ok()).filter(|n| *n >= 1).ok_or_else(malformed)?;
        let inner = decoded(attribute("pagingcookie").ok_or_else(malformed)?)?;
        let tracking = attribute("trackingversion").map(|n| n.parse().map_err(|_| malformed())).transpose()?;
        if root.tag_name().name() != "cookie" || root.has_children() {
            return Err(malformed());
        }
        Ok(Self { page, inner, tracking })
    }

    /// The place behind the last row that the inner cookie names.
    pub(super) fn position(
        &self,
        view: View<'_>,
        table: (usize, &str),
        order: &Order,
    ) -> Result<Option<Position>, Refusal> {
        let (table, table_id) = table;
        let document = roxmltree::Document::parse(&self.inner).map_err(|_| malformed())?;
        let elements: Vec<_> = document.root_element().children().filter(roxmltree::Node::is_element).collect();
        let Some((id, keys)) = elements.split_last() else { return Ok(None) };
        if keys.len() != order.0.len() || id.tag_name().name() != table_id {
            return Err(malformed());
        }
        let mut values = Vec::new();
        for (element_of, key) in keys.iter().zip(&order.0) {
            if element_of.tag_name().name() != element(view, &key.field) {
                return Err(malformed());
            }
            values.push(match element_of.attribute("last") {
                Some(text) => Constant::of_text(key.field.kind, text).ok_or_else(malformed)?,
                None if element_of.attribute("lastnull").is_some() => Constant::Null,
                None => return Err(malformed()),
            });
        }
        let id = id.attribute("last").and_then(|text| Uuid::parse_str(text).ok()).ok_or_else(malformed)?;
        let rows = view.rows(table);
        // The row may have been deleted since.
        let born = rows.get(&id).map(|row| row.born).or_else(|| rows.graves().born(&id)).ok_or_else(malformed)?;
        Ok(Some(Position { values, born }))
    }
}

/// The name of an order's key in a cookie.
fn element(view: View<'_>, field: &super::bind::Field) -> String {
    let table = &view.rows(field.table).table;
    let name = match field.property {
        super::super::schema::Property::Id => &*table.primary_id,
        super::super::schema::Property::Column(position) => &*table.columns[position].name,
        super::super::schema::Property::System(system) => system.name(),
    };
    if field.steps.is_empty() { name.to_owned() } else { format!("{}.{name}", table.logical) }
}

/// A value as text; `None` where it is nothing.
pub(super) fn text(value: Value<'_>) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => i32::from(value).to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => text.to_owned(),
        Value::Id(id) => format!("{{{}}}", id.hyphenated().to_string().to_uppercase()),
        Value::Instant(at) => at.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => drop(write!(out, "&#{};", u32::from(c))),
            other => out.push(other),
        }
    }
    out
}

/// Percent-encoded with small letters, as the platform does inside.
fn lower_hex(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for part in utf8_percent_encode(text, INNER) {
        if part.starts_with('%') { out.push_str(&part.to_ascii_lowercase()) } else { out.push_str(part) }
    }
    out
}

/// However often it was encoded.
fn decoded(text: &str) -> Result<String, Refusal> {
    let mut text = text.to_owned();
    for _ in 0..3 {
        if text.is_empty() || text.trim_start().starts_with('<') {
            return Ok(text);
        }
        text = percent_decode_str(&text).decode_utf8().map_err(|_| malformed())?.into_owned();
    }
    if text.trim_start().starts_with('<') { Ok(text) } else { Err(malformed()) }
}

pub(super) fn malformed() -> Refusal {
    Refusal::paging_cookie()
}
