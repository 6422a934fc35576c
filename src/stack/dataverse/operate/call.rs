//! One request, taken apart.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{self, AsHeaderName};
use http::request::Parts;

use super::super::answer::Preferences;
use super::super::error::Refusal;
use super::super::guard::Principal;
use super::super::ledger::{Attempt, CORRELATING, Writer};
use super::super::metadata::Asked;
use super::batch::Inner;
use super::path::Path;
use super::write::Bulk;
use crate::clock::Timestamp;
use crate::observe::Operation;
use crate::stack::listen::OverTls;

/// One request, taken apart.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Call {
    pub(in crate::stack::dataverse) method: http::Method,
    pub(in crate::stack::dataverse) path: Path,
    pub(in crate::stack::dataverse) query: Vec<(String, String)>,
    pub(in crate::stack::dataverse) headers: HeaderMap,
    pub(in crate::stack::dataverse) prefer: Preferences,
    pub(in crate::stack::dataverse) body: Bytes,
    /// Scheme, host and path of the Web API, as the client knows it.
    pub(in crate::stack::dataverse) base: String,
    pub(in crate::stack::dataverse) at: Timestamp,
    /// Whether the link to the next page leads to the same page again, on
    /// purpose.
    pub(in crate::stack::dataverse) stuck_cookie: bool,
    /// As of when a read is answered, where it is to be a stale one.
    pub(in crate::stack::dataverse) as_of: Option<Timestamp>,
    /// Counts the requests of this environment.
    pub(in crate::stack::dataverse) request: u64,
    /// The boundaries of the batch and the change set that it is part of.
    pub(in crate::stack::dataverse) batch: Option<Arc<str>>,
    pub(in crate::stack::dataverse) change_set: Option<Arc<str>>,
}

/// The longest address (reference A1); within a batch it may be twice as long.
const LONGEST: usize = 32_768;

impl Call {
    pub(in crate::stack::dataverse) fn new(
        parts: Parts,
        body: Bytes,
        (at, request): (Timestamp, u64),
    ) -> Result<Self, Refusal> {
        let length = parts.uri.path_and_query().map_or(0, |text| text.as_str().len());
        if length > LONGEST {
            return Err(Refusal::long_address(length, LONGEST));
        }
        let path = Path::parse(parts.uri.path())?;
        let query = parts.uri.query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let host = parts.headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("localhost");
        let scheme = if parts.extensions.get::<OverTls>().is_some() { "https" } else { "http" };
        // Without `format!`: it is part of every request.
        let base = [scheme, "://", host, "/api/data/", path.version].concat();
        let prefer = Preferences::parse(&parts.headers);
        let (method, headers) = (parts.method, parts.headers);
        let rest = Self::bare(at, request);
        Ok(Self { method, path, query, headers, prefer, body, base, ..rest })
    }

    /// A request of which nothing is known but when it came.
    fn bare(at: Timestamp, request: u64) -> Self {
        Self {
            method: http::Method::GET,
            path: Path::default(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            prefer: Preferences::default(),
            body: Bytes::new(),
            base: String::new(),
            at,
            stuck_cookie: false,
            as_of: None,
            request,
            batch: None,
            change_set: None,
        }
    }

    /// A request inside of a batch. `known` are the requests of its change set
    /// that may be referred to: `Content-ID` and collection.
    pub(in crate::stack::dataverse) fn inner(
        outer: &Self,
        inner: Inner,
        known: &[(&str, &str)],
    ) -> Result<Self, Refusal> {
        let Inner { method, target, mut headers, body, .. } = inner;
        if target.len() > 2 * LONGEST {
            return Err(Refusal::long_address(target.len(), 2 * LONGEST));
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let path = inner_path(path, outer.path.version, known)?;
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let prefer = Preferences::parse(&headers);
        inherit(&outer.headers, &mut headers);
        let base = format!("{}/{}", outer.base.rsplit_once('/').map_or("", |(base, _)| base), path.version);
        let rest = Self { stuck_cookie: outer.stuck_cookie, as_of: outer.as_of, ..Self::bare(outer.at, outer.request) };
        Ok(Self { method, path, query, headers, prefer, body, base, ..rest })
    }

    pub(in crate::stack::dataverse) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    pub(in crate::stack::dataverse) fn option(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The same as a request for metadata.
    pub(in crate::stack::dataverse) fn asked(&self) -> Asked<'_> {
        Asked {
            segment: &self.path.segment,
            key: self.path.key.as_deref(),
            rest: &self.path.rest,
            query: &self.query,
            base: &self.base,
        }
    }

    /// What it would write, if it is a write.
    pub(in crate::stack::dataverse) fn operation(&self) -> Option<Operation> {
        let property = !self.path.rest.is_empty();
        let action = self.path.rest.strip_prefix("Microsoft.Dynamics.CRM.");
        match self.method.as_str() {
            "POST" if action.is_some() => action.and_then(Bulk::named).map(Bulk::operation),
            "POST" if self.path.rest.ends_with("/$ref") => Some(Operation::Update),
            "POST" => Some(Operation::Create),
            "PATCH" | "PUT" => Some(Operation::Update),
            "DELETE" if property => Some(Operation::Update),
            "DELETE" => Some(Operation::Delete),
            _ => None,
        }
    }

    /// Who writes, for the ledger.
    pub(in crate::stack::dataverse) fn writer(&self, principal: &Principal, fault: Option<&'static str>) -> Writer {
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let (Some(position), Ok(value)) = (correlating(name.as_str()), value.to_str()) else { continue };
            // Of a field that comes twice the first counts.
            if headers.iter().all(|(other, _)| usize::from(*other) != position) {
                headers.push((position as u8, value.into()));
            }
        }
        Writer {
            at: self.at,
            principal: principal.id.clone(),
            way: principal.way,
            under_way: principal.under_way,
            request: self.request,
            batch: self.batch.clone(),
            change_set: self.change_set.clone(),
            headers,
            tag: self.option("tag").map(Into::into),
            fault,
        }
    }

    /// The attempt, for a write that got no further than the door.
    pub(in crate::stack::dataverse) fn attempt<'a>(
        &self,
        operation: Operation,
        table: Result<&'a Arc<super::super::schema::Table>, &'a str>,
    ) -> Attempt<'a> {
        let key = self.path.key.as_deref().unwrap_or_default();
        let key = uuid::Uuid::parse_str(key).map_or_else(|_| key.to_owned(), |id| id.to_string());
        Attempt { operation, table, key }
    }
}

