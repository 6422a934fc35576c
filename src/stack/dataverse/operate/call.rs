//! One request, taken apart.

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;

use super::super::answer::Preferences;
use super::super::error::Refusal;
use super::super::guard::Principal;
use super::super::ledger::{Attempt, CORRELATING, Writer};
use super::path::Path;
use crate::clock::Timestamp;
use crate::observe::Operation;

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
}

impl Call {
    pub(in crate::stack::dataverse) fn new(
        parts: Parts,
        body: Bytes,
        (at, request): (Timestamp, u64),
    ) -> Result<Self, Refusal> {
        let path = Path::parse(parts.uri.path())?;
        let query = parts.uri.query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let host = parts.headers.get("host").and_then(|v| v.to_str().ok()).unwrap_or("localhost");
        let base = format!("http://{host}/api/data/{}", path.version);
        let prefer = Preferences::parse(&parts.headers);
        let method = parts.method;
        let headers = parts.headers;
        Ok(Self { method, path, query, headers, prefer, body, base, at, request, stuck_cookie: false, as_of: None })
    }

    pub(in crate::stack::dataverse) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    pub(in crate::stack::dataverse) fn option(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// What it would write, if it is a write.
    pub(in crate::stack::dataverse) fn operation(&self) -> Option<Operation> {
        let property = !self.path.rest.is_empty();
        match self.method.as_str() {
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
        for (position, name) in CORRELATING.iter().enumerate() {
            if let Some(value) = self.header(name) {
                headers.push((position as u8, value.into()));
            }
        }
        Writer {
            at: self.at,
            principal: principal.id.clone(),
            way: principal.way,
            under_way: principal.under_way,
            request: self.request,
            batch: None,
            change_set: None,
            headers,
            tag: self.option("tag").map(Into::into),
            fault,
        }
    }

    /// The attempt, for a write that got no further than the door.
    pub(in crate::stack::dataverse) fn attempt<'a>(
        &self,
        operation: Operation,
        table: Result<&'a std::sync::Arc<super::super::schema::Table>, &'a str>,
    ) -> Attempt<'a> {
        let key = self.path.key.as_deref().unwrap_or_default();
        let key = uuid::Uuid::parse_str(key).map_or_else(|_| key.to_owned(), |id| id.to_string());
        Attempt { operation, table, key }
    }
}
