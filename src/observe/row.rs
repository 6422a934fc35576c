//! A row in the shape of the `ApiManagementGatewayLogs` table (reference §6.1),
//! the columns that the embedded gateway fills.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// One request as the gateway logs it. Column names are the table's own.
/// Reading is lenient: unknown columns are passed over, missing ones are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GatewayRow {
    /// When the request arrived.
    pub time_generated: Timestamp,
    /// The gateway's own id of the request (`context.RequestId`).
    pub correlation_id: String,
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
    /// The status that the client got.
    pub response_code: u16,
    /// The answer's size in bytes.
    pub response_size: u64,
    /// The request's size in bytes.
    pub request_size: u64,
    /// Waiting for the backend, in milliseconds.
    pub backend_time: u64,
    /// The backend's method.
    pub backend_method: String,
    /// The backend's URL.
    pub backend_url: String,
    /// The backend's status; 0 where it was not called.
    pub backend_response_code: u16,
    /// The API's id, e.g. `bulk-update-v1`.
    pub api_id: String,
    /// The operation's id.
    pub operation_id: String,
    /// The API's revision.
    pub api_revision: String,
    /// The product by which it was called; empty without one.
    pub product_id: String,
    /// The subscription's id; empty without one.
    pub apim_subscription_id: String,
    /// What went wrong: the policy or step.
    pub last_error_source: String,
    /// What went wrong: the reason.
    pub last_error_reason: String,
    /// What went wrong: the message.
    pub last_error_message: String,
    /// What went wrong: the scope.
    pub last_error_scope: String,
    /// What went wrong: the section.
    pub last_error_section: String,
    /// Request header fields that are logged.
    pub request_headers: BTreeMap<String, String>,
    /// What `trace` policies wrote.
    pub trace_records: Vec<TraceRecord>,
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
#[serde(default)]
pub struct LastError {
    /// The policy or step.
    pub source: String,
    /// The reason.
    pub reason: String,
    /// The message.
    pub message: String,
    /// `global`, `product`, `api` or `operation`.
    pub scope: String,
    /// `inbound`, `backend`, `outbound` or `on-error`.
    pub section: String,
    /// Where in the section.
    pub path: String,
    /// The policy's `id` attribute.
    pub policy_id: String,
}

impl GatewayRow {
    /// Metadata of a trace record, whichever wrote it.
    pub fn traced(&self, name: &str) -> Option<&str> {
        self.trace_records.iter().find_map(|t| t.metadata.get(name)).map(String::as_str)
    }
}
