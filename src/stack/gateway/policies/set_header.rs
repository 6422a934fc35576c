//! `set-header`.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::policy::{Exists, Section, SetField};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Fields whose values stay apart; those of all others become one with commas
/// (reference §2.16).
const KEPT_APART: [&str; 13] = [
    "user-agent",
    "www-authenticate",
    "proxy-authenticate",
    "cookie",
    "set-cookie",
    "warning",
    "date",
    "expires",
    "if-modified-since",
    "if-unmodified-since",
    "last-modified",
    "retry-after",
    "authorization",
];

/// Fields that belong to the connection, which nobody changes. Documents that
/// write one out don't load; an expression may still name one.
const OF_THE_CONNECTION: [HeaderName; 4] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, HeaderName::from_static("keep-alive")];

/// Sets a field of the request before the backend was called, of the response
/// after.
pub(in crate::stack::gateway) fn set_header(
    call: &mut Call,
    policy: &SetField,
    section: Section,
) -> Result<(), Raised> {
    let on_response = match section {
        Section::Inbound => false,
        Section::Backend => call.response.is_some(),
        Section::Outbound | Section::OnError => true,
    };
    let (name, values) = prepare(call, policy)?;
    let exists = call.exists(&policy.exists)?;
    if policy.name.fixed().is_none() && OF_THE_CONNECTION.contains(&name) {
        return Ok(());
    }
    let headers = match &mut call.response {
        _ if !on_response => &mut call.request_headers,
        // The platform keeps this field, whoever set it.
        Some(_) if exists == Exists::Delete && name == header::SERVER => return Ok(()),
        Some(answer) => &mut answer.headers,
        None => return Ok(()),
    };
    put(headers, exists, &name, values);
    Ok(())
}

/// Sets a field of an answer that is being made.
pub(super) fn apply(call: &mut Call, headers: &mut HeaderMap, policy: &SetField) -> Result<(), Raised> {
    let (name, values) = prepare(call, policy)?;
    let exists = call.exists(&policy.exists)?;
    if policy.name.fixed().is_none() && OF_THE_CONNECTION.contains(&name) {
        return Ok(());
    }
    put(headers, exists, &name, values);
    Ok(())
}

/// Name and values, evaluated. Values that are null, or can't be sent, are
/// left out.
fn prepare(call: &mut Call, policy: &SetField) -> Result<(HeaderName, Vec<HeaderValue>), Raised> {
    let name = call.text_or_empty(&policy.name)?;
    let Ok(name) = HeaderName::try_from(&*name) else {
        let message = format!("Expression evaluation failed. '{name}' is no header field's name.");
        return Err(Raised::internal("", "ExpressionValueEvaluationFailure", message));
    };
    let mut values = Vec::with_capacity(policy.values.len());
    for value in &policy.values {
        if let Some(text) = call.text(value)?
            && let Ok(value) = HeaderValue::try_from(text.trim())
        {
            values.push(value);
        }
    }
    Ok((name, values))
}

fn put(headers: &mut HeaderMap, exists: Exists, name: &HeaderName, values: Vec<HeaderValue>) {
    match exists {
        Exists::Delete => {
            headers.remove(name);
            return;
        }
        Exists::Skip if headers.contains_key(name) => return,
        Exists::Override if !values.is_empty() => {
            headers.remove(name);
        }
        _ => {}
    }
    for value in values {
        let joined = match headers.get(name) {
            Some(old) if !KEPT_APART.contains(&name.as_str()) => {
                HeaderValue::from_bytes(&[old.as_bytes(), b",", value.as_bytes()].concat()).ok()
            }
            _ => None,
        };
        match joined {
            Some(joined) => drop(headers.insert(name, joined)),
            None => drop(headers.append(name, value)),
        }
    }
}
