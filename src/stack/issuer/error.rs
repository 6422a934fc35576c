//! Refusals of the token endpoint, in Entra ID's words (reference §7.2). Where
//! the reference has no capture, the words are those of Microsoft's table of
//! AADSTS codes.

use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::Timestamp;

/// Why no token is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A parameter is missing.
    Missing(&'static str),
    /// Not `client_credentials`.
    GrantType(String),
    /// The body is no form.
    NotAForm,
    /// Not POST.
    Method(String),
    /// `resource` at the version 2 endpoint.
    ResourceParameter,
    /// Nobody in this tenant has this application id.
    UnknownClient(String, String),
    /// An administrator has switched the application off.
    Disabled(String),
    /// No credential.
    NoCredential,
    /// Another secret.
    WrongSecret(String),
    /// The right secret, too late.
    ExpiredSecret(String),
    /// The assertion is no JSON Web Token, or lacks a claim.
    AssertionMalformed(&'static str),
    /// The assertion was signed by a key that is not registered, or wrongly.
    AssertionSignature(&'static str),
    /// The assertion is not in its time.
    AssertionTime { now: Timestamp, from: i64, until: i64 },
    /// The assertion is for somebody else.
    AssertionAudience,
    /// The assertion is another application's.
    AssertionClient,
    /// The assertion's issuer is not the application: a federated identity,
    /// and none is registered.
    Federated { issuer: String, subject: String, audience: String },
    /// A scope that does not end in `/.default`.
    Scope(String),
    /// More than one resource.
    TwoResources(String),
    /// Nobody in this tenant offers this resource.
    UnknownResource(String, String),
    /// No role, and the resource demands one.
    NotAssigned { client: String, resource: String },
    /// Another tenant.
    UnknownTenant(String),
    /// No tenant: `common` and its like.
    NoTenant,
    /// Too many requests; seconds until the next.
    Throttled(u32),
}

impl Refusal {
    /// Status, OAuth 2.0 error, AADSTS code.
    fn code(&self) -> (u16, &'static str, u32) {
        match self {
            Self::Missing(_) => (400, "invalid_request", 900_144),
            Self::GrantType(_) => (400, "unsupported_grant_type", 70_003),
            Self::NotAForm => (400, "invalid_request", 9_002_313),
            Self::Method(_) => (400, "invalid_request", 900_561),
            Self::ResourceParameter => (400, "invalid_request", 901_002),
            Self::UnknownClient(..) => (400, "unauthorized_client", 700_016),
            Self::Disabled(_) => (400, "unauthorized_client", 7_000_112),
            Self::NoCredential => (401, "invalid_client", 7_000_216),
            Self::WrongSecret(_) => (401, "invalid_client", 7_000_215),
            Self::ExpiredSecret(_) => (401, "invalid_client", 7_000_222),
            Self::AssertionMalformed(_) => (401, "invalid_client", 50_027),
            Self::AssertionSignature(_) => (401, "invalid_client", 700_027),
            Self::AssertionTime { .. } => (401, "invalid_client", 700_024),
            Self::AssertionAudience => (401, "invalid_client", 700_023),
            Self::AssertionClient => (401, "invalid_client", 700_021),
            Self::Federated { .. } => (401, "unauthorized_client", 70_021),
            Self::Scope(_) => (400, "invalid_scope", 1_002_012),
            Self::TwoResources(_) => (400, "invalid_scope", 700_022),
            Self::UnknownResource(..) => (400, "invalid_resource", 500_011),
            Self::NotAssigned { .. } => (400, "invalid_grant", 501_051),
            Self::UnknownTenant(_) => (400, "invalid_request", 90_002),
            Self::NoTenant => (400, "invalid_request", 50_059),
            Self::Throttled(_) => (429, "temporarily_unavailable", 90_055),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Missing(name) => format!("The request body must contain the following parameter: '{name}'."),
            Self::GrantType(found) => format!("The app requested an unsupported grant type '{found}'."),
            Self::NotAForm => "Invalid request. Request is malformed or invalid.".to_owned(),
            Self::Method(found) => {
                format!("The endpoint only accepts POST, OPTIONS requests. Received a {found} request.")
            }
            Self::ResourceParameter => "The 'resource' request parameter is not supported.".to_owned(),
            Self::UnknownClient(id, tenant) => unknown_client(id, tenant),
            Self::Disabled(id) => format!("Application '{id}' is disabled."),
            Self::NoCredential => no_credential(),
            Self::WrongSecret(id) => wrong_secret(id),
            Self::ExpiredSecret(id) => expired_secret(id),
            Self::AssertionMalformed(what) => format!("JWT token is invalid or malformed. {what}"),
            Self::AssertionSignature(why) => format!("Client assertion failed signature validation. [Reason - {why}]"),
            Self::AssertionTime { now, from, until } => out_of_time(*now, *from, *until),
            Self::AssertionAudience => "Client assertion audience claim does not match Realm issuer.".to_owned(),
            Self::AssertionClient => {
                "Client assertion application identifier doesn't match 'client_id' parameter.".to_owned()
            }
            Self::Federated { issuer, subject, audience } => format!(
                "No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. \
                 Assertion Subject: '{subject}'. Assertion Audience: '{audience}'."
            ),
            Self::Scope(scope) => wrong_scope(scope),
            Self::TwoResources(scope) => format!(
                "The provided value for the input parameter 'scope' is not valid because it contains more than one \
                 resource. Scope {scope} is not valid."
            ),
            Self::UnknownResource(name, tenant) => unknown_resource(name, tenant),
            Self::NotAssigned { client, resource } => {
                format!("Application {client} is not assigned to a role for the application {resource}.")
            }
            Self::UnknownTenant(name) => unknown_tenant(name),
            Self::NoTenant => "No tenant-identifying information found in either the request or implied by any \
                               provided credentials."
                .to_owned(),
            Self::Throttled(_) => "The server is currently overloaded: too many requests. Try again later.".to_owned(),
        }
    }

    /// Whether more about it stands at Entra ID's error page: `error_uri` is
    /// there only then.
    fn has_page(&self) -> bool {
        matches!(self, Self::WrongSecret(_) | Self::UnknownTenant(_) | Self::Disabled(_) | Self::NoCredential)
    }

    /// The answer of the discovery addresses, where another name stands for
    /// the same.
    pub(super) fn of_discovery(&self, now: Timestamp) -> Response {
        let (status, error, _) = self.code();
        let error = if matches!(self, Self::UnknownTenant(_)) { "invalid_tenant" } else { error };
        self.answered(status, error, now, None, &Uuid::new_v4().to_string())
    }

    /// The answer: the JSON of reference §7.2. `trace` is also the
    /// `x-ms-request-id`; `correlation` is the caller's `client-request-id`.
    pub(super) fn answer(&self, now: Timestamp, correlation: Option<&str>, trace: &str) -> Response {
        let (status, error, _) = self.code();
        self.answered(status, error, now, correlation, trace)
    }

    fn answered(&self, status: u16, error: &str, now: Timestamp, correlation: Option<&str>, trace: &str) -> Response {
        let ((_, _, code), text) = (self.code(), self.text());
        let correlation = correlation.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
        let timestamp = shown(now);
        let mut body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"
            ),
            "error_codes": [code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
        });
        if self.has_page() {
            body["error_uri"] = Value::from(format!("https://login.microsoftonline.com/error?code={code}"));
        }
        let status = StatusCode::from_u16(status).expect("the statuses above are valid");
        let mut answer = (status, Json(body)).into_response();
        if let Self::Throttled(seconds) = self {
            answer.headers_mut().insert("retry-after", HeaderValue::from(*seconds));
        }
        answer
    }
}

