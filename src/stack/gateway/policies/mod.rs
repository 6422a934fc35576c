//! What each policy does with a call: a file a policy, named as the one that
//! compiles it.

mod check_header;
mod choose;
mod forward_request;
mod managed_identity;
mod quota_by_key;
mod rate_limit_by_key;
mod retry;
mod return_response;
mod rewrite_uri;
mod set_backend_service;
mod set_body;
mod set_header;
mod set_method;
mod set_query_parameter;
mod set_status;
mod token_checks;
mod trace;
mod unsupported;
mod validate_jwt;

pub(super) use check_header::check_header;
pub(super) use choose::choose;
pub(super) use forward_request::forward_request;
pub(super) use managed_identity::managed_identity;
pub(super) use quota_by_key::quota_by_key;
pub(super) use rate_limit_by_key::rate_limit_by_key;
pub(super) use retry::{Retrying, retry};
pub(super) use return_response::return_response;
pub(super) use rewrite_uri::rewrite_uri;
pub(super) use set_backend_service::set_backend_service;
pub(super) use set_body::set_body;
pub(super) use set_header::set_header;
pub(super) use set_method::set_method;
pub(super) use set_query_parameter::set_query_parameter;
pub(super) use set_status::set_status;
pub(super) use trace::trace;
pub(super) use unsupported::unsupported;
pub(super) use validate_jwt::validate_jwt;
