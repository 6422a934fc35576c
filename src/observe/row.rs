//! A row in the shape of the `ApiManagementGatewayLogs` table (reference §6.1),
//! the columns that the embedded gateway fills. A column of which nothing is
//! known is absent. Headers other than a few and bodies are logged only where
//! an instance asks for it, which this one does not; columns of the log's own
//! workspace (`TenantId`, `_ResourceId`, `_BilledSize`, …) have no counterpart
//! here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// One request as the gateway logs it. Column names are the table's own; what
/// is the same in every row is left to [`GatewayRow::in_a_file`]. Reading is
/// lenient: unknown columns are passed over, missing ones are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GatewayRow {
    /// When the request arrived.
    pub time_generated: Timestamp,
    /// The gateway's own id of the request (`context.RequestId`).
    pub correlation_id: String,
    /// The gateway's region, `context.Deployment.Region`.
    #[serde(skip_serializing_if = "is_empty")]
    pub region: Arc<str>,
    /// 2xx or 3xx.
    pub is_request_success: bool,
    /// From the first byte received to the last byte sent, in milliseconds.
    pub total_time: u64,
    /// The caller's address.
    pub caller_ip_address: String,
    /// The method.
    pub method: String,
    /// The URL as it was called.
    pub url: String,
    /// The caller's protocol, e.g. `HTTP/1.1`.
    #[serde(skip_serializing_if = "is_empty")]
    pub client_protocol: Cow<'static, str>,
    /// The caller's version of TLS, e.g. `1.3`; empty without TLS.
    #[serde(skip_serializing_if = "is_empty")]
    pub client_tls_version: Cow<'static, str>,
    /// The status that the client got; 0 where it had left.
    pub response_code: u16,
    /// The answer's size in bytes, status line and header fields included;
    /// those that belong to the connection are not counted.
    pub response_size: u64,
    /// The request's size in bytes, request line and header fields included.
    /// Content of unknown length counts where a policy read it.
    pub request_size: u64,
    /// What the cache of responses did.
    pub cache: CacheUse,
    /// In the cache of responses, in milliseconds.
    pub cache_time: u64,
    /// Waiting for the client, in milliseconds: for content that a policy
    /// reads, and while it takes the answer.
    pub client_time: u64,
    /// Waiting for the backend, in milliseconds.
    pub backend_time: u64,
    /// The backend's method.
    #[serde(skip_serializing_if = "is_empty")]
    pub backend_method: String,
    /// The backend's URL.
    #[serde(skip_serializing_if = "is_empty")]
    pub backend_url: String,
    /// The backend's status; 0 where it was not called or did not answer.
    #[serde(skip_serializing_if = "is_zero")]
    pub backend_response_code: u16,
    /// The backend's protocol, e.g. `HTTP/1.1`; empty where it did not answer.
    #[serde(skip_serializing_if = "is_empty")]
    pub backend_protocol: Cow<'static, str>,
    /// The backend's id; empty where it was chosen by a URL.
    #[serde(skip_serializing_if = "is_empty")]
    pub backend_id: Arc<str>,
    /// The API's id, e.g. `bulk-update-v1`.
    #[serde(skip_serializing_if = "is_empty")]
    pub api_id: String,
    /// The operation's id.
    #[serde(skip_serializing_if = "is_empty")]
    pub operation_id: String,
    /// The API's revision.
    #[serde(skip_serializing_if = "is_empty")]
    pub api_revision: String,
    /// The product by which it was called; empty without one.
    #[serde(skip_serializing_if = "is_empty")]
    pub product_id: String,
    /// Whose subscription it is; empty without one.
    #[serde(skip_serializing_if = "is_empty")]
    pub user_id: String,
    /// The subscription's id; empty without one.
    #[serde(skip_serializing_if = "is_empty")]
    pub apim_subscription_id: String,
    /// What went wrong: how long after the first byte, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error_elapsed: Option<u64>,
    /// What went wrong: the policy or step.
    #[serde(skip_serializing_if = "is_empty")]
    pub last_error_source: String,
    /// What went wrong: the reason.
    #[serde(skip_serializing_if = "is_empty")]
    pub last_error_reason: String,
    /// What went wrong: the message.
    #[serde(skip_serializing_if = "is_empty")]
    pub last_error_message: String,
    /// What went wrong: the scope.
    #[serde(skip_serializing_if = "is_empty")]
    pub last_error_scope: String,
    /// What went wrong: the section.
    #[serde(skip_serializing_if = "is_empty")]
    pub last_error_section: String,
    /// Everything that went wrong, the last at the end: also what a `retry`
    /// took up, and what on-error raised itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<LastError>,
    /// Request header fields that are logged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub request_headers: BTreeMap<String, String>,
    /// What `trace` policies wrote.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trace_records: Vec<TraceRecord>,
    /// Whether the caller asked for a trace, which nobody gets.
    pub is_trace_requested: bool,
}

