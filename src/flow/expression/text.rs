//! Values as text.

use serde_json::Value;

/// How a value stands in a text: texts as they are, `True` and `False`, nothing
/// for null, the rest as JSON.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A text from one place on, so many characters long; `None` where it has not so
/// many.
pub(super) fn part(text: &str, from: usize, length: Option<usize>) -> Option<String> {
    let count = text.chars().count();
    let length = length.unwrap_or(count.checked_sub(from)?);
    (from.checked_add(length)? <= count).then(|| text.chars().skip(from).take(length).collect())
}

/// As `encodeUriComponent` writes a text.
pub(super) fn uri_component(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(text, KEPT).to_string()
}
