//! Client assertions: a client proves itself by a token that it signed
//! (`private_key_jwt`, RFC 7523 §2.2).

use serde_json::{Map, Value};

use super::directory::{Client, ClientKey, Registered};
use super::error::Refusal;
use crate::clock::Timestamp;
use crate::stack::jwt::{Token, decode_unverified};

/// What `client_assertion_type` must say.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far the clocks of client and issuer may differ, in seconds.
const LEEWAY: i64 = 300;

/// The host that assertions for Entra ID itself name.
const ENTRA: &str = "login.microsoftonline.com";

/// Where and when an assertion is judged.
pub(super) struct Circumstances<'a> {
    pub(super) tenant: &'a Registered,
    /// Host and port of the issuer, and as the caller wrote them.
    pub(super) hosts: [&'a str; 2],
    pub(super) now: Timestamp,
}

/// Why an assertion does not prove a client.
pub(super) fn refusal(
    assertion: &str,
    client: &Client,
    keys: &[ClientKey],
    at: &Circumstances<'_>,
) -> Result<(), Refusal> {
    let token = decode_unverified(assertion).map_err(|_| Refusal::AssertionMalformed("It has not three parts."))?;
    let text = |name: &str| token.claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let (issuer, subject) = (text("iss"), text("sub"));
    if !issuer.eq_ignore_ascii_case(&client.application_id) {
        return Err(Refusal::Federated {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audience: audiences(&token.claims).join(", "),
        });
    }
    if !subject.eq_ignore_ascii_case(&client.application_id) {
        return Err(Refusal::AssertionClient);
    }
    signature(assertion, &token, keys)?;
    if !audiences(&token.claims).into_iter().any(|audience| is_ours(audience, at)) {
        return Err(Refusal::AssertionAudience);
    }
    // It may come again: MSAL sends one assertion for ten minutes.
    if text("jti").is_empty() {
        return Err(Refusal::AssertionMalformed("The claim 'jti' is missing."));
    }
    lifetime(&token.claims, at.now)
}

fn audiences(claims: &Map<String, Value>) -> Vec<&str> {
    match claims.get("aud") {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    }
}

/// Whether an audience is the tenant's token endpoint, of either version, or
/// its issuer.
fn is_ours(audience: &str, at: &Circumstances<'_>) -> bool {
    let Ok(url) = url::Url::parse(audience) else { return false };
    let authority = url.authority();
    if !(at.hosts.contains(&authority) || authority.eq_ignore_ascii_case(ENTRA)) {
        return false;
    }
    let (tenant, rest) = url.path().trim_start_matches('/').split_once('/').unwrap_or((url.path(), ""));
    at.tenant.is_called(tenant.trim_matches('/')) && matches!(rest, "oauth2/v2.0/token" | "oauth2/token" | "v2.0" | "")
}

fn signature(assertion: &str, token: &Token, keys: &[ClientKey]) -> Result<(), Refusal> {
    let algorithm = token.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if !matches!(algorithm, "RS256" | "PS256") {
        return Err(Refusal::AssertionSignature("The algorithm is neither RS256 nor PS256."));
    }
    let named: Vec<&ClientKey> = keys.iter().filter(|key| key.is_named_by(&token.header)).collect();
    if named.is_empty() {
        return Err(Refusal::AssertionSignature("The key was not found."));
    }
    let signed = assertion.rsplit_once('.').map_or("", |(signed, _)| signed);
    if named.into_iter().any(|key| key.signed(algorithm, signed.as_bytes(), token.signature())) {
        return Ok(());
    }
    Err(Refusal::AssertionSignature("The key was found, but use of the key to verify the signature failed."))
}

fn lifetime(claims: &Map<String, Value>, now: Timestamp) -> Result<(), Refusal> {
    let instant = |name: &str| claims.get(name).and_then(Value::as_f64).map(|seconds| seconds as i64);
    let Some(until) = instant("exp") else {
        return Err(Refusal::AssertionMalformed("The claim 'exp' is missing."));
    };
    let from = instant("nbf").or_else(|| instant("iat")).unwrap_or(until);
    if now.seconds() >= until.saturating_add(LEEWAY) || now.seconds() < from.saturating_sub(LEEWAY) {
        return Err(Refusal::AssertionTime { now, from, until });
    }
    Ok(())
}