/// What the cache of responses did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheUse {
    /// It had the answer.
    Hit,
    /// It did not have it.
    Miss,
    /// It was not asked.
    #[default]
    #[serde(other)]
    None,
}

fn is_empty(text: &str) -> bool {
    text.is_empty()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde wants")]
fn is_zero(code: &u16) -> bool {
    *code == 0
}

/// What one `trace` policy wrote.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TraceRecord {
    /// `source`.
    pub source: String,
    /// `severity`.
    pub severity: String,
    /// The message.
    pub message: String,
    /// `metadata`.
    pub metadata: BTreeMap<String, String>,
}

/// `context.LastError` (reference §3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LastError {
    /// How long after the call's first byte, in milliseconds of real time.
    pub elapsed: u64,
    /// The policy or step.
    pub source: String,
    /// The reason.
    pub reason: String,
    /// The message.
    pub message: String,
    /// `global`, `product`, `api` or `operation`.
    #[serde(skip_serializing_if = "is_empty")]
    pub scope: String,
    /// `inbound`, `backend`, `outbound` or `on-error`.
    pub section: String,
    /// Where in the section.
    #[serde(skip_serializing_if = "is_empty")]
    pub path: String,
    /// The policy's `id` attribute.
    #[serde(skip_serializing_if = "is_empty")]
    pub policy_id: String,
}

impl GatewayRow {
    /// Columns that are the same in every row, as the end of a JSON object.
    const SAME_IN_ALL: &str = concat!(
        r#","OperationName":"Microsoft.ApiManagement/GatewayLogs","Category":"GatewayLogs""#,
        r#","IsTraceAllowed":false,"IsTraceExpired":false,"IsMasterTrace":false"#,
        r#","Type":"ApiManagementGatewayLogs"}"#,
    );

    /// A row that is written as JSON with the columns that are the same in
    /// every row, as files for others hold it.
    pub fn in_a_file(json: &str) -> [&str; 2] {
        [json.strip_suffix('}').unwrap_or(json), Self::SAME_IN_ALL]
    }

    /// Metadata of a trace record, whichever wrote it.
    pub fn traced(&self, name: &str) -> Option<&str> {
        self.trace_records.iter().find_map(|t| t.metadata.get(name)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_in_a_file_has_the_columns_that_are_the_same_in_all() {
        let row = GatewayRow { method: "GET".to_owned(), cache: CacheUse::Miss, ..GatewayRow::default() };
        let json = serde_json::to_string(&row).expect("JSON");
        let line = GatewayRow::in_a_file(&json).concat();
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!((&value["Cache"], &value["Category"]), (&"miss".into(), &"GatewayLogs".into()));
        assert_eq!(value["OperationName"], "Microsoft.ApiManagement/GatewayLogs");
        assert_eq!(value.get("BackendResponseCode").or(value.get("ProductId")), None, "{line}");
        assert_eq!(serde_json::from_str::<GatewayRow>(&line).expect("a row"), row);
    }
}
