//! The policies that are emulated: each in a file of its own with its compiled
//! form and how it is read, and one table of them.
//!
//! What a policy does with a call stands in the gateway, in a file of the same
//! name.

mod announcements;
mod authentication_basic;
mod authentication_certificate;
mod authentication_managed_identity;
mod cache_response;
mod cache_value;
mod check_header;
mod choose;
mod forward_request;
mod ip_filter;
mod limit_concurrency;
mod parts;
mod quota;
mod quota_by_key;
mod rate_limit;
mod rate_limit_by_key;
mod retry;
mod return_response;
mod rewrite_uri;
mod send_request;
mod set_backend_service;
mod set_body;
mod set_field;
mod set_method;
mod set_status;
mod set_variable;
mod table;
mod trace;
mod validate_azure_ad_token;
mod validate_content;
mod validate_headers;
mod validate_jwt;
mod validate_parameters;
mod validate_status_code;
mod validation_action;
mod wait;

pub use announcements::Announcements;
pub use authentication_basic::AuthenticationBasic;
pub use authentication_managed_identity::ManagedIdentity;
pub use cache_response::{CacheLookup, CacheStore};
pub use cache_value::{CacheLookupValue, CacheRemoveValue, CacheStoreValue};
pub use check_header::CheckHeader;
pub use choose::Choose;
pub use forward_request::ForwardRequest;
pub use ip_filter::{Callers, IpFilter};
pub use limit_concurrency::LimitConcurrency;
pub use parts::{ApiPart, Named};
pub use quota::Quota;
pub use quota_by_key::QuotaByKey;
pub use rate_limit::RateLimit;
pub use rate_limit_by_key::{Increment, RateLimitByKey};
pub use retry::Retry;
pub use return_response::ReturnResponse;
pub use rewrite_uri::RewriteUri;
pub use send_request::SendRequest;
pub use set_backend_service::SetBackendService;
pub use set_body::SetBody;
pub use set_field::{Exists, SetField};
pub use set_method::SetMethod;
pub use set_status::SetStatus;
pub use set_variable::SetVariable;
pub use trace::Trace;
pub use validate_azure_ad_token::ValidateAzureAdToken;
pub use validate_content::{ContentRule, TypeCondition, ValidateContent};
pub use validate_headers::ValidateHeaders;
pub use validate_jwt::{InlineKey, InlineKeyKind, RequiredClaim, TokenSource, ValidateJwt, from_base64};
pub use validate_parameters::{ParameterRules, ValidateParameters};
pub use validate_status_code::ValidateStatusCode;
pub use wait::Wait;

pub use table::Emulation;
pub(super) use table::{POLICIES, PolicyKind};
