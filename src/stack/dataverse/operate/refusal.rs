//! Refusals of writes, in the platform's words as far as they are known.

use super::super::error::Refusal;
use super::super::schema::Table;

impl Refusal {
    /// `NAME@odata.bind` where `NAME` is no navigation property, also one that
    /// is spelled in another case.
    pub(super) fn undeclared_bind(collection: &str, name: &str) -> Self {
        let why = format!(
            "An undeclared property '{name}' which only has property annotations in the payload but no property value \
             was found in the payload. In OData, only declared navigation properties and declared named streams can be \
             represented as properties without values."
        );
        Self::bad_payload(collection, &why)
    }

    /// An array for a single-valued navigation property, or the other way
    /// round.
    pub(super) fn wrong_bind(collection: &str, name: &str, single: bool) -> Self {
        let expected = if single { "a single address" } else { "an array of addresses" };
        Self::bad_payload(collection, &format!("The annotation '{name}@odata.bind' must have {expected} as its value."))
    }

    /// A lookup written by the property that it is read by.
    pub(super) fn lookup_value() -> Self {
        let text =
            "CRM do not support direct update of Entity Reference properties, Use Navigation properties instead.";
        Self::new(400, "0x80060888", text)
    }

    /// A reference to a request that is not an earlier one of the change set.
    pub(super) fn no_content_id(id: &str) -> Self {
        Self::new(400, "", format!("Content-ID Reference: '${id}' does not exist in the batch context."))
    }

    /// A row of one table where one of another is expected.
    pub(super) fn wrong_table(found: &str, expected: &str) -> Self {
        let text = format!("A row of the table '{expected}' is expected here, and the address names one of '{found}'.");
        Self::new(400, "0x80048d19", text)
    }

    /// Rows within the row of an update.
    pub(super) fn deep_update(collection: &str) -> Self {
        Self::bad_payload(collection, "Rows can't be created within the update of another row.")
    }

    /// `If-Match` with a version, where the table does not compare them.
    pub(super) fn no_concurrency(logical: &str) -> Self {
        let text = format!(
            "Optimistic concurrency isn't enabled for entity type {logical}. The IfVersionMatches value of \
             ConcurrencyBehavior can only be used if optimistic concurrency is enabled."
        );
        Self::new(400, "0x80060893", text)
    }

    pub(super) fn wrong_status(logical: &str, state: i64, status: i64) -> Self {
        let text = format!("{status} is not a valid status code for state code {state} on {logical}.");
        Self::new(400, "0x80048408", text)
    }

    /// A row that others need.
    pub(super) fn associated() -> Self {
        let text = "The object you tried to delete is associated with another object and cannot be deleted.";
        Self::new(405, "0x80040227", text)
    }

    pub(super) fn no_delete_multiple() -> Self {
        Self::new(501, "0x80040800", "DeleteMultiple has not yet been implemented.")
    }

    /// A target of a bulk action without `@odata.type`.
    pub(super) fn untyped(collection: &str, logical: &str, position: usize) -> Self {
        let why = format!(
            "The target at position {position} has no '@odata.type'; 'Microsoft.Dynamics.CRM.{logical}' is expected in \
             every target."
        );
        Self::bad_payload(collection, &why)
    }

    /// A target of a bulk update without a key.
    pub(super) fn no_target_id(collection: &str, primary_id: &str) -> Self {
        Self::bad_payload(collection, &format!("A target has no key: '{primary_id}' is expected in every target."))
    }

    /// The text of a bulk update (reference A9).
    pub(super) fn no_rows(table: &Table, id: &str) -> Self {
        let mut name = table.logical.to_string();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let shown = table.traits.display_name.as_deref().unwrap_or(&name);
        Self::new(404, "0x80040217", format!("{shown} With Ids = {id} Do Not Exist"))
    }
}
