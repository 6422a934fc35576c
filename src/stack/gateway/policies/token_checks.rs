//! What a token that was verified must say, in the order in which the platform
//! looks: lifetime, audience, issuer, client, claims.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

use super::validate_jwt::{Demands, Refusal};
use crate::policy::{GivenText, RequiredClaim, ValidateJwt};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::evaluate::claim_texts;
use crate::stack::gateway::known_tokens::Known;
use crate::stack::gateway::raised::Raised;
use crate::stack::jwt::Token;

/// Why the token is refused, if it is; its lifetime is judged apart.
pub(super) fn judge(call: &mut Call, demands: Demands<'_>, known: &Known) -> Result<Option<Refusal>, Raised> {
    let token = &*known.token;
    if let Some(refusal) = audience(call, &demands.token.audiences, token)? {
        return Ok(Some(refusal));
    }
    if let Some(refusal) = issuer(call, demands, known)? {
        return Ok(Some(refusal));
    }
    if let Some(entra) = demands.entra {
        if let Some(refusal) = client(call, &entra.clients, token)? {
            return Ok(Some(refusal));
        }
        if let Some(refusal) = audience(call, &entra.backends, token)? {
            return Ok(Some(refusal));
        }
    }
    claims(call, &demands.token.claims, token)
}

fn texts(call: &mut Call, given: &[GivenText]) -> Result<Vec<Arc<str>>, Raised> {
    given.iter().map(|g| call.text_or_empty(g)).collect()
}

/// Why the token is refused for its age, if it is.
pub(super) fn lifetime(call: &mut Call, policy: &ValidateJwt, known: &Known) -> Result<Option<Refusal>, Raised> {
    let skew = Duration::from_secs(u64::try_from(call.number(&policy.clock_skew)?).unwrap_or(0));
    let now = call.clock.now();
    match known.expires {
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
    Ok(known.begins.filter(|begins| *begins > now.plus(skew)).map(|begins| {
        let text = format!("IDX10222: Lifetime validation failed. The token is not yet valid. ValidFrom (UTC): '{begins}', Current time (UTC): '{now}'.");
        Refusal::new("JwtInvalid", text)
    }))
}

fn audience(call: &mut Call, accepted: &[GivenText], token: &Token) -> Result<Option<Refusal>, Raised> {
    if accepted.is_empty() {
        return Ok(None);
    }
    let accepted = texts(call, accepted)?;
    let has = claim_texts(token, "aud").unwrap_or_default();
    if has.iter().any(|aud| accepted.contains(aud)) {
        return Ok(None);
    }
    let text = format!("IDX10214: Audience validation failed. Audiences: '{}'.", has.join(", "));
    Ok(Some(Refusal::new("TokenAudienceNotAllowed", text)))
}

/// The issuers of the policy and those of its discovery documents are
/// accepted; where there are none, any is.
fn issuer(call: &mut Call, demands: Demands<'_>, known: &Known) -> Result<Option<Refusal>, Raised> {
    let token = &*known.token;
    let issuer = token.claims.get("iss").and_then(Json::as_str).unwrap_or_default();
    let tenant = token.claims.get("tid").and_then(Json::as_str);
    let accepted = texts(call, &demands.token.issuers)?;
    let of_sets = known.issuers().any(|published| {
        expanded(published, tenant).is_some_and(|published| {
            published == issuer || (demands.entra.is_some() && is_other_version(&published, issuer))
        })
    });
    let any = accepted.is_empty() && known.issuers().next().is_none();
    if any || of_sets || accepted.iter().any(|i| **i == *issuer) {
        return Ok(None);
    }
    let text = format!("IDX10205: Issuer validation failed. Issuer: '{issuer}'.");
    Ok(Some(Refusal::new("TokenIssuerNotAllowed", text)))
}

/// The documents of `common` and `organizations` name a template that stands
/// for the tenant of the token.
fn expanded(published: &str, tenant: Option<&str>) -> Option<String> {
    if !published.contains("{tenantid}") {
        return Some(published.to_owned());
    }
    tenant.map(|tenant| published.replace("{tenantid}", tenant))
}

/// Whether an issuer is that of a tenant's tokens of the first version, of
/// which the second version's issuer is published.
fn is_other_version(published: &str, issuer: &str) -> bool {
    let base = published.trim_end_matches('/').trim_end_matches("/v2.0");
    let tenant = base.rsplit('/').next().unwrap_or_default();
    let first = issuer.strip_suffix('/');
    !tenant.is_empty()
        && first.is_some_and(|first| first == base || first.strip_prefix("https://sts.windows.net/") == Some(tenant))
}

/// The client is `appid` in tokens of the first version, `azp` in those of the
/// second (reference §2.10).
fn client(call: &mut Call, accepted: &[GivenText], token: &Token) -> Result<Option<Refusal>, Raised> {
    if accepted.is_empty() {
        return Ok(None);
    }
    let claim = |name: &str| token.claims.get(name).and_then(Json::as_str);
    let Some((name, client)) = ["azp", "appid"].into_iter().find_map(|name| Some((name, claim(name)?))) else {
        return Ok(Some(missing("azp")));
    };
    if texts(call, accepted)?.iter().any(|accepted| accepted.eq_ignore_ascii_case(client)) {
        return Ok(None);
    }
    Ok(Some(not_allowed(name, client)))
}

fn missing(names: &str) -> Refusal {
    Refusal::new("TokenClaimNotFound", format_args!("JWT token is missing the following claims: {names}."))
}

fn not_allowed(name: &str, values: &str) -> Refusal {
    Refusal::new("TokenClaimValueNotAllowed", format_args!("Claim {name} value of {values} is not allowed."))
}

fn claims(call: &mut Call, demanded: &[RequiredClaim], token: &Token) -> Result<Option<Refusal>, Raised> {
    let absent: Vec<&str> =
        demanded.iter().map(|c| &*c.name).filter(|name| !token.claims.contains_key(*name)).collect();
    if !absent.is_empty() {
        return Ok(Some(missing(&absent.join(", "))));
    }
    for claim in demanded {
        let wanted = texts(call, &claim.values)?;
        let any = call.text_or_empty(&claim.matching)?.eq_ignore_ascii_case("any");
        let has = values(token, claim);
        let holds = |value: &Arc<str>| has.contains(value);
        let fits = if any { wanted.is_empty() || wanted.iter().any(holds) } else { wanted.iter().all(holds) };
        if !fits {
            return Ok(Some(not_allowed(&claim.name, &has.join(","))));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_a_tenants_issuer_are_known_and_no_other_tenants() {
        for published in ["https://login.microsoftonline.com/t1/v2.0", "http://127.0.0.1:1/t1/v2.0"] {
            assert!(is_other_version(published, "https://sts.windows.net/t1/"));
            assert!(!is_other_version(published, "https://sts.windows.net/t2/"));
            assert!(!is_other_version(published, "https://sts.windows.net/t1"), "the slash is part of it");
        }
        assert_eq!(expanded("https://x/{tenantid}/v2.0", Some("t1")).as_deref(), Some("https://x/t1/v2.0"));
        assert_eq!(expanded("https://x/{tenantid}/v2.0", None), None);
    }
}
