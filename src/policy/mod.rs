//! Gateway policy documents: from text to what a gateway executes.
//!
//! In: a folder of documents (for all APIs, products, APIs, operations,
//! fragments), the named values and backends they may name, the overlays to
//! apply. Out: [`Policies`], which fold the documents of all scopes into the
//! [`Effective`] policies of an operation; expressions are compiled. Whatever
//! is unknown or not emulated is a diagnostic that names its place, never a
//! silent pass. Knows neither sockets nor execution: that is the gateway's.

mod balance;
mod claims;
mod compile;
mod document;
mod effective;
mod element;
mod entities;
pub mod expression;
mod fragment;
pub mod instance;
mod inventory;
mod lint;
#[cfg(test)]
mod lint_test;
mod liquid;
mod load;
mod mapped;
mod overlay;
mod policies;
mod policies_of;
mod reader;
mod scan;
mod schema;
mod source;
mod statement;
mod surroundings;
mod view;
#[cfg(test)]
mod vocabulary_test;

pub use claims::{Claim, claims};
pub use document::{Document, Item};
pub use effective::Effective;
pub use inventory::{Entry, Inventory, Subject, Verdict};
pub use lint::{RULES, Rule};
pub use liquid::{Comparison, Condition, Filter, Filtered, For, Node, Operand, PathStep, Template};
pub use load::{lint, lint_of, load, load_instance};
pub use mapped::{Mapped, UrlPattern};
pub use policies::{
    Announcements, ApiPart, AuthenticationBasic, AuthorizationContext, BodyContent, CacheLookup, CacheLookupValue,
    CacheRemoveValue, CacheStore, CacheStoreValue, CheckHeader, Choose, ConvertBody, Cors, EmitMetric, Emulation,
    Exists, FindAndReplace, ForwardRequest, Increment, Jsonp, LimitConcurrency, ManagedIdentity, MockResponse, Named,
    Notation, Quota, QuotaByKey, RateLimit, RateLimitByKey, RequiredClaim, Retry, ReturnResponse, RewriteUri,
    SendRequest, SetBackendService, SetBody, SetField, SetMethod, SetStatus, SetVariable, TokenSource, Trace,
    ValidateJwt, Wait,
};
pub use policies::{Callers, InlineKey, InlineKeyKind, IpFilter, ValidateAzureAdToken, from_base64};
pub use policies::{
    ContentRule, ParameterRules, TypeCondition, ValidateContent, ValidateHeaders, ValidateParameters,
    ValidateStatusCode,
};
pub use policies_of::Policies;
pub use schema::{Adjustment, compile_schema};
pub use statement::{Action, Given, GivenText, Scope, Section, Statement, Statements, Unsupported};
pub use surroundings::{OnUnsupported, Surroundings};
pub use view::effective_text;
