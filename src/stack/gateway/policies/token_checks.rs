//! What a token that was verified must say, in the order in which the platform
//! looks: lifetime, audience, issuer, claims.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

use super::validate_jwt::Refusal;
use crate::clock::Timestamp;
use crate::policy::{GivenText, RequiredClaim, ValidateJwt};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::evaluate::claim_texts;
use crate::stack::gateway::raised::Raised;
use crate::stack::jwt::Token;

/// Why the token is refused, if it is.
pub(super) fn judge(
    call: &mut Call,
    policy: &ValidateJwt,
    token: &Token,
    issuers: &[Arc<str>],
) -> Result<Option<Refusal>, Raised> {
    if let Some(refusal) = lifetime(call, policy, token)? {
        return Ok(Some(refusal));
    }
    if let Some(refusal) = audience(call, policy, token)? {
        return Ok(Some(refusal));
    }
    let mut accepted = issuers.to_vec();
    accepted.extend(texts(call, &policy.issuers)?);
    let issuer = token.claims.get("iss").and_then(Json::as_str).unwrap_or_default();
    if !accepted.iter().any(|i| **i == *issuer) {
        let text = format_args!("IDX10205: Issuer validation failed. Issuer: '{issuer}'.").to_string();
        return Ok(Some(Refusal::new("TokenIssuerNotAllowed", text)));
    }
    claims(call, policy, token)
}

fn texts(call: &mut Call, given: &[GivenText]) -> Result<Vec<Arc<str>>, Raised> {
    given.iter().map(|g| call.text_or_empty(g)).collect()
}

fn lifetime(call: &mut Call, policy: &ValidateJwt, token: &Token) -> Result<Option<Refusal>, Raised> {
    let skew = Duration::from_secs(u64::try_from(call.number(&policy.clock_skew)?).unwrap_or(0));
    let instant = |name: &str| token.claims.get(name).and_then(Json::as_f64).map(|s| Timestamp::from_seconds(s as i64));
    let now = call.clock.now();
    match instant("exp") {
        None if call.flag(&policy.require_expiration)? => {
            return Ok(Some(Refusal::new(
                "JwtInvalid",
                "IDX10225: Lifetime validation failed. The token is missing an Expiration Time.",
            )));
        }
        Some(expires) if expires.plus(skew) <= now => {
            let text = format!(
                "IDX10223: Lifetime validation failed. The token is expired. ValidTo (UTC): '{expires}', Current time (UTC): '{now}'."
            );
            return Ok(Some(Refusal::new("TokenExpired", text)));
        }
        _ => {}
    }
    Ok(instant("nbf").filter(|begins| *begins > now.plus(skew)).map(|begins| {
        let text = format!("IDX10222: Lifetime validation failed. The token is not yet valid. ValidFrom (UTC): '{begins}', Current time (UTC): '{now}'.");
        Refusal::new("JwtInvalid", text)
    }))
}

fn audience(call: &mut Call, policy: &ValidateJwt, token: &Token) -> Result<Option<Refusal>, Raised> {
    if policy.audiences.is_empty() {
        return Ok(None);
    }
    let accepted = texts(call, &policy.audiences)?;
    let has = claim_texts(token, "aud").unwrap_or_default();
    if has.iter().any(|aud| accepted.contains(aud)) {
        return Ok(None);
    }
    let text = format!("IDX10214: Audience validation failed. Audiences: '{}'.", has.join(", "));
    Ok(Some(Refusal::new("TokenAudienceNotAllowed", text)))
}

fn claims(call: &mut Call, policy: &ValidateJwt, token: &Token) -> Result<Option<Refusal>, Raised> {
    let missing: Vec<&str> =
        policy.claims.iter().map(|c| &*c.name).filter(|name| !token.claims.contains_key(*name)).collect();
    if !missing.is_empty() {
        let text = format!("JWT token is missing the following claims: {}.", missing.join(", "));
        return Ok(Some(Refusal::new("TokenClaimNotFound", text)));
    }
    for claim in &policy.claims {
        let wanted = texts(call, &claim.values)?;
        let has = values(token, claim);
        let holds = |value: &Arc<str>| has.contains(value);
        let fits = if claim.all { wanted.iter().all(holds) } else { wanted.is_empty() || wanted.iter().any(holds) };
        if !fits {
            let text = format!("Claim {} value of {} is not allowed.", claim.name, has.join(","));
            return Ok(Some(Refusal::new("TokenClaimValueNotAllowed", text)));
        }
    }
    Ok(None)
}

fn values(token: &Token, claim: &RequiredClaim) -> Vec<Arc<str>> {
    let values = claim_texts(token, &claim.name).unwrap_or_default();
    match &claim.separator {
        Some(separator) => values.iter().flat_map(|v| v.split(&**separator).map(Arc::from)).collect(),
        None => values,
    }
}
