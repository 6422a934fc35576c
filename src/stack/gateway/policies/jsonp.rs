//! `jsonp`.

use http::StatusCode;

use super::message;
use crate::policy::Jsonp;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::value::{Address, Side};

/// Wraps the answer into a call of the function that the query names; without
/// a name it stays as it is.
pub(in crate::stack::gateway) fn jsonp(call: &mut Call, policy: &Jsonp) -> Result<(), Raised> {
    let (_, query) = call.path_and_query(Address::Original);
    let callback = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| *name == *policy.parameter);
    let Some(callback) = callback.map(|(_, value)| value.into_owned()) else { return Ok(()) };
    if !is_identifier(&callback) {
        let text = format!("Value of callback parameter {} is not a valid JavaScript identifier.", policy.parameter);
        return Err(Raised::policy(StatusCode::BAD_REQUEST, "CallbackParameterInvalid", text.clone(), &text));
    }
    if let Some(text) = message::text(call, Side::Response)? {
        message::set_text(call, Side::Response, &format!("{callback}({text})"));
        message::set_media_type(call, Side::Response, "application/javascript");
    }
    Ok(())
}

fn is_identifier(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_alphabetic() || "_$".contains(c));
    begins && text.chars().all(|c| c.is_alphanumeric() || "_$".contains(c))
}