/// The number of a header field among those that the ledger knows.
fn correlating(name: &str) -> Option<usize> {
    // Most fields of a request are told apart by how they begin.
    let perhaps = matches!(name.as_bytes(), [b'x' | b'r' | b't', ..] | [b'c', b'a', ..] | [b'm', b's', ..]);
    if perhaps { CORRELATING.iter().position(|known| *known == name) } else { None }
}

/// The path of a request inside of a batch: absolute, from the root of the
/// host, relative to the Web API, or behind a row that an earlier request of
/// the change set writes.
fn inner_path(target: &str, version: &'static str, known: &[(&str, &str)]) -> Result<Path, Refusal> {
    if let Some(reference) =
        target.trim_start_matches('/').strip_prefix('$').filter(|r| *r != "batch" && *r != "metadata")
    {
        let (content_id, rest) = reference.split_once('/').unwrap_or((reference, ""));
        let collection = known.iter().find(|(id, _)| *id == content_id).map(|(_, collection)| *collection);
        let collection = collection.ok_or_else(|| Refusal::no_content_id(content_id))?;
        let rest = percent_encoding::percent_decode_str(rest).decode_utf8_lossy().into_owned();
        let segment = collection.to_owned();
        return Ok(Path { version, segment, key: Some(format!("${content_id}")), rest });
    }
    let path = match target.find("://") {
        Some(scheme) => {
            let rest = &target[scheme + 3..];
            rest.find('/').map_or("/", |slash| &rest[slash..])
        }
        None => target,
    };
    if path.starts_with("/api/") {
        return Path::parse(path);
    }
    Path::parse(&format!("/api/data/{version}/{}", path.trim_start_matches('/')))
}

/// What holds for a whole batch holds for each of its requests: by what they
/// can be found again, as whom they are made, what they bypass.
fn inherit(outer: &HeaderMap, inner: &mut HeaderMap) {
    for (name, value) in outer {
        let text = name.as_str();
        let held = CORRELATING.contains(&text) || text.starts_with("mscrm") || text == "callerobjectid";
        if held && !inner.contains_key(name) {
            inner.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_the_ledger_knows_is_found() {
        let found: Vec<_> = CORRELATING.iter().map(|name| correlating(name)).collect();
        assert_eq!(found, (0..CORRELATING.len()).map(Some).collect::<Vec<_>>());
        assert_eq!((correlating("x-other"), correlating("authorization")), (None, None));
    }

    #[test]
    fn request_lines_inside_of_a_batch_have_many_forms() {
        let read = |target: &str| {
            inner_path(target, "v9.2", &[("1", "accounts")]).map(|p| (p.version, p.segment, p.key, p.rest))
        };
        let expected = |version: &'static str, key: &str, rest: &str| {
            Ok((version, "accounts".to_owned(), Some(key.to_owned()), rest.to_owned()))
        };
        assert_eq!(read("https://o:1/api/data/v9.0/accounts(name='a b')"), expected("v9.0", "name='a b'", ""));
        assert_eq!(read("/api/data/v9.1/accounts(x)/name"), expected("v9.1", "x", "name"));
        assert_eq!(read("accounts(x)"), expected("v9.2", "x", ""));
        assert_eq!(read("/accounts(x)"), expected("v9.2", "x", ""));
        assert_eq!(read("$1"), expected("v9.2", "$1", ""));
        assert_eq!(read("/$1/contacts/$ref"), expected("v9.2", "$1", "contacts/$ref"));
        assert_eq!(
            read("$2").expect_err("unknown").message,
            "Content-ID Reference: '$2' does not exist in the batch context."
        );
    }
}