fn shown(now: Timestamp) -> String {
    now.utc().format("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn unknown_client(id: &str, tenant: &str) -> String {
    format!(
        "Application with identifier '{id}' was not found in the directory '{tenant}'. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You may have sent your authentication request to the wrong tenant."
    )
}

fn no_credential() -> String {
    "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.".to_owned()
}

fn wrong_secret(id: &str) -> String {
    format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not \
         the client secret ID, for a secret added to app '{id}'."
    )
}

fn expired_secret(id: &str) -> String {
    format!(
        "The provided client secret keys for app '{id}' are expired. Visit the Azure portal to create new keys for \
         your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: \
         https://aka.ms/certCreds."
    )
}

fn out_of_time(now: Timestamp, from: i64, until: i64) -> String {
    let at = |instant: Timestamp| instant.utc().format("%Y-%m-%dT%H:%M:%S%.6f0Z").to_string();
    format!(
        "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time \
         of assertion {}.",
        at(now),
        at(Timestamp::from_seconds(from)),
        at(Timestamp::from_seconds(until)),
    )
}

fn wrong_scope(scope: &str) -> String {
    format!(
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
         /.default suffixed to the resource identifier (application ID URI)."
    )
}

fn unknown_resource(name: &str, tenant: &str) -> String {
    format!(
        "The resource principal named {name} was not found in the tenant named {tenant}. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You might have sent your authentication request to the wrong tenant."
    )
}

fn unknown_tenant(name: &str) -> String {
    format!(
        "Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct \
         cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for \
         the tenant."
    )
}
