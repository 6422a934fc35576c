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

    /// An address that is too long (the status is recalled, not confirmed).
    pub(super) fn long_address(length: usize, longest: usize) -> Self {
        let text = format!("The request URI has {length} characters; the maximum is {longest}.");
        Self::new(414, "", text)
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

    /// A header field that names a user and holds no GUID.
    pub(super) fn no_guid(header: &str, text: &str) -> Self {
        Self::new(400, "0x80040203", format!("The header '{header}' must hold a GUID, and it holds '{text}'."))
    }

    pub(super) fn may_not_impersonate(principal: &str) -> Self {
        let text = format!(
            "Principal user (Id={principal}, type=8) is missing prvActOnBehalfOfAnotherUser privilege \
             (Id=d40fd0b4-2c5e-4f0b-8f3e-5a6bd0d9a1b0)."
        );
        Self::new(403, "0x80040220", text)
    }

    /// No user has the object id.
    pub(super) fn no_member() -> Self {
        Self::new(403, "0x80072560", "The user is not a member of the organization.")
    }

    pub(super) fn disabled(id: &str) -> Self {
        Self::new(403, "0x80040225", format!("The specified user(Id = {id}) is disabled. Consider enabling this user."))
    }

    /// The folder of files failed.
    pub(super) fn file_failed(fault: &std::io::Error) -> Self {
        Self::new(500, "0x80040216", format!("The file could not be kept or read: {fault}."))
    }

    pub(super) fn no_upload(token: &str) -> Self {
        Self::new(400, "0x80040203", format!("There is no upload with the session token '{token}' for this column."))
    }

    pub(super) fn wrong_range(text: &str) -> Self {
        let text = format!("'{text}' is no range of this file; 'bytes FROM-TO/TOTAL' or 'bytes=FROM-TO' was expected.");
        Self::new(416, "0x80040203", text)
    }

    /// A chunk that does not follow what is there.
    pub(super) fn gap(range: &str, size: u64) -> Self {
        let text = format!("The chunk '{range}' does not follow what was uploaded: {size} bytes are there.");
        Self::new(400, "0x80040203", text)
    }

    pub(super) fn no_file(column: &str, id: &str) -> Self {
        Self::new(404, "0x80090001", format!("No file attachment found for attribute: {column} EntityId: {id}."))
    }

    pub(super) fn too_much_at_once(largest: u64) -> Self {
        let text = format!("The file is larger than {largest} bytes: ask for it in parts with a 'Range' header.");
        Self::new(400, "0x80044a02", text)
    }

    /// A rule of duplicate detection found another row.
    pub(super) fn duplicate_found() -> Self {
        let text = "A record was not created or updated because a duplicate of the current record already exists.";
        Self::new(412, "0x80040333", text)
    }

    /// A parameter of an action that is not there.
    pub(super) fn required_parameter(name: &str) -> Self {
        Self::new(400, "0x80040203", format!("Required field '{name}' is missing"))
    }
}
