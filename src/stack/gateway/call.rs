//! One call on its way through the gateway: what `context` shows.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::request::Parts;
use http::{HeaderMap, Method, Uri, Version, header};
use uuid::Uuid;

use super::answer::Answer;
use super::apis::{PublishedApi, PublishedOperation};
use super::counters::Whose;
use super::evaluate::Work;
use super::hosts::Destination;
use super::request_body::RequestBody;
use super::template::Parameters;
use super::traces::Taken;
use super::value::{Address, Side, Value};
use crate::clock::{Clock, Timestamp};
use crate::limit::{Quota, Rate};
use crate::observe::{CacheUse, LastError, TraceRecord};
use crate::policy::instance::{Product, Subscription, User};
use crate::policy::{Given, Scope, Section, Statement};

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) id: Uuid,
    pub(super) clock: Clock,
    pub(super) arrived: Timestamp,
    pub(super) began: Instant,
    pub(super) peer: IpAddr,
    /// Whether it came over TLS.
    pub(super) secure: bool,
    /// The version of TLS; empty without.
    pub(super) tls_version: &'static str,
    pub(super) version: Version,
    /// The gateway's region.
    pub(super) region: Option<Arc<str>>,
    /// The bytes of request line and header fields, as they came.
    pub(super) head_size: u64,
    /// The bytes of the content, as far as they are known.
    pub(super) content_size: u64,
    /// Waiting for the client's content.
    pub(super) client_time: Duration,
    /// What the cache of responses did, and how long that took.
    pub(super) cache: CacheUse,
    pub(super) cache_time: Duration,
    pub(super) api: Option<Arc<PublishedApi>>,
    pub(super) operation: Option<Arc<PublishedOperation>>,
    /// The subscription whose key it carries.
    pub(super) subscription: Option<Arc<Subscription>>,
    /// The product by way of which it came in.
    pub(super) product: Option<Arc<Product>>,
    pub(super) parameters: Parameters,
    pub(super) method: Method,
    /// The URL as it was called.
    pub(super) original: Uri,
    pub(super) request_headers: HeaderMap,
    pub(super) body: RequestBody,
    /// Path and query for the backend.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) backend: Option<Arc<Destination>>,
    /// The id by which it was chosen.
    pub(super) backend_id: Option<Arc<str>>,
    /// The scope that chose the backend by its id.
    pub(super) backend_chosen_in: Option<Scope>,
    pub(super) response: Option<Answer>,
    pub(super) variables: Vec<(Arc<str>, Value)>,
    /// Variables that a cache had no value for: not set, and null all the same.
    pub(super) missed: Vec<Arc<str>>,
    /// Variables that were set since the call was copied.
    written: Vec<Arc<str>>,
    is_copy: bool,
    /// The key under which the response is to be kept.
    pub(super) cached_under: Option<Arc<str>>,
    pub(super) last_error: Option<LastError>,
    /// Every error, the last at the end.
    pub(super) errors: Vec<LastError>,
    pub(super) traces: Vec<TraceRecord>,
    /// Header fields of the answer that limits add when it is written.
    pub(super) limit_headers: HeaderMap,
    /// What counts only after the response.
    pub(super) later: Vec<Later>,
    /// Keys under which this call has counted already.
    pub(super) counted: Vec<Counted>,
    /// Quotas that count its bytes once they are known.
    pub(super) metered: Vec<Metered>,
    pub(super) section: Section,
    pub(super) at: Option<Arc<Statement>>,
    pub(super) sent: Sent,
    /// The policies that ran.
    pub(super) steps: Vec<Taken>,
    /// What is left of the bound of the expression that is evaluated.
    pub(super) work: Work,
}

/// Which kind of limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counter {
    Rate,
    Quota,
}

/// What a call has counted under a key.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) counter: Counter,
    pub(super) key: Arc<str>,
    /// The period of a quota: quotas of one key count each period apart.
    pub(super) period: Arc<str>,
    /// How much; 0 where it counts after the response.
    pub(super) count: u64,
    /// How much has to fit for another policy of the same key.
    pub(super) asked: u64,
}

/// A quota that counts the bytes of a call.
#[derive(Clone, Debug)]
pub(super) struct Metered {
    pub(super) whose: Whose,
    pub(super) key: Box<[Arc<str>]>,
    pub(super) quota: Quota,
}

/// A count after the response.
#[derive(Clone, Debug)]
pub(super) struct Later {
    pub(super) key: Arc<str>,
    pub(super) period: Arc<str>,
    pub(super) limit: Limit,
    pub(super) condition: Given<bool>,
    pub(super) count: Given<i64>,
}

/// The limit that a count belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    Rate(Rate),
    Quota(Quota),
}

/// What was sent to the backend, for the row.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) status: u16,
    /// The protocol of the answer.
    pub(super) version: Option<Version>,
    pub(super) time: Duration,
}

