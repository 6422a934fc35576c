//! What a behaviour file says.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{Callback, Commits, DataCall, Determinism, Effects, Jobs, Manners, Pool, Reads, Selector};
use crate::clock::Timestamp;
use crate::diagnose::{Node, Place};

/// A behaviour file that was loaded: strict, every type that is named is
/// declared. Parts that the file leaves out are `None`: nothing is promised
/// there, so nothing is judged.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// Whose promises these are.
    pub role: Role,
    /// Where in its life the version is.
    pub lifecycle: Option<Lifecycle>,
    /// The correlation ID.
    pub correlation: Option<Correlation>,
    /// Who may call.
    pub identity: Option<Identity>,
    /// How the service reaches Dataverse.
    pub data_path: Option<DataPath>,
    /// What is promised for the same call twice.
    pub idempotency: Option<Idempotency>,
    /// The shape of an error's body.
    pub error_shape: Option<ErrorShape>,
    /// The declared failure types, in the order of the file.
    pub errors: Vec<ErrorType>,
    /// What is refused for its size or kind.
    pub limits: Option<Limits>,
    /// How much is admitted.
    pub throttling: Option<Throttling>,
    /// What is written.
    pub effects: Option<Effects>,
    /// How the service treats Dataverse.
    pub dataverse: Option<Manners>,
    /// What the service reads from Dataverse; `None`: not declared.
    pub reads: Option<Reads>,
    /// What a flow writes of an answer; `None`: not declared.
    pub commits: Option<Commits>,
    /// How the tested service calls this API; `None` where it answers.
    pub callback: Option<Callback>,
    /// What calls that are the same have in common.
    pub determinism: Option<Determinism>,
    /// What is promised about work that goes on after a 202.
    pub jobs: Option<Jobs>,
    /// Where existing identities come from.
    pub pools: Vec<Pool>,
    /// Calls before the first case.
    pub set_up: Vec<DataCall>,
    /// Calls after the last case.
    pub clean_up: Vec<DataCall>,
    /// What latency is promised.
    pub objectives: Vec<Objective>,
    /// The document with places.
    pub source: Node,
}

impl Behaviour {
    /// A declared failure type.
    pub fn error(&self, name: &TypeName) -> Option<&ErrorType> {
        self.errors.iter().find(|e| e.name == *name)
    }

    /// Where a promise stands, by JSON Pointer; the nearest parent that
    /// stands there, else the file.
    pub fn place(&self, pointer: &str) -> Place {
        let mut pointer = pointer;
        loop {
            if let Some(node) = self.source.pointer(pointer) {
                return node.place.clone();
            }
            match pointer.rfind('/') {
                Some(cut) => pointer = &pointer[..cut],
                None => return Place::file(self.file.clone()),
            }
        }
    }
}

/// Whose promises a behaviour file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The service answers: judged is what it answers and writes.
    Provider,
    /// The service calls: judged is what it sends there.
    Consumer,
}

/// The name of a failure type, e.g. `validation_error`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TypeName(pub Arc<str>);

impl TypeName {
    /// From its text.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `lifecycle`.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    /// `status`.
    pub status: LifecycleStatus,
    /// `since`: when it was deprecated.
    pub since: Option<Timestamp>,
    /// `sunset`: when it stops answering.
    pub sunset: Option<Timestamp>,
    /// `successor`: the version to go to.
    pub successor: Option<String>,
    /// `after_sunset`.
    pub after_sunset: Option<AfterSunset>,
}

/// `lifecycle.status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleStatus {
    /// `active`.
    Active,
    /// `deprecated`.
    Deprecated,
    /// `retired`.
    Retired,
}

/// `lifecycle.after_sunset`: what answers then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterSunset {
    /// A declared failure type, e.g. `gone`.
    Type(TypeName),
    /// `unchanged`: it still answers.
    Unchanged,
}

/// `correlation`.
#[derive(Clone, Debug)]
pub struct Correlation {
    /// The header field that carries the ID.
    pub header: String,
    /// `format: uuid`.
    pub uuid: bool,
    /// Whether every answer carries it back.
    pub echo: bool,
    /// The failure type where it is missing; `None`: it is optional.
    pub missing: Option<TypeName>,
    /// The member of the service's log lines (JSON) that holds the ID; `None`:
    /// nothing is promised of a log.
    pub log: Option<String>,
}

/// `identity`.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The issuer's name in the settings (`entra`).
    pub issuer: String,
    /// 1 or 2.
    pub token_version: u8,
    /// `aud` of a token that is accepted.
    pub audience: String,
    /// `app_id_uri`: what a client asks a token for.
    pub app_id_uri: String,
    /// App roles that are demanded.
    pub roles: Vec<String>,
    /// Whether a call that did not come through the gateway is refused.
    pub through_gateway_only: bool,
}

/// `data_path`: how the service reaches Dataverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataPath {
    /// Through the gateway.
    Governed,
    /// Not at all: the flow writes.
    FlowCommits,
    /// Straight.
    Direct,
}

