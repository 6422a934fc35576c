//! Runtime expressions in a target, filled from what was answered before.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::generate::Call;
use crate::observe::CallRun;

/// How an expression begins inside a text (OpenAPI 3.1.1, §4.8.20.3).
const BEGIN: &str = "{$response.body#";

/// What stands in a path segment as it is (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A call with the expression in its target filled from the first call's
/// answer; `None` where that was no success or holds no such value: then there
/// is nothing to go on with.
pub(super) fn filled<'c>(call: &'c Call, made: &[CallRun]) -> Option<Cow<'c, Call>> {
    let Some((before, rest)) = call.request.target.split_once(BEGIN) else { return Some(Cow::Borrowed(call)) };
    let (pointer, after) = rest.split_once('}')?;
    let response = made.first()?.last()?.response().filter(|response| (200..300).contains(&response.status))?;
    let text = match response.json()?.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let mut call = call.clone();
    call.request.target = format!("{before}{}{after}", utf8_percent_encode(&text, UNRESERVED));
    Some(Cow::Owned(call))
}
