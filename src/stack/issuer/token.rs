//! The token endpoint: client credentials (reference §7.1).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

use super::assertion::{self, Circumstances};
use super::directory::{Client, Registered, Resource};
use super::error::Refusal;
use super::vault::{Vault, Worth};
use crate::clock::Timestamp;

/// Which token endpoint was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `/oauth2/token`: names a `resource`.
    V1,
    /// `/oauth2/v2.0/token`: names a `scope`.
    V2,
}

/// A request for a token, and what is needed to judge it.
pub(super) struct Ask<'a> {
    pub(super) endpoint: Endpoint,
    pub(super) tenant: &'a Registered,
    pub(super) vault: &'a Vault,
    /// Host and port of the issuer.
    pub(super) authority: &'a str,
    pub(super) now: Timestamp,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// What is granted.
#[derive(Debug)]
pub(super) struct Granted<'a> {
    pub(super) client: &'a Client,
    pub(super) resource: &'a Resource,
    /// The resource as it was asked for.
    pub(super) named: String,
    pub(super) roles: Vec<String>,
    /// `1`: a secret, `2`: a certificate (`azpacr`).
    pub(super) method: &'static str,
}

/// A form; a parameter without a value is none.
struct Form(BTreeMap<String, String>);

impl Form {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).ok_or(Refusal::Missing(name))
    }
}

/// What the endpoint grants, or why it does not.
pub(super) fn grant<'a>(ask: &Ask<'a>) -> Result<Granted<'a>, Refusal> {
    let form = read_form(ask.headers, ask.body)?;
    let grant_type = form.required("grant_type")?;
    if grant_type != "client_credentials" {
        return Err(Refusal::GrantType(grant_type.to_owned()));
    }
    let basic = basic_credentials(ask.headers);
    let id = form.get("client_id").or(basic.as_ref().map(|(id, _)| id.as_str()));
    let id = id.ok_or(Refusal::Missing("client_id"))?;
    let named = wanted_resource(ask.endpoint, &form)?;
    let tenant = ask.tenant;
    let client = tenant.client(id).ok_or_else(|| Refusal::UnknownClient(id.to_owned(), tenant.id.clone()))?;
    if client.disabled {
        return Err(Refusal::Disabled(client.application_id.clone()));
    }
    let method = authenticated(ask, client, &form, basic.as_ref().map(|(_, secret)| secret.as_str()))?;
    let resource =
        tenant.resource(named).ok_or_else(|| Refusal::UnknownResource(named.to_owned(), tenant.id.clone()))?;
    let roles = client.roles.get(&resource.name).cloned().unwrap_or_default();
    if resource.assignment_required && roles.is_empty() {
        let shown = |id: &str, name: &str| format!("'{id}'({name})");
        return Err(Refusal::NotAssigned {
            client: shown(&client.application_id, &client.name),
            resource: shown(&resource.application_id, &resource.name),
        });
    }
    Ok(Granted { client, resource, named: named.to_owned(), roles, method })
}

/// How the client proved itself: `azpacr`.
fn authenticated(ask: &Ask<'_>, client: &Client, form: &Form, basic: Option<&str>) -> Result<&'static str, Refusal> {
    if let Some(assertion) = form.get("client_assertion") {
        if form.required("client_assertion_type")? != assertion::TYPE {
            return Err(Refusal::NotAForm);
        }
        let host = ask.headers.get("host").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let at = Circumstances { tenant: ask.tenant, hosts: [ask.authority, host], now: ask.now };
        assertion::refusal(assertion, client, &ask.vault.keys(client), &at)?;
        return Ok("2");
    }
    let secret = form.get("client_secret").or(basic.filter(|secret| !secret.is_empty()));
    let id = || client.application_id.clone();
    match ask.vault.judge(client, secret.ok_or(Refusal::NoCredential)?, ask.now) {
        Worth::Good => Ok("1"),
        Worth::Expired => Err(Refusal::ExpiredSecret(id())),
        Worth::Wrong => Err(Refusal::WrongSecret(id())),
    }
}

fn read_form(headers: &HeaderMap, body: &[u8]) -> Result<Form, Refusal> {
    let media = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !media.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") && !body.is_empty() {
        return Err(Refusal::NotAForm);
    }
    Ok(Form(url::form_urlencoded::parse(body).into_owned().collect()))
}

/// HTTP Basic: id and secret, each form-encoded (RFC 6749 §2.3.1).
fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| {
        let plain = part.replace('+', " ");
        percent_encoding::percent_decode_str(&plain).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    Some((decode(id)?, decode(secret)?))
}

/// The resource as it is named.
fn wanted_resource(endpoint: Endpoint, form: &Form) -> Result<&str, Refusal> {
    match endpoint {
        Endpoint::V1 => form.required("resource"),
        Endpoint::V2 if form.get("resource").is_some() => Err(Refusal::ResourceParameter),
        Endpoint::V2 => {
            let scope = form.required("scope")?;
            if scope.split_whitespace().count() > 1 {
                return Err(Refusal::TwoResources(scope.to_owned()));
            }
            scope.trim().strip_suffix("/.default").ok_or_else(|| Refusal::Scope(scope.to_owned()))
        }
    }
}
