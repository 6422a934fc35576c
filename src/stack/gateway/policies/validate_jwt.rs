//! `validate-jwt` and `validate-azure-ad-token`.

use std::sync::Arc;

use http::{HeaderValue, StatusCode};

use super::token_checks;
use crate::policy::{Given, InlineKeyKind, TokenSource, ValidateAzureAdToken, ValidateJwt, from_base64};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::keys::KeySet;
use crate::stack::gateway::known_tokens::Known;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;
use crate::stack::gateway::signature::{SignatureFault, TokenKey, verify};
use crate::stack::gateway::value::Value;
use crate::stack::jwt::Token;

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

/// What is demanded of a token, by either policy.
#[derive(Clone, Copy)]
pub(super) struct Demands<'p> {
    pub(super) token: &'p ValidateJwt,
    /// What `validate-azure-ad-token` demands beside that.
    pub(super) entra: Option<&'p ValidateAzureAdToken>,
}

impl Demands<'_> {
    fn is_fixed(&self) -> bool {
        self.entra.map_or_else(|| self.token.is_fixed(), ValidateAzureAdToken::is_fixed)
    }
}

/// Refuses a call without a valid token.
pub(in crate::stack::gateway) async fn validate_jwt(
    shared: &Shared,
    call: &mut Call,
    policy: &ValidateJwt,
) -> Result<(), Raised> {
    enforce(shared, call, Demands { token: policy, entra: None }).await
}

/// Refuses a call without a valid token of the tenant.
pub(in crate::stack::gateway) async fn validate_azure_ad_token(
    shared: &Shared,
    call: &mut Call,
    policy: &ValidateAzureAdToken,
) -> Result<(), Raised> {
    enforce(shared, call, Demands { token: &policy.token, entra: Some(policy) }).await
}

async fn enforce(shared: &Shared, call: &mut Call, demands: Demands<'_>) -> Result<(), Raised> {
    let Some(presented) = presented(call, demands.token)? else {
        let refusal = Refusal { reason: "TokenNotPresent", message: "JWT not present.".into() };
        return Err(refused(call, demands.token, refusal, "JWT not present.")?);
    };
    match judged(shared, call, demands, presented.text()).await? {
        Ok(known) => {
            if let Some(variable) = &demands.token.output {
                call.set_variable(variable, Value::Jwt(Arc::clone(&known.token)));
            }
            Ok(())
        }
        Err(refusal) => {
            let default = if demands.entra.is_some() { "Invalid Azure AD JWT" } else { "Invalid JWT." };
            Err(refused(call, demands.token, refusal, default)?)
        }
    }
}

fn refused(call: &mut Call, policy: &ValidateJwt, refusal: Refusal, default: &str) -> Result<Raised, Raised> {
    let code = call.number(&policy.code)?;
    let status = u16::try_from(code).ok().and_then(|c| StatusCode::from_u16(c).ok());
    let told = policy.message.as_ref().map(|m| call.text(m)).transpose()?.flatten();
    let told = told.as_deref().unwrap_or(default);
    Ok(Raised::policy(status.unwrap_or(StatusCode::UNAUTHORIZED), refusal.reason, refusal.message, told))
}

/// A token as it was sent, without its scheme.
enum Presented {
    /// A header field's value, and where in it the token begins and ends.
    Field(HeaderValue, usize, usize),
    Text(Arc<str>),
}

impl Presented {
    /// The part of a field's value that is the token; `None` where it is
    /// empty.
    fn part(value: &HeaderValue, whole: &str, token: &str) -> Option<Self> {
        let token = token.trim();
        let from = token.as_ptr() as usize - whole.as_ptr() as usize;
        (!token.is_empty()).then(|| Self::Field(value.clone(), from, from + token.len()))
    }

    fn text(&self) -> &str {
        match self {
            Self::Field(value, from, to) => value.to_str().ok().and_then(|v| v.get(*from..*to)).unwrap_or_default(),
            Self::Text(text) => text,
        }
    }
}

/// The token that came with the call. A scheme is demanded of `Authorization`
/// only (reference §2.9).
fn presented(call: &mut Call, policy: &ValidateJwt) -> Result<Option<Presented>, Raised> {
    let text: Option<Arc<str>> = match &policy.source {
        TokenSource::Header(name) => {
            let name = call.text_or_empty(name)?;
            let demanded = match &policy.require_scheme {
                Some(scheme) if name.eq_ignore_ascii_case("Authorization") => call.text(scheme)?,
                _ => None,
            };
            let Some(value) = call.request_headers.get(&*name) else { return Ok(None) };
            let Ok(whole) = value.to_str() else { return Ok(None) };
            let token = match (whole.trim().split_once(' '), demanded) {
                (Some((scheme, token)), Some(demanded)) if scheme.eq_ignore_ascii_case(&demanded) => token,
                (_, Some(_)) => return Ok(None),
                (Some((scheme, token)), None) if scheme.eq_ignore_ascii_case("Bearer") => token,
                _ => whole,
            };
            return Ok(Presented::part(value, whole, token));
        }
        TokenSource::Query(name) => {
            let name = call.text_or_empty(name)?;
            let mut query = url::form_urlencoded::parse(call.query.as_bytes());
            query.find(|(n, _)| *n == *name).map(|(_, value)| Arc::from(value.trim()))
        }
        TokenSource::Value(value) => call.text(value)?.map(|t| if t.trim() == &*t { t } else { Arc::from(t.trim()) }),
    };
    Ok(text.filter(|t| !t.is_empty()).map(Presented::Text))
}

