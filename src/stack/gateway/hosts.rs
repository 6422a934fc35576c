//! What a URL in a policy reaches: an origin or a stub that somebody mapped it
//! to, else nothing. Nothing that is not mapped is ever dialled.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use url::Url;

use super::answer::AnswerBody;
use super::backend::{Backend, SendError};
use super::pool::{Circuit, Pool};
use super::request_body::RequestBody;
use super::turn::UnderWay;
use crate::diagnose::{Diagnostic, Diagnostics, Place};
use crate::door::{Door, Origin};
use crate::policy::{Mapped, UrlPattern};

/// What a host or the beginning of a URL is mapped to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// A server; path and query stay as they are.
    Origin(Origin),
    /// An answer, always the same.
    Stub {
        /// Its status.
        status: u16,
        /// Its header fields.
        headers: BTreeMap<String, String>,
        /// Its body.
        body: String,
    },
}

/// Where requests for one base URL go.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    /// Scheme, host and port as policies name them.
    pub(super) shown: Origin,
    /// What stands before the path of every request; empty, or begins with
    /// `/` and does not end with it.
    pub(super) base_path: String,
    pub(super) reached: Reached,
    pub(super) circuit: Option<Arc<Circuit>>,
}

/// What is behind it.
#[derive(Clone, Debug)]
pub(super) enum Reached {
    Backend(Arc<Backend>),
    Stub(Arc<Stub>),
    /// One of several; which, each request asks.
    Pool(Arc<Pool>),
    /// It is not mapped.
    Nothing,
}

/// A mapped answer, checked.
#[derive(Debug)]
pub(super) struct Stub {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// Everything that is mapped, with a pool of connections for each origin.
#[derive(Debug)]
pub(super) struct Hosts {
    mapped: Mapped<Reached>,
    pools: HashMap<Origin, Arc<Backend>>,
}

impl Hosts {
    /// What `hosts` maps, and the stack's own origins, which are what they are.
    ///
    /// # Errors
    /// A name that is neither a host nor the beginning of a URL, or a stub that
    /// is no HTTP answer.
    pub(super) fn new(
        hosts: &BTreeMap<String, Upstream>,
        own: impl IntoIterator<Item = Origin>,
        (door, calls): (&Door, &UnderWay),
    ) -> Result<Self, Diagnostics> {
        let mut pools = HashMap::new();
        let mut pool = |origin: &Origin| {
            let new = || Arc::new(Backend::new(origin.clone(), door.clone(), calls.clone()));
            Reached::Backend(Arc::clone(pools.entry(origin.clone()).or_insert_with(new)))
        };
        let mut entries = Vec::new();
        for origin in own {
            entries.extend(UrlPattern::parse(&origin.to_string()).map(|pattern| (pattern, pool(&origin))));
        }
        let mut faults = Diagnostics::new();
        for (name, upstream) in hosts {
            let mut wrong = |what: &str| {
                let what = format!("host `{name}` is {what}");
                faults.push(Diagnostic::error(Place::file("gateway.hosts"), what));
            };
            let reached = match upstream {
                Upstream::Origin(origin) => Some(pool(origin)),
                Upstream::Stub { status, headers, body } => {
                    Stub::new(*status, headers, body).map(|stub| Reached::Stub(Arc::new(stub)))
                }
            };
            match (UrlPattern::parse(name), reached) {
                (Some(pattern), Some(reached)) => entries.push((pattern, reached)),
                (None, _) => wrong("neither a host nor the beginning of a URL"),
                (_, None) => wrong("mapped to a stub that is no answer"),
            }
        }
        if faults.has_errors() { Err(faults) } else { Ok(Self { mapped: Mapped::new(entries), pools }) }
    }

    /// The patterns, for naming what is not mapped.
    pub(super) fn patterns(&self) -> Mapped {
        self.mapped.patterns()
    }

    /// What a URL reaches.
    pub(super) fn reach(&self, url: &Url) -> Reached {
        self.mapped.find(url).cloned().unwrap_or(Reached::Nothing)
    }

    /// The pool of an origin that is one of the stack's own.
    pub(super) fn origin(&self, origin: &Origin) -> Destination {
        let reached = self.pools.get(origin).map_or(Reached::Nothing, |pool| Reached::Backend(Arc::clone(pool)));
        Destination::new(origin.clone(), reached)
    }

    /// Where requests for a base URL go; `None` where it is no `http` or
    /// `https` URL.
    pub(super) fn destination(&self, base: &str) -> Option<Destination> {
        let url = Url::parse(base.trim()).ok()?;
        let shown = Origin::parse(url.as_str())?;
        let base_path = url.path().trim_end_matches('/').to_owned();
        Some(Destination { base_path, ..Destination::new(shown, self.reach(&url)) })
    }

    /// Ends connections that nobody used for a while.
    pub(super) fn tidy(&self) {
        for pool in self.pools.values() {
            pool.tidy();
        }
    }

    pub(super) async fn stop(&self) {
        for pool in self.pools.values() {
            pool.stop().await;
        }
    }
}

impl Destination {
    /// Where paths are what they are.
    pub(super) fn new(shown: Origin, reached: Reached) -> Self {
        Self { shown, base_path: String::new(), reached, circuit: None }
    }

    /// Whether anything is behind it.
    pub(super) fn is_reached(&self) -> bool {
        !matches!(self.reached, Reached::Nothing)
    }

    /// Sends a request whose target is path and query.
    pub(super) async fn send(&self, request: Request<RequestBody>) -> Result<Response<AnswerBody>, SendError> {
        match &self.reached {
            Reached::Backend(backend) => Ok(backend.send(request).await?.map(AnswerBody::Backend)),
            Reached::Stub(stub) => Ok(stub.response()),
            Reached::Pool(_) | Reached::Nothing => Err(SendError::NotMapped(self.shown.to_string())),
        }
    }

    /// What `Host` says: who is really called, else who was meant.
    pub(super) fn authority(&self) -> HeaderValue {
        match &self.reached {
            Reached::Backend(backend) => backend.authority.clone(),
            _ => HeaderValue::try_from(self.shown.authority()).unwrap_or(HeaderValue::from_static("")),
        }
    }
}

impl Stub {
    fn new(status: u16, headers: &BTreeMap<String, String>, body: &str) -> Option<Self> {
        let status = StatusCode::from_u16(status).ok().filter(|s| s.as_u16() >= 200)?;
        let mut fields = HeaderMap::new();
        for (name, value) in headers {
            fields.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        Some(Self { status, headers: fields, body: Bytes::copy_from_slice(body.as_bytes()) })
    }

    fn response(&self) -> Response<AnswerBody> {
        let mut response = Response::new(AnswerBody::Bytes(self.body.clone()));
        *response.status_mut() = self.status;
        response.headers_mut().clone_from(&self.headers);
        response
    }
}
