//! What definitions say, read from their JSON.

use serde_json::Value;

use super::super::error::Refusal;
use super::refusal;

/// English, the only language of the mock.
const LANGUAGE: i64 = 1033;

/// The text of a label: English, else the first that is there.
pub(super) fn label(value: &Value) -> Option<&str> {
    let all = value["LocalizedLabels"].as_array().map_or(&[][..], Vec::as_slice);
    let english = all.iter().find(|one| one["LanguageCode"].as_i64() == Some(LANGUAGE));
    english.or(all.first()).unwrap_or(&value["UserLocalizedLabel"])["Label"].as_str()
}

/// The schema name, which must be one: with the prefix of a publisher.
pub(super) fn schema_name(value: &Value) -> Result<&str, Refusal> {
    let name = value["SchemaName"].as_str().ok_or_else(|| refusal::missing("SchemaName"))?;
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic()) && name.contains('_');
    if first && name.len() <= 128 && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(name)
    } else {
        Err(refusal::no_name(name))
    }
}

/// A text that must be there.
pub(super) fn required<'v>(value: &'v Value, name: &str) -> Result<&'v str, Refusal> {
    value[name].as_str().filter(|text| !text.is_empty()).ok_or_else(|| refusal::missing(name))
}

/// The type that `@odata.type` names, without namespace and without `Complex`,
/// which stands before it in the bodies of actions.
pub(super) fn kind(value: &Value) -> Option<&str> {
    let name = value["@odata.type"].as_str()?.rsplit('.').next()?;
    Some(name.strip_prefix("Complex").unwrap_or(name))
}

/// What stands in the parentheses of a key: the name of its member and its
/// value, without quotes.
pub(super) fn key(text: &str) -> (&str, &str) {
    let (name, value) = text.split_once('=').unwrap_or(("MetadataId", text));
    (name.trim(), value.trim().trim_matches('\''))
}
