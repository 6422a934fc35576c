//! Who may call: the token.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::observe::ReceivedCall;
use crate::stack::identity::{TRIGGER_AUDIENCE, TRIGGER_ROLE};
use crate::stack::issuer::Tenant;
use crate::stack::jwt::verify;

/// How far the clocks of issuer and trigger may differ, in seconds.
const LEEWAY: i64 = 300;

/// Why the bearer of this `Authorization` may not come in.
pub(super) fn refusal(tenant: &Tenant, authorization: Option<&str>, now: Timestamp) -> Option<&'static str> {
    let token = authorization.and_then(|value| value.split_once(' '));
    let Some((_, token)) = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer")) else {
        return Some("no token");
    };
    let Ok(claims) = verify(token.trim(), &[tenant.verifying()]) else {
        return Some("a token whose signature does not hold");
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let instant = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
    let roles = claims.get("roles").and_then(Value::as_array);
    let role = roles.is_some_and(|roles| roles.iter().any(|role| role.as_str() == Some(TRIGGER_ROLE)));
    if text("iss") != tenant.issuer() {
        Some("a token of another issuer")
    } else if text("aud") != TRIGGER_AUDIENCE {
        Some("a token for another audience")
    } else if now.seconds() > instant("exp") + LEEWAY || now.seconds() < instant("nbf") - LEEWAY {
        Some(ReceivedCall::TOKEN_OVER)
    } else if !role {
        Some("a token without the role")
    } else {
        None
    }
}
