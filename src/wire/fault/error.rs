//! Errors of the platform by name (reference, Dataverse A5, A9, A10, B).

use serde::{Deserialize, Serialize};

/// An error as Dataverse answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct FaultError {
    /// Its name, for the ledger.
    pub name: String,
    /// The status.
    pub status: u16,
    /// The code, e.g. `0x80044150`; often empty.
    pub code: String,
    /// The message. `{table}`, `{entity}`, `{key}` and `{principal}` stand for
    /// what the request names.
    pub message: String,
    /// `Retry-After` in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// A name alone, or all of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Name(String),
    Whole(Whole),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    #[serde(default = "unnamed")]
    name: String,
    status: u16,
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    retry_after: Option<u64>,
}

fn unnamed() -> String {
    "error".to_owned()
}

impl TryFrom<Written> for FaultError {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Name(name) => Self::preset(&name).ok_or_else(|| {
                let names: Vec<&str> = PRESETS.iter().map(|preset| preset.0).collect();
                format!("no error is called `{name}`; there are {}", names.join(", "))
            }),
            Written::Whole(Whole { name, status, code, message, retry_after }) => {
                Ok(Self { name, status, code, message, retry_after })
            }
        }
    }
}

impl FaultError {
    /// The error of a name.
    pub fn preset(name: &str) -> Option<Self> {
        let (name, status, code, message) = PRESETS.iter().find(|preset| preset.0 == name)?;
        Some(Self {
            name: (*name).to_owned(),
            status: *status,
            code: (*code).to_owned(),
            message: (*message).to_owned(),
            retry_after: (*status == 429).then_some(30),
        })
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if !(400..=599).contains(&self.status) {
            return Err(format!("`status` is {}: expected an error, from 400 to 599", self.status));
        }
        Ok(())
    }
}

/// Name, status, code and message of each error that has a name here. The
/// status of SQL errors and the name of an unexpected one are not confirmed by
/// the reference.
pub const PRESETS: [(&str, u16, &str, &str); 34] = [
    (
        "deadlock",
        500,
        "0x80044150",
        "Sql error: Generic SQL error. CRM ErrorCode: -2147204784 Sql ErrorCode: -2146232060 Sql Number: 1205",
    ),
    (
        "sql_timeout",
        500,
        "0x80044151",
        "Sql error: SQL timeout expired. CRM ErrorCode: -2147204783 Sql ErrorCode: -2146232060 Sql Number: -2",
    ),
    ("unexpected", 500, "0x80040216", "An unexpected error occurred."),
    (
        "duplicate_key",
        412,
        "0x80060892",
        "Entity Key {entity} violated. A record with the same value for {key} already exists. A duplicate record cannot \
         be created. Select one or more unique values and try again.",
    ),
    ("duplicate_id", 412, "0x80040237", "Cannot insert duplicate key."),
    ("duplicate_id_conflict", 409, "0x80040237", "Cannot insert duplicate key."),
    ("record_exists", 412, "0x80040237", "A record with matching key values already exists."),
    (
        "duplicate_record",
        412,
        "0x80040333",
        "A record was not created or updated because a duplicate of the current record already exists.",
    ),
    (
        "concurrency_mismatch",
        412,
        "0x80060882",
        "The version of the existing record doesn't match the RowVersion property provided.",
    ),
    ("plugin_error", 400, "0x80040265", "An error occurred in the plug-in."),
    (
        "plugin_duplicate_key",
        400,
        "0x80040265",
        "An error occurred in plugin. A record that has the attribute values {key} already exists. The entity key \
         {entity} requires that this set of attributes contains unique values. Select unique values and try again",
    ),
    (
        "validation_error",
        400,
        "0x80044331",
        "A validation error occurred.  The length of the 'name' attribute of the '{entity}' entity exceeded the maximum \
         allowed length of '100'.",
    ),
    ("invalid_argument", 400, "0x80040203", "Invalid argument."),
    ("bad_payload", 400, "0x80048d19", "Error identified in Payload provided by the user for Entity :'{table}'"),
    ("no_property", 400, "0x0", "Could not find a property named 'Name' on type 'Microsoft.Dynamics.CRM.{entity}'."),
    ("unauthorized", 401, "", "RequestIsNotAuthenticated"),
    ("expired_token", 401, "", "ExpiredAuthTicket"),
    (
        "missing_privilege",
        403,
        "0x80040220",
        "Principal user (Id={principal}, type=8) is missing prvWrite{entity} privilege on OTC=0 for entity '{entity}'.",
    ),
    (
        "access_denied",
        403,
        "0x80048306",
        "Principal with id {principal} does not have WriteAccess right(s) for record with id {key} of entity {entity}",
    ),
    (
        "privilege_check_failed",
        403,
        "0x80040299",
        "CrmCheckPrivilege failed. Returned hr = -2147220839 on UserId: {principal} and Privilege: prvWrite{entity}",
    ),
    ("user_disabled", 403, "0x80040225", "The specified user(Id = {principal}) is disabled."),
    ("not_found", 404, "0x80040217", "Entity '{entity}' With Id = {key} Does Not Exist"),
    ("key_not_found", 404, "0x80060891", "A record with the specified key values does not exist in {entity} entity"),
    ("no_segment", 404, "0x8006088a", "Resource not found for the segment '{table}'."),
    (
        "cannot_delete_associated",
        405,
        "0x80040227",
        "The object cannot be deleted because it is associated with another object.",
    ),
    ("too_large", 413, "", "The request is too large."),
    (
        "requests_exceeded",
        429,
        "0x80072322",
        "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
    ),
    (
        "execution_time_exceeded",
        429,
        "0x80072321",
        "Combined execution time of incoming requests exceeded limit of 1,200,000  milliseconds over time window of 300 \
         seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.",
    ),
    ("concurrency_exceeded", 429, "0x80072326", "Number of concurrent requests exceeded the limit of 52."),
    ("internal", 500, "", "Internal Server Error"),
    ("not_implemented", 501, "", "The operation is not implemented."),
    ("bad_gateway", 502, "", "Bad Gateway"),
    ("service_unavailable", 503, "", "The service is unavailable."),
    ("gateway_timeout", 504, "", "Gateway Timeout"),
];
