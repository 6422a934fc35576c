//! Members of encodings of text.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::super::value::Value;
use super::Fault;
use crate::policy::expression::BytesOp;

/// What `Uri.EscapeDataString` keeps: the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What `WebUtility.UrlEncode` keeps; a space becomes `+`.
const WEB_ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'!').remove(b'*').remove(b'(').remove(b')');

/// What a member gives.
pub(super) fn member(op: BytesOp, operands: &[Value]) -> Result<Value, Fault> {
    use BytesOp as B;
    let text = match operands.first() {
        Some(Value::Text(text)) => text,
        // `WebUtility` gives null for null.
        _ if matches!(op, B::UriEscape | B::UriUnescape) => return Err(Fault::null_argument("stringToEscape")),
        _ => return Ok(Value::Null),
    };
    Ok(Value::text(match op {
        B::UriEscape => utf8_percent_encode(text, ESCAPED).to_string(),
        B::UriUnescape => percent_decode_str(text).decode_utf8_lossy().into_owned(),
        B::UrlEncode => utf8_percent_encode(text, WEB_ESCAPED).to_string().replace("%20", "+"),
        B::UrlDecode => percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned(),
        B::HtmlEncode => {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            escaped.replace('"', "&quot;").replace('\'', "&#39;")
        }
        B::HtmlDecode => {
            let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            plain.replace("&#39;", "'").replace("&amp;", "&")
        }
    }))
}
