//! `validate-jwt`.

use std::sync::Arc;

use http::StatusCode;

use super::token_checks;
use crate::policy::{TokenSource, ValidateJwt};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::keys::KeySet;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;
use crate::stack::gateway::value::Value;
use crate::stack::jwt::{JwtError, Token};

/// Why a token is refused: `LastError`'s reason and message.
pub(super) struct Refusal {
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Refusal {
    /// With the words that end every such message but one.
    pub(super) fn new(reason: &'static str, text: impl std::fmt::Display) -> Self {
        Self { reason, message: format!("{text} Access denied.") }
    }
}

/// Refuses a call without a valid token.
pub(in crate::stack::gateway) async fn validate_jwt(
    shared: &Shared,
    call: &mut Call,
    policy: &ValidateJwt,
) -> Result<(), Raised> {
    let Some(text) = token_text(call, policy)? else {
        let refusal = Refusal { reason: "TokenNotPresent", message: "JWT not present.".into() };
        return Err(refused(call, policy, refusal, "JWT not present.")?);
    };
    let judged = match verified(shared, call, policy, &text).await? {
        Ok((token, issuers)) => token_checks::judge(call, policy, &token, &issuers)?.map_or(Ok(token), Err),
        Err(refusal) => Err(refusal),
    };
    match judged {
        Ok(token) => {
            if let Some(variable) = &policy.output {
                call.set_variable(variable, Value::Jwt(token));
            }
            Ok(())
        }
        Err(refusal) => Err(refused(call, policy, refusal, "Invalid JWT.")?),
    }
}

fn refused(call: &mut Call, policy: &ValidateJwt, refusal: Refusal, default: &str) -> Result<Raised, Raised> {
    let code = call.number(&policy.code)?;
    let status = u16::try_from(code).ok().and_then(|c| StatusCode::from_u16(c).ok());
    let told = policy.message.as_ref().map(|m| call.text(m)).transpose()?.flatten();
    let told = told.as_deref().unwrap_or(default);
    Ok(Raised::policy(status.unwrap_or(StatusCode::UNAUTHORIZED), refusal.reason, refusal.message, told))
}

/// The token's text, without its scheme. A scheme is demanded of
/// `Authorization` only (reference §2.9).
fn token_text(call: &mut Call, policy: &ValidateJwt) -> Result<Option<String>, Raised> {
    let text = match &policy.source {
        TokenSource::Header(name) => {
            let name = call.text_or_empty(name)?;
            let value = call.request_headers.get(&*name).and_then(|v| v.to_str().ok()).map(str::to_owned);
            let Some(value) = value else { return Ok(None) };
            let demanded = match &policy.require_scheme {
                Some(scheme) if name.eq_ignore_ascii_case("Authorization") => call.text(scheme)?,
                _ => None,
            };
            match (value.trim().split_once(' '), demanded) {
                (Some((scheme, token)), Some(demanded)) if scheme.eq_ignore_ascii_case(&demanded) => {
                    Some(token.to_owned())
                }
                (_, Some(_)) => None,
                (Some((scheme, token)), None) if scheme.eq_ignore_ascii_case("Bearer") => Some(token.to_owned()),
                _ => Some(value),
            }
        }
        TokenSource::Query(name) => {
            let name = call.text_or_empty(name)?;
            let query = url::form_urlencoded::parse(call.query.as_bytes());
            query.into_iter().find(|(n, _)| *n == *name).map(|(_, value)| value.into_owned())
        }
        TokenSource::Value(value) => call.text(value)?.map(|t| t.to_string()),
    };
    Ok(text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()))
}

/// The token, if a key of one of the issuers signed it, and those issuers.
async fn verified(
    shared: &Shared,
    call: &mut Call,
    policy: &ValidateJwt,
    text: &str,
) -> Result<Result<(Arc<Token>, Vec<Arc<str>>), Refusal>, Raised> {
    let (mut sets, mut urls) = (Vec::new(), Vec::new());
    for url in &policy.openid_configs {
        let url = call.text_or_empty(url)?;
        sets.push(shared.keys.get(&url).await.map_err(|e| unavailable(&e))?);
        urls.push(url);
    }
    let issuers = |sets: &[Arc<KeySet>]| sets.iter().map(|s| Arc::from(s.issuer.as_str())).collect();
    let mut error = JwtError::Malformed;
    for set in &sets {
        match set.verify(text) {
            Ok(token) => return Ok(Ok((token, issuers(&sets)))),
            Err(e) => error = e,
        }
    }
    if let JwtError::UnknownKey(_) = error {
        // The issuer may have a new key; asked for at most every five minutes.
        for url in &urls {
            let set = shared.keys.refreshed(url).await.map_err(|e| unavailable(&e))?;
            if let Ok(token) = set.verify(text) {
                return Ok(Ok((token, issuers(&sets))));
            }
        }
    }
    Ok(Err(signature_refusal(&error)))
}

fn unavailable(error: &str) -> Raised {
    Raised::internal("", "OpenIdConfigurationUnavailable", format!("IDX20803: {error}"))
}

/// Library texts are those of the platform's token library, shortened.
fn signature_refusal(error: &JwtError) -> Refusal {
    match error {
        JwtError::Malformed => {
            Refusal { reason: "JwtInvalid", message: "IDX12741: JWT must have three segments (JWS).".into() }
        }
        JwtError::UnknownKey(kid) => Refusal::new(
            "TokenSignatureKeyNotFound",
            format_args!("IDX10503: Signature validation failed. Token does not have a known kid: '{kid}'."),
        ),
        JwtError::Algorithm(alg) if alg.eq_ignore_ascii_case("none") => Refusal::new(
            "TokenSignatureInvalid",
            "IDX10504: Unable to validate signature, token does not have a signature.",
        ),
        other => Refusal::new("TokenSignatureInvalid", format_args!("IDX10511: Signature validation failed: {other}.")),
    }
}
