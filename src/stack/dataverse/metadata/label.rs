//! Labels and managed properties as definitions carry them.

use serde_json::{Value, json};
use uuid::Uuid;

/// The namespace of the ids of everything that the metadata names.
const NAMESPACE: Uuid = Uuid::from_u128(0x8f4e_6a0c_25d1_4f0e_9a53_6f11_84c2_7d20);

/// English, the only language of the mock.
const LANGUAGE: u32 = 1033;

/// The id of what a name stands for; always the same.
pub(in crate::stack::dataverse) fn metadata_id(name: &str) -> Uuid {
    uuid::Builder::from_random_bytes(Uuid::new_v5(&NAMESPACE, name.as_bytes()).into_bytes()).into_uuid()
}

/// A label in one language. `owner` is what it belongs to.
pub(super) fn label(text: &str, owner: &str) -> Value {
    let one = json!({
        "Label": text,
        "LanguageCode": LANGUAGE,
        "IsManaged": false,
        "MetadataId": metadata_id(&format!("label/{owner}")),
        "HasChanged": null,
    });
    json!({ "LocalizedLabels": [one.clone()], "UserLocalizedLabel": one })
}

/// A label where there is one.
pub(super) fn optional_label(text: Option<&str>, owner: &str) -> Value {
    match text {
        Some(text) => label(text, owner),
        None => json!({ "LocalizedLabels": [], "UserLocalizedLabel": null }),
    }
}

/// A property that a solution may manage.
pub(super) fn managed(value: impl Into<Value>, property: &str) -> Value {
    json!({ "Value": value.into(), "CanBeChanged": true, "ManagedPropertyLogicalName": property })
}
