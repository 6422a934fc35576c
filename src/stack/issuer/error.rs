//! Refusals of the token endpoint, in Entra ID's words (reference §7.2).

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::identity::TENANT;
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
    /// `resource` at the version 2 endpoint.
    ResourceParameter,
    /// Nobody has this application id.
    UnknownClient(String),
    /// No credential.
    NoCredential,
    /// A client assertion, which is not emulated.
    Assertion,
    /// Another secret.
    WrongSecret(String),
    /// A scope that does not end in `/.default`.
    Scope(String),
    /// More than one resource.
    TwoResources(String),
    /// Nobody offers this resource.
    UnknownResource(String),
    /// Another tenant.
    UnknownTenant(String),
}

impl Refusal {
    /// Status, OAuth 2.0 error, AADSTS code and text.
    fn parts(&self) -> (u16, &'static str, u32, String) {
        match self {
            Self::Missing(name) => (
                400,
                "invalid_request",
                900_144,
                format!("The request body must contain the following parameter: '{name}'."),
            ),
            Self::GrantType(found) => (
                400,
                "unsupported_grant_type",
                70_003,
                format!("The app requested an unsupported grant type '{found}'."),
            ),
            Self::NotAForm => {
                (400, "invalid_request", 9_002_313, "Invalid request. Request is malformed or invalid.".to_owned())
            }
            Self::ResourceParameter => {
                (400, "invalid_request", 901_002, "The 'resource' request parameter is not supported.".to_owned())
            }
            Self::UnknownClient(id) => (400, "unauthorized_client", 700_016, unknown_client(id)),
            Self::NoCredential => (401, "invalid_client", 7_000_216, no_credential()),
            Self::Assertion => (
                401,
                "invalid_client",
                700_027,
                "Client assertion failed signature validation (assertions are not emulated; send client_secret)."
                    .to_owned(),
            ),
            Self::WrongSecret(id) => (401, "invalid_client", 7_000_215, wrong_secret(id)),
            Self::Scope(scope) => (400, "invalid_scope", 1_002_012, wrong_scope(scope)),
            Self::TwoResources(scope) => (
                400,
                "invalid_scope",
                700_022,
                format!(
                    "The provided value for the input parameter 'scope' is not valid because it contains more than one resource. Scope {scope} is not valid."
                ),
            ),
            Self::UnknownResource(name) => (400, "invalid_resource", 500_011, unknown_resource(name)),
            Self::UnknownTenant(name) => (400, "invalid_request", 90_002, unknown_tenant(name)),
        }
    }

    /// The answer: the JSON of reference §7.2, with ids of its own.
    pub(super) fn answer(&self, now: Timestamp, correlation: Option<&str>) -> Response {
        let (status, error, code, text) = self.parts();
        let trace = Uuid::new_v4().to_string();
        let correlation = correlation.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
        let timestamp = now.utc().format("%Y-%m-%d %H:%M:%SZ").to_string();
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
        if code == 7_000_215 {
            body["error_uri"] = Value::from(format!("https://login.microsoftonline.com/error?code={code}"));
        }
        let status = StatusCode::from_u16(status).expect("the statuses above are valid");
        (status, Json(body)).into_response()
    }
}

fn unknown_client(id: &str) -> String {
    format!(
        "Application with identifier '{id}' was not found in the directory '{TENANT}'. This can happen if the \
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

fn wrong_scope(scope: &str) -> String {
    format!(
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
         /.default suffixed to the resource identifier (application ID URI)."
    )
}

fn unknown_resource(name: &str) -> String {
    format!(
        "The resource principal named {name} was not found in the tenant named {TENANT}. This can happen if the \
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
