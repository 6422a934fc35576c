//! The token endpoint: client credentials (reference §7.1).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

use super::error::Refusal;
use super::mint::{MintKind, MintRequest};
use super::registry::{Registry, resource};
use crate::stack::identity::Resource;

/// Which token endpoint was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `/oauth2/token`: names a `resource`.
    V1,
    /// `/oauth2/v2.0/token`: names a `scope`.
    V2,
}

/// What the endpoint grants: the token to make, or why there is none.
pub(super) fn grant(
    endpoint: Endpoint,
    registry: &Registry,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<MintRequest, Refusal> {
    let form = read_form(headers, body)?;
    let parameter = |name: &'static str| form.get(name).filter(|v| !v.is_empty());
    let grant_type = parameter("grant_type").ok_or(Refusal::Missing("grant_type"))?;
    if grant_type != "client_credentials" {
        return Err(Refusal::GrantType(grant_type.clone()));
    }
    let basic = basic_credentials(headers);
    let client = parameter("client_id").cloned().or_else(|| basic.as_ref().map(|(id, _)| id.clone()));
    let client = client.ok_or(Refusal::Missing("client_id"))?;
    let resource = wanted_resource(endpoint, &form)?;
    let application = registry.application(&client).ok_or_else(|| Refusal::UnknownClient(client.clone()))?;
    if parameter("client_assertion").is_some() {
        return Err(Refusal::Assertion);
    }
    let secret = parameter("client_secret").cloned().or_else(|| basic.map(|(_, secret)| secret));
    let secret = secret.ok_or(Refusal::NoCredential)?;
    if secret != application.secret.expose() {
        return Err(Refusal::WrongSecret(client));
    }
    Ok(MintRequest {
        client: application.id.clone(),
        audience: resource.audience.to_owned(),
        roles: application.roles.get(resource.audience).cloned().unwrap_or_default(),
        kind: MintKind::Good,
    })
}

fn read_form(headers: &HeaderMap, body: &[u8]) -> Result<BTreeMap<String, String>, Refusal> {
    let media = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !media.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") && !body.is_empty() {
        return Err(Refusal::NotAForm);
    }
    Ok(url::form_urlencoded::parse(body).into_owned().collect())
}

/// HTTP Basic: id and secret, each form-encoded (RFC 6749 §2.3.1).
fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| {
        let plain = part.replace('+', " ");
        percent_encoding::percent_decode_str(&plain).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    Some((decode(id)?, decode(secret)?))
}

fn wanted_resource(endpoint: Endpoint, form: &BTreeMap<String, String>) -> Result<&'static Resource, Refusal> {
    let parameter = |name: &str| form.get(name).filter(|v| !v.is_empty());
    let name = match endpoint {
        Endpoint::V1 => parameter("resource").ok_or(Refusal::Missing("resource"))?.as_str(),
        Endpoint::V2 if parameter("resource").is_some() => return Err(Refusal::ResourceParameter),
        Endpoint::V2 => {
            let scope = parameter("scope").ok_or(Refusal::Missing("scope"))?;
            if scope.split_whitespace().count() > 1 {
                return Err(Refusal::TwoResources(scope.clone()));
            }
            scope.trim().strip_suffix("/.default").ok_or_else(|| Refusal::Scope(scope.clone()))?
        }
    };
    resource(name).ok_or_else(|| Refusal::UnknownResource(name.to_owned()))
}
