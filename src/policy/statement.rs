//! Policies compiled: what the gateway executes, as data.

use std::fmt;
use std::sync::Arc;

use super::expression::{Expression, Reads};
use super::policies::{
    AuthenticationBasic, CacheLookup, CacheLookupValue, CacheRemoveValue, CacheStore, CacheStoreValue, CheckHeader,
    Choose, ConvertBody, Cors, EmitMetric, FindAndReplace, ForwardRequest, Jsonp, LimitConcurrency, ManagedIdentity,
    MockResponse, Quota, QuotaByKey, RateLimit, RateLimitByKey, Retry, ReturnResponse, RewriteUri, SendRequest,
    SetBackendService, SetBody, SetField, SetMethod, SetStatus, SetVariable, Trace, ValidateJwt, Wait,
};
use super::policies::{AuthorizationContext, IpFilter, ValidateAzureAdToken};
use super::policies::{ValidateContent, ValidateHeaders, ValidateParameters, ValidateStatusCode};
use crate::diagnose::Place;

/// One policy of a document, ready to be executed.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The policy's name, e.g. `validate-jwt`.
    pub policy: &'static str,
    /// Its `id` attribute.
    pub id: Option<Arc<str>>,
    /// Where it stands.
    pub place: Place,
    /// The scope of its document.
    pub scope: Scope,
    /// Where in the section, e.g. `choose[3]/when[2]`.
    pub path: Arc<str>,
    /// What it does.
    pub action: Action,
    /// What its expressions read, nested policies not counted.
    pub reads: Reads,
}

/// Statements in the order in which they are executed.
pub type Statements = Arc<[Arc<Statement>]>;

/// What a statement does: one variant a policy.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each variant is the policy of that name")]
pub enum Action {
    AuthenticationBasic(AuthenticationBasic),
    AuthenticationCertificate,
    AuthorizationContext(Box<AuthorizationContext>),
    CacheLookup(CacheLookup),
    CacheLookupValue(CacheLookupValue),
    CacheRemoveValue(CacheRemoveValue),
    CacheStore(CacheStore),
    CacheStoreValue(CacheStoreValue),
    CheckHeader(CheckHeader),
    Choose(Choose),
    ConvertBody(ConvertBody),
    Cors(Box<Cors>),
    EmitMetric(Box<EmitMetric>),
    FindAndReplace(FindAndReplace),
    ForwardRequest(ForwardRequest),
    IpFilter(IpFilter),
    /// A policy that does nothing here.
    Ignored,
    Jsonp(Jsonp),
    ManagedIdentity(ManagedIdentity),
    LimitConcurrency(LimitConcurrency),
    MockResponse(MockResponse),
    Quota(Box<Quota>),
    QuotaByKey(Box<QuotaByKey>),
    RateLimit(Box<RateLimit>),
    RateLimitByKey(Box<RateLimitByKey>),
    /// `redirect-content-urls`.
    RedirectContentUrls,
    Retry(Retry),
    ReturnResponse(ReturnResponse),
    RewriteUri(RewriteUri),
    SendOneWayRequest(Box<SendRequest>),
    SendRequest(Box<SendRequest>),
    SetBackendService(SetBackendService),
    SetBody(SetBody),
    SetHeader(SetField),
    SetMethod(SetMethod),
    SetQueryParameter(SetField),
    SetStatus(SetStatus),
    SetVariable(SetVariable),
    Trace(Trace),
    /// A policy that is not emulated: it does nothing but leave a trace
    /// record, or refuses the call.
    Unsupported(Box<Unsupported>),
    ValidateAzureAdToken(Box<ValidateAzureAdToken>),
    ValidateContent(Box<ValidateContent>),
    ValidateHeaders(ValidateHeaders),
    ValidateJwt(Box<ValidateJwt>),
    Wait(Wait),
    ValidateParameters(Box<ValidateParameters>),
    ValidateStatusCode(ValidateStatusCode),
}

/// A policy that is not emulated.
#[derive(Clone, Debug)]
pub struct Unsupported {
    /// Its name as it is written.
    pub name: Arc<str>,
    /// What of it is not emulated.
    pub why: Arc<str>,
    /// Whether it is there to refuse calls: then calls that reach it are
    /// refused, since without it they would pass unchecked.
    pub guard: bool,
}

/// A value that is written out, or an expression that gives it.
#[derive(Clone, Debug)]
pub enum Given<T> {
    /// Written out.
    Fixed(T),
    /// Evaluated for each call.
    Expression(Arc<Expression>),
}

/// Given text.
pub type GivenText = Given<Arc<str>>;

impl<T> Given<T> {
    /// The value that is written out, if it is.
    pub fn fixed(&self) -> Option<&T> {
        match self {
            Self::Fixed(value) => Some(value),
            Self::Expression(_) => None,
        }
    }

    /// The expression that gives it, if one does.
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Self::Fixed(_) => None,
            Self::Expression(expression) => Some(expression),
        }
    }
}

/// The four sections of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// Before the backend is called.
    Inbound,
    /// Around the call of the backend.
    Backend,
    /// After the backend answered.
    Outbound,
    /// After any step raised.
    OnError,
}

impl Section {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Inbound, Self::Backend, Self::Outbound, Self::OnError];

    /// The element's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Backend => "backend",
            Self::Outbound => "outbound",
            Self::OnError => "on-error",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a document applies, from broad to narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All APIs.
    Global,
    /// The APIs of a product.
    Product,
    /// One API.
    Api,
    /// One operation.
    Operation,
}

impl Scope {
    /// All of them, from broad to narrow.
    pub const ALL: [Self; 4] = [Self::Global, Self::Product, Self::Api, Self::Operation];

    /// As `LastError.Scope` has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Product => "product",
            Self::Api => "api",
            Self::Operation => "operation",
        }
    }
}
