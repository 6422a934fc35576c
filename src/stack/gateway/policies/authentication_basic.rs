//! `authentication-basic`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, header};

use crate::policy::AuthenticationBasic;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Sets `Authorization` to the name and the password.
pub(in crate::stack::gateway) fn authentication_basic(
    call: &mut Call,
    policy: &AuthenticationBasic,
) -> Result<(), Raised> {
    let value = value(call, policy)?;
    call.request_headers.insert(header::AUTHORIZATION, value);
    Ok(())
}

/// The header field's value.
pub(super) fn value(call: &mut Call, policy: &AuthenticationBasic) -> Result<HeaderValue, Raised> {
    let username = call.text_or_empty(&policy.username)?;
    let password = policy.password.as_ref().map(|p| call.text_or_empty(p)).transpose()?.unwrap_or_default();
    let encoded = STANDARD.encode(format!("{username}:{password}"));
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).expect("base64 is visible ASCII");
    value.set_sensitive(true);
    Ok(value)
}
