//! The table of policies.

use super::{
    authentication_basic, authentication_certificate, authentication_managed_identity, cache_response, cache_value,
    check_header, choose, convert_body, cors, emit_metric, find_and_replace, forward_request,
    get_authorization_context, ignored, jsonp, limit_concurrency, mock_response, quota, quota_by_key, rate_limit,
    rate_limit_by_key, redirect_content_urls, retry, return_response, rewrite_uri, send_request, set_backend_service,
    set_body, set_field, set_method, set_status, set_variable, trace, validate_jwt, wait,
};
use super::{
    ip_filter, validate_azure_ad_token, validate_content, validate_headers, validate_parameters, validate_status_code,
};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Scope, Section};

/// One policy: its name, where it may stand, how truly it is emulated, how it
/// is read.
pub(in crate::policy) struct PolicyKind {
    pub(in crate::policy) name: &'static str,
    pub(in crate::policy) sections: &'static [Section],
    /// Where the platform allows it (reference §2).
    pub(in crate::policy) scopes: &'static [Scope],
    pub(in crate::policy) emulation: Emulation,
    /// `None` where something is missing, which is a diagnostic already.
    pub(in crate::policy) compile: fn(&mut Reader<'_, '_, '_>) -> Option<Action>,
}

/// How truly a policy is emulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emulation {
    /// As the platform does it, as far as that is known.
    Emulated,
    /// Nearly so; one sentence says what differs.
    Approximated(&'static str),
    /// It does nothing here; one sentence says why.
    Ignored(&'static str),
}

/// Every scope.
pub(in crate::policy) const EVERYWHERE: &[Scope] = &Scope::ALL;

/// Every scope but that of all APIs.
pub(super) const BELOW_GLOBAL: &[Scope] = &[Scope::Product, Scope::Api, Scope::Operation];

/// Every section.
pub(in crate::policy) const ANYWHERE: &[Section] = &Section::ALL;

/// Inbound only.
pub(super) const INBOUND: &[Section] = &[Section::Inbound];

/// Policies whose purpose is to refuse calls, emulated or not. One that can't
/// be emulated is never passed over: calls that reach it are refused.
pub(super) const GUARDS: &[&str] = &[
    "check-header",
    "ip-filter",
    "limit-concurrency",
    "quota",
    "quota-by-key",
    "rate-limit",
    "rate-limit-by-key",
    "validate-azure-ad-token",
    "validate-client-certificate",
    "validate-content",
    "validate-graphql-request",
    "validate-headers",
    "validate-jwt",
    "validate-odata-request",
    "validate-parameters",
    "validate-status-code",
];

/// Every policy that is emulated, by name.
pub(in crate::policy) const POLICIES: &[PolicyKind] = &[
    authentication_basic::KIND,
    authentication_certificate::KIND,
    authentication_managed_identity::KIND,
    cache_response::LOOKUP,
    cache_value::LOOKUP,
    cache_value::REMOVE,
    cache_response::STORE,
    cache_value::STORE,
    ignored::AZURE_OPENAI_EMIT_TOKEN_METRIC,
    ignored::AZURE_OPENAI_SEMANTIC_CACHE_LOOKUP,
    ignored::AZURE_OPENAI_SEMANTIC_CACHE_STORE,
    ignored::AZURE_OPENAI_TOKEN_LIMIT,
    check_header::KIND,
    choose::KIND,
    cors::KIND,
    ignored::CROSS_DOMAIN,
    emit_metric::KIND,
    find_and_replace::KIND,
    forward_request::KIND,
    get_authorization_context::KIND,
    limit_concurrency::KIND,
    quota::KIND,
    ip_filter::KIND,
    convert_body::JSON_TO_XML,
    jsonp::KIND,
    ignored::LLM_CONTENT_SAFETY,
    ignored::LLM_EMIT_TOKEN_METRIC,
    ignored::LLM_SEMANTIC_CACHE_LOOKUP,
    ignored::LLM_SEMANTIC_CACHE_STORE,
    ignored::LLM_TOKEN_LIMIT,
    ignored::LOG_TO_EVENTHUB,
    mock_response::KIND,
    ignored::PUBLISH_EVENT,
    quota_by_key::KIND,
    rate_limit::KIND,
    rate_limit_by_key::KIND,
    redirect_content_urls::KIND,
    retry::KIND,
    return_response::KIND,
    rewrite_uri::KIND,
    send_request::ONE_WAY,
    send_request::KIND,
    ignored::SEND_SERVICE_BUS_MESSAGE,
    set_backend_service::KIND,
    set_body::KIND,
    set_field::HEADER,
    set_method::KIND,
    set_field::QUERY_PARAMETER,
    set_status::KIND,
    set_variable::KIND,
    trace::KIND,
    validate_azure_ad_token::KIND,
    validate_content::KIND,
    validate_headers::KIND,
    validate_jwt::KIND,
    wait::KIND,
    validate_parameters::KIND,
    validate_status_code::KIND,
    convert_body::XML_TO_JSON,
];
