//! Who may call: the token.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::observe::ReceivedCall;
use crate::stack::issuer::{Tenant, TokenVersion};

/// What the tenant's file calls the trigger.
const RESOURCE: &str = "flow-trigger";

/// How far the clocks of issuer and trigger may differ, in seconds.
const LEEWAY: i64 = 300;

/// Why the bearer of this `Authorization` may not come in.
pub(super) fn refusal(tenant: &Tenant, authorization: Option<&str>, now: Timestamp) -> Option<&'static str> {
    let token = authorization.and_then(|value| value.split_once(' '));
    let Some((_, token)) = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer")) else {
        return Some("no token");
    };
    let Ok(claims) = tenant.verify(token.trim()) else {
        return Some("a token whose signature does not hold");
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let instant = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
    let roles = claims.get("roles").and_then(Value::as_array);
    let Some(own) = tenant.directory().home().resource_named(RESOURCE) else {
        return Some("a token, and the tenant's file has no resource `flow-trigger`");
    };
    let demanded = |role: &Value| own.roles.iter().any(|demanded| role.as_str() == Some(demanded));
    let role = roles.is_some_and(|roles| roles.iter().any(demanded));
    if text("iss") != tenant.issuer(TokenVersion::V2) {
        Some("a token of another issuer")
    } else if text("aud") != own.application_id {
        Some("a token for another audience")
    } else if now.seconds() > instant("exp") + LEEWAY || now.seconds() < instant("nbf") - LEEWAY {
        Some(ReceivedCall::TOKEN_OVER)
    } else if !role {
        Some("a token without the role")
    } else {
        None
    }
}