/// `idempotency`.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// What separates two uses of one ID.
    pub scope: Vec<Scope>,
    /// Where the ID of the flow's run stands.
    pub request: Selector,
    /// Where the identity inside the call stands; `None`: the whole call.
    pub item: Option<Selector>,
    /// Where the step stands that tells apart two calls of one run.
    pub step: Option<Selector>,
    /// The same item with the same content.
    pub same_content: SameContent,
    /// What may differ between two answers.
    pub volatile: Vec<Selector>,
    /// The same item with other content; `None`: not declared.
    pub other_content: Option<OtherContent>,
    /// Other items under the same ID are executed.
    pub new_item_executed: bool,
    /// After a failure in the middle: items done stay done, the rest is
    /// executed (`resumed`).
    pub unfinished_resumed: bool,
    /// The same again while the first still runs.
    pub while_running: Option<RunningPolicy>,
    /// How long it is remembered.
    pub window: Duration,
    /// Types that are never the remembered answer.
    pub not_remembered: Vec<TypeName>,
}

/// `idempotency.scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The calling application.
    Principal,
    /// The operation.
    Operation,
    /// The version of the API.
    Version,
}

/// `idempotency.same_item_same_content`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SameContent {
    /// `same_result`: status and body as the first time, but for what is
    /// volatile.
    SameResult,
    /// `already_processed` or another declared type.
    Type(TypeName),
}

/// `idempotency.same_item_other_content`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherContent {
    /// Refused with this type.
    Type(TypeName),
    /// `executed`: other content is another call.
    Executed,
}

/// `idempotency.while_running`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunningPolicy {
    /// Refused with this type.
    Type(TypeName),
    /// `waits`: answered when the first is done.
    Waits,
    /// `same_location`: 202 with the first one's `Location`.
    SameLocation,
}

/// `errors.shape`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorShape {
    /// `problem+json`: RFC 9457 with the members `failureType`,
    /// `correlationId`, and `errors` where there are several.
    ProblemJson,
}

/// One of `errors.types`.
#[derive(Clone, Debug)]
pub struct ErrorType {
    /// Its name.
    pub name: TypeName,
    /// Its status.
    pub status: u16,
    /// Who answers with it; `None`: either.
    pub tier: Option<crate::wire::Tier>,
    /// Who repeats the call.
    pub retry: Retry,
    /// `retry_after: required`.
    pub retry_after: bool,
}

impl ErrorType {
    /// Where it stands in the behaviour file, as a JSON Pointer.
    pub fn pointer(&self) -> String {
        format!("/errors/types/{}", self.name)
    }
}

/// `errors.types.*.retry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// `policy`: the flow's own retry is right.
    Policy,
    /// `later`: a person or a schedule.
    Later,
    /// `never`: only a changed call can succeed.
    Never,
}

/// `limits`.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Largest accepted body, in bytes.
    pub body: Option<u64>,
    /// `nesting`: deepest accepted nesting of a body, the outermost list or
    /// object counting 1.
    pub nesting: Option<u64>,
    /// `headers`: most bytes of all header fields together: names, values, and
    /// four each for colon, space and line end.
    pub headers: Option<u64>,
    /// `header`: most bytes of one header field, counted likewise.
    pub header: Option<u64>,
    /// `behind`: what the service itself accepts, where a call reaches it past
    /// the gateway; `None`: not declared.
    pub behind: Option<Sizes>,
    /// Most elements, by JSON Pointer of the list.
    pub items: Vec<(Selector, u64)>,
    /// Accepted media types; empty: not declared.
    pub content_types: Vec<String>,
    /// An answer comes within this time.
    pub answer_within: Option<Duration>,
}

/// Limits of size: `limits.behind`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// As [`Limits::body`].
    pub body: Option<u64>,
    /// As [`Limits::nesting`].
    pub nesting: Option<u64>,
    /// As [`Limits::headers`].
    pub headers: Option<u64>,
    /// As [`Limits::header`].
    pub header: Option<u64>,
}

/// `throttling`.
#[derive(Clone, Debug)]
pub struct Throttling {
    /// Who has a budget of his own.
    pub per: ThrottlingPer,
    /// The rate.
    pub rate: Option<Rate>,
    /// The quota.
    pub quota: Option<Quota>,
}

/// `throttling.per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThrottlingPer {
    /// Each calling application.
    Client,
    /// All together.
    Api,
}

/// `throttling.rate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many calls …
    pub calls: u64,
    /// … in each span of this length.
    pub per: Duration,
}

/// `throttling.quota`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// So many calls …
    pub calls: u64,
    /// … in each period of this length.
    pub per: Duration,
}

/// One of `objectives`.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// Judged in phases that offer this many calls per second or more.
    pub at: f64,
    /// Quantile (0.95) → bound.
    pub quantiles: Vec<(f64, Duration)>,
    /// Largest share of failed calls (0.001 for `0.1%`).
    pub errors: Option<f64>,
    /// Where it stands.
    pub place: Place,
}