impl Call {
    pub(super) fn new(parts: Parts, body: RequestBody, peer: IpAddr, clock: &Clock) -> Self {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Self {
            id: Uuid::new_v4(),
            clock: clock.clone(),
            arrived: clock.now(),
            began: Instant::now(),
            peer,
            secure: false,
            tls_version: "",
            version: parts.version,
            region: None,
            head_size: head_size(&parts),
            content_size: content_length(&parts.headers),
            client_time: Duration::ZERO,
            cache: CacheUse::None,
            cache_time: Duration::ZERO,
            api: None,
            operation: None,
            subscription: None,
            product: None,
            parameters: Vec::new(),
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query,
            original: parts.uri,
            request_headers: parts.headers,
            body,
            backend: None,
            backend_id: None,
            backend_chosen_in: None,
            response: None,
            variables: Vec::new(),
            missed: Vec::new(),
            written: Vec::new(),
            is_copy: false,
            cached_under: None,
            last_error: None,
            errors: Vec::new(),
            traces: Vec::new(),
            limit_headers: HeaderMap::new(),
            later: Vec::new(),
            counted: Vec::new(),
            metered: Vec::new(),
            section: Section::Inbound,
            at: None,
            sent: Sent::default(),
            steps: Vec::with_capacity(16),
            work: Work::new(),
        }
    }

    /// Whose subscription it is.
    pub(super) fn owner(&self) -> Option<&User> {
        self.subscription.as_ref()?.owner.as_ref()
    }

    pub(super) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.iter().find(|(n, _)| &**n == name).map(|(_, value)| value)
    }

    pub(super) fn set_variable(&mut self, name: &Arc<str>, value: Value) {
        if self.is_copy {
            self.written.push(Arc::clone(name));
        }
        match self.variables.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.variables.push((Arc::clone(name), value)),
        }
    }

    /// Takes a variable away; it reads as null all the same.
    pub(super) fn forget_variable(&mut self, name: &Arc<str>) {
        self.variables.retain(|(n, _)| n != name);
        self.missed.push(Arc::clone(name));
    }

    /// A copy, for a policy that runs beside others. Of bodies it has what is
    /// in memory.
    pub(super) fn beside(&self) -> Self {
        Self {
            is_copy: true,
            written: Vec::new(),
            traces: Vec::new(),
            errors: Vec::new(),
            steps: Vec::new(),
            ..self.clone()
        }
    }

    /// Takes over what a copy set, and, where it failed or ended the call,
    /// where it stands.
    pub(super) fn join(&mut self, copy: Self) {
        for name in &copy.written {
            if let Some(value) = copy.variable(name) {
                self.set_variable(name, value.clone());
            }
        }
        for name in copy.missed {
            if !self.missed.contains(&name) {
                self.missed.push(name);
            }
        }
        self.traces.extend(copy.traces);
        self.errors.extend(copy.errors);
        self.steps.extend(copy.steps);
        self.at = copy.at;
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| &**n == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn headers(&self, side: Side) -> Option<&HeaderMap> {
        match side {
            Side::Request => Some(&self.request_headers),
            Side::Response => self.response.as_ref().map(|r| &r.headers),
        }
    }

    /// Who calls, as far as responses are kept for him alone.
    pub(super) fn developer(&self) -> &str {
        self.subscription.as_ref().map_or("", |subscription| &subscription.id)
    }

    /// The authority that the client called, or nothing.
    pub(super) fn host(&self) -> &str {
        self.request_headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default()
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self, address: Address) -> (&'static str, String, u16) {
        if let (Address::Backend, Some(backend)) = (address, &self.backend) {
            let shown = &backend.shown;
            return (if shown.tls { "https" } else { "http" }, shown.host.clone(), shown.port);
        }
        let (host, port) = self.host().rsplit_once(':').unwrap_or((self.host(), ""));
        let (scheme, usual) = if self.secure { ("https", 443) } else { ("http", 80) };
        (scheme, host.to_owned(), port.parse().unwrap_or(usual))
    }

    /// Path and query, without `?`.
    pub(super) fn path_and_query(&self, address: Address) -> (&str, &str) {
        match address {
            Address::Original => (self.original.path(), self.original.query().unwrap_or_default()),
            Address::Backend => (&self.path, &self.query),
        }
    }
}

/// The bytes of request line and header fields.
fn head_size(parts: &Parts) -> u64 {
    let target = parts.uri.path().len() + parts.uri.query().map_or(0, |query| query.len() + 1);
    // Two spaces, the version, the line's end, and that of the head.
    let line = parts.method.as_str().len() + target + "  HTTP/1.1\r\n\r\n".len();
    line as u64 + fields_size(&parts.headers)
}

/// The bytes of header fields, a line each.
pub(super) fn fields_size(headers: &HeaderMap) -> u64 {
    let sizes = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    sizes.sum::<usize>() as u64
}

fn content_length(headers: &HeaderMap) -> u64 {
    headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok()).unwrap_or(0)
}