/// The token, if it is all that is demanded.
async fn judged(
    shared: &Shared,
    call: &mut Call,
    demands: Demands<'_>,
    text: &str,
) -> Result<Result<Arc<Known>, Refusal>, Raised> {
    let policy = demands.token;
    let urls = openid_configs(call, demands)?;
    let mut sets = Vec::with_capacity(urls.len());
    for url in &urls {
        sets.push(shared.keys.get(&shared.hosts, url).await.map_err(|e| unavailable(&e))?);
    }
    let place = std::ptr::from_ref(policy).addr();
    let known = match shared.tokens.get(place, text, &sets) {
        Some(known) => known,
        None => match Box::pin(proven(shared, call, policy, text, (&urls, &mut sets))).await? {
            Err(fault) => return Ok(Err(signature_refusal(&fault))),
            // What an expression decides for this call proves nothing for others.
            Ok(token) if !policy.has_fixed_keys() => Arc::new(Known::unshared(token, sets)),
            Ok(token) => shared.tokens.remember((place, text), sets, token, call.clock.now()),
        },
    };
    if let Some(refusal) = token_checks::lifetime(call, policy, &known)? {
        return Ok(Err(refusal));
    }
    if !known.is_accepted() {
        if let Some(refusal) = token_checks::judge(call, demands, &known)? {
            return Ok(Err(refusal));
        }
        if demands.is_fixed() {
            known.accept();
        }
    }
    Ok(Ok(known))
}

/// The discovery documents. Where an expression names the tenant, its document
/// is not among those of the policy.
fn openid_configs(call: &mut Call, demands: Demands<'_>) -> Result<Vec<Arc<str>>, Raised> {
    let mut urls = Vec::with_capacity(demands.token.openid_configs.len());
    for url in &demands.token.openid_configs {
        urls.push(call.text_or_empty(url)?);
    }
    if let Some(tenant @ Given::Expression(_)) = demands.entra.map(|e| &e.tenant) {
        let tenant = call.text_or_empty(tenant)?;
        urls.push(ValidateAzureAdToken::openid_config(&tenant).into());
    }
    Ok(urls)
}

/// The token, if a key of the document or of an issuer signed it. An issuer
/// may have a new key, for which it is asked at most every five minutes; then
/// `sets` are the new ones.
async fn proven(
    shared: &Shared,
    call: &mut Call,
    policy: &ValidateJwt,
    text: &str,
    (urls, sets): (&[Arc<str>], &mut [Arc<KeySet>]),
) -> Result<Result<Token, SignatureFault>, Raised> {
    let signed = call.flag(&policy.require_signed)?;
    let inline = inline_keys(call, policy)?;
    let of_sets = |sets: &[Arc<KeySet>]| verify(text, inline.iter().chain(sets.iter().flat_map(|s| &s.keys)), signed);
    match of_sets(sets) {
        Err(SignatureFault::UnknownKey(_)) if !urls.is_empty() => {}
        decided => return Ok(decided),
    }
    for (url, set) in urls.iter().zip(sets.iter_mut()) {
        *set = shared.keys.refreshed(&shared.hosts, url).await.map_err(|e| unavailable(&e))?;
    }
    Ok(of_sets(sets))
}

fn inline_keys(call: &mut Call, policy: &ValidateJwt) -> Result<Vec<TokenKey>, Raised> {
    let mut keys = Vec::with_capacity(policy.keys.len());
    for key in &policy.keys {
        keys.push(match &key.kind {
            InlineKeyKind::Rsa { modulus, exponent } => TokenKey::rsa(key.id.clone(), modulus, exponent),
            InlineKeyKind::Secret(secret) => {
                let secret = from_base64(&call.text_or_empty(secret)?);
                let secret = secret.ok_or_else(|| {
                    let text = "Expression evaluation failed. The signing key is no base64 text.";
                    Raised::internal("", "ExpressionValueEvaluationFailure", text)
                })?;
                TokenKey::secret(key.id.clone(), secret)
            }
        });
    }
    Ok(keys)
}

fn unavailable(error: &str) -> Raised {
    Raised::internal("", "OpenIdConfigurationUnavailable", format!("IDX20803: {error}"))
}

/// Library texts are those of the platform's token library, shortened.
fn signature_refusal(fault: &SignatureFault) -> Refusal {
    match fault {
        SignatureFault::Malformed => {
            Refusal { reason: "JwtInvalid", message: "IDX12741: JWT must have three segments (JWS).".into() }
        }
        SignatureFault::UnknownKey(kid) => Refusal::new(
            "TokenSignatureKeyNotFound",
            format_args!("IDX10503: Signature validation failed. Token does not have a known kid: '{kid}'."),
        ),
        SignatureFault::Unsigned => Refusal::new(
            "TokenSignatureInvalid",
            "IDX10504: Unable to validate signature, token does not have a signature.",
        ),
        SignatureFault::Wrong(why) => {
            Refusal::new("TokenSignatureInvalid", format_args!("IDX10511: Signature validation failed: {why}."))
        }
    }
}
