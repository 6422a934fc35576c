//! Refusals in the platform's words (reference A5, A9, B1).

use serde_json::Value;

use super::answer::grouped;

/// Status, code and message of a refusal. A code may be empty, as the
/// platform's own often is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// `Retry-After` in seconds.
    pub(super) retry_after: Option<u64>,
}

/// The code of what a plug-in refuses.
const PLUGIN: &str = "0x80040265";

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    /// Any other error.
    pub(super) fn of(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(status, code, message)
    }

    pub(super) fn unauthorized(why: &str) -> Self {
        Self::new(401, "", why)
    }

    /// Another identity than the gateway's.
    pub(super) fn missing_privilege(principal: &str, verb: &str, logical: &str) -> Self {
        let text = format!(
            "Principal user (Id={principal}, type=8) is missing prv{verb}{logical} privilege on OTC=0 for entity \
             '{logical}'."
        );
        Self::new(403, "0x80040220", text)
    }

    /// The request-count limit.
    pub(super) fn throttled(requests: u64, window: u64, retry_after: u64) -> Self {
        let message =
            format!("Number of requests exceeded the limit of {requests} over time window of {window} seconds.");
        Self { retry_after: Some(retry_after), ..Self::new(429, "0x80072322", message) }
    }

    /// The limit of execution time; both spaces after the number are the
    /// platform's.
    pub(super) fn execution_time(milliseconds: u64, window: u64, retry_after: u64) -> Self {
        let limit = grouped(&milliseconds.to_string());
        let message = format!(
            "Combined execution time of incoming requests exceeded limit of {limit}  milliseconds over time window of \
             {window} seconds. Decrease number of concurrent requests or reduce the duration of requests and try again \
             later."
        );
        Self { retry_after: Some(retry_after), ..Self::new(429, "0x80072321", message) }
    }

    /// The limit of requests at once.
    pub(super) fn too_many_at_once(limit: u64, retry_after: u64) -> Self {
        let message = format!("Number of concurrent requests exceeded the limit of {limit}.");
        Self { retry_after: Some(retry_after), ..Self::new(429, "0x80072326", message) }
    }

    pub(super) fn unavailable() -> Self {
        Self::new(503, "", "The service is unavailable.")
    }

    pub(super) fn too_large() -> Self {
        Self::new(413, "", "The request is too large.")
    }

    pub(super) fn no_resource(path: &str) -> Self {
        Self::new(404, "", format!("No HTTP resource was found that matches the request URI '{path}'."))
    }

    pub(super) fn no_segment(segment: &str) -> Self {
        Self::new(404, "0x8006088a", format!("Resource not found for the segment '{segment}'."))
    }

    pub(super) fn wrong_method(method: &str, what: &str) -> Self {
        Self::new(405, "", format!("The requested resource '{what}' does not support http method '{method}'."))
    }

    /// What this mock leaves out.
    pub(super) fn not_there(what: &str) -> Self {
        Self::new(501, "0x80040239", format!("{what} is not emulated by this mock of the Web API."))
    }

    pub(super) fn no_row(logical: &str, id: &str) -> Self {
        Self::new(404, "0x80040217", format!("Entity '{logical}' With Id = {id} Does Not Exist"))
    }

    pub(super) fn no_row_by_key(logical: &str) -> Self {
        Self::new(
            404,
            "0x80060891",
            format!("A record with the specified key values does not exist in {logical} entity"),
        )
    }

    pub(super) fn no_key(logical: &str) -> Self {
        Self::new(
            400,
            "0x80040203",
            format!("The specified key attributes are not a defined key for the {logical} entity"),
        )
    }

    pub(super) fn stale() -> Self {
        Self::new(
            412,
            "0x80060882",
            "The version of the existing record doesn't match the RowVersion property provided.",
        )
    }

    pub(super) fn exists() -> Self {
        Self::new(412, "0x80040237", "A record with matching key values already exists.")
    }

    pub(super) fn duplicate_id() -> Self {
        Self::new(412, "0x80040237", "Cannot insert duplicate key.")
    }

    pub(super) fn duplicate_key(key: &str, columns: &str) -> Self {
        let text = format!(
            "Entity Key {key} violated. A record with the same value for {columns} already exists. A duplicate record \
             cannot be created. Select one or more unique values and try again."
        );
        Self::new(412, "0x80060892", text)
    }

    /// A column that is not there, in a query.
    pub(super) fn no_property(name: &str, logical: &str) -> Self {
        let text = format!("Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{logical}'.");
        Self::new(400, "0x0", text)
    }

    pub(super) fn bad_query(text: impl Into<String>) -> Self {
        Self::new(400, "0x0", text)
    }

    /// An option or operator that OData has and Dataverse has not.
    pub(super) fn unsupported_query(text: impl Into<String>) -> Self {
        Self::new(400, "0x80060888", text)
    }

    pub(super) fn bad_sql(text: impl Into<String>) -> Self {
        Self::new(400, "0x80040203", text)
    }

    pub(super) fn bad_fetch(text: impl Into<String>) -> Self {
        Self::new(400, "0x80041102", text)
    }

    /// Too many rows to aggregate (recalled, not confirmed).
    pub(super) fn aggregate_limit() -> Self {
        Self::new(400, "0x8004e023", "AggregateQueryRecordLimit exceeded. Cannot perform this operation.")
    }

    pub(super) fn paging_cookie() -> Self {
        Self::new(400, "0x80041129", "Malformed XML in the Paging Cookie")
    }

    pub(super) fn delta_token(text: &str) -> Self {
        Self::new(400, "0x80044352", text)
    }

    pub(super) fn bad_payload(collection: &str, why: &str) -> Self {
        Self::new(
            400,
            "0x80048d19",
            format!("Error identified in Payload provided by the user for Entity :'{collection}' : {why}"),
        )
    }

    /// A batch that can't be read as a whole.
    pub(super) fn bad_batch(why: &str) -> Self {
        Self::new(400, "0x80048d19", why)
    }

    /// A column that is not there, in a body.
    pub(super) fn invalid_property(collection: &str, logical: &str, name: &str) -> Self {
        let why = format!("Invalid property '{name}' was found in entity 'Microsoft.Dynamics.CRM.{logical}'.");
        Self::bad_payload(collection, &why)
    }

    pub(super) fn wrong_type(collection: &str, column: &str, value: &Value, edm: &str) -> Self {
        let shown: String = value.to_string().chars().take(80).collect();
        let why = format!(
            "Cannot convert a value of property '{column}' to the expected type '{edm}': the literal is {shown}."
        );
        Self::bad_payload(collection, &why)
    }

    /// An instant before those that the platform keeps (the code is recalled, not
    /// confirmed).
    pub(super) fn too_early(at: &str) -> Self {
        let text = format!(
            "DateTime is less than minimum value supported by CrmDateTime. Actual value: {at}, Minimum value supported: \
             01/01/1753 00:00:00"
        );
        Self::new(400, "0x80040203", text)
    }

    pub(super) fn too_long(logical: &str, column: &str, max: usize) -> Self {
        let text = format!(
            "A validation error occurred.  The length of the '{column}' attribute of the '{logical}' entity exceeded \
             the maximum allowed length of '{max}'."
        );
        Self::new(400, "0x80044331", text)
    }

    pub(super) fn out_of_range(logical: &str, column: &str, value: &Value) -> Self {
        let text = format!(
            "A validation error occurred.  The value {value} of '{column}' on record of type '{logical}' is outside the \
             valid range."
        );
        Self::new(400, "0x80044330", text)
    }

    pub(super) fn no_option<'a>(
        logical: &str,
        column: &str,
        value: i64,
        options: impl Iterator<Item = &'a i64>,
    ) -> Self {
        let options = options.map(i64::to_string).collect::<Vec<_>>().join(",");
        let text = format!(
            "A validation error occurred. The value {value} of '{column}' on record of type '{logical}' is outside the \
             valid range. Accepted Values: {options}"
        );
        Self::new(400, "0x8004431a", text)
    }

    /// A picture or file that is larger than its column takes.
    pub(super) fn file_too_large(logical: &str, column: &str, kilobytes: u64) -> Self {
        let text = format!(
            "The file for the attribute '{column}' of the '{logical}' entity exceeds the maximum allowed size of \
             {kilobytes} KB."
        );
        Self::new(400, "0x80044a02", text)
    }

    pub(super) fn required(logical: &str, column: &str) -> Self {
        Self::new(400, "0x80040203", format!("Attribute '{column}' of entity '{logical}' cannot be NULL"))
    }

    /// The body of the answer; with annotations where they were preferred.
    pub(super) fn body(&self, annotated: bool) -> Value {
        let mut error = serde_json::json!({ "code": self.code, "message": self.message });
        if annotated {
            let link = format!(
                "http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a{}&client=platform",
                self.code.trim_start_matches("0x")
            );
            if self.code == PLUGIN {
                error["@Microsoft.PowerApps.CDS.ErrorDetails.OperationStatus"] = "0".into();
                error["@Microsoft.PowerApps.CDS.ErrorDetails.SubErrorCode"] = "-2146233088".into();
                error["@Microsoft.PowerApps.CDS.TraceText"] = "".into();
            }
            error["@Microsoft.PowerApps.CDS.HelpLink"] = link.into();
            error["@Microsoft.PowerApps.CDS.InnerError.Message"] = self.message.clone().into();
        }
        serde_json::json!({ "error": error })
    }
}
