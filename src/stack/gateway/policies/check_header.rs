//! `check-header`.

use http::StatusCode;

use crate::policy::CheckHeader;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Refuses a call whose header field is absent or has none of the values.
/// Several fields of one name are compared as one text with commas.
pub(in crate::stack::gateway) fn check_header(call: &mut Call, policy: &CheckHeader) -> Result<(), Raised> {
    let name = call.text_or_empty(&policy.name)?;
    let values: Vec<_> =
        call.request_headers.get_all(&*name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
    let (present, value) = (!values.is_empty(), values.join(","));
    let (reason, message) = if !present {
        ("HeaderNotFound", format!("Header {name} was not found in the request. Access denied."))
    } else if policy.values.is_empty() || allowed(call, policy, &value)? {
        return Ok(());
    } else {
        ("HeaderValueNotAllowed", format!("Header {name} value of {value} is not allowed. Access denied."))
    };
    let code = call.number(&policy.code)?;
    let told = call.text_or_empty(&policy.message)?;
    let status = u16::try_from(code).ok().and_then(|c| StatusCode::from_u16(c).ok());
    Err(Raised::policy(status.unwrap_or(StatusCode::UNAUTHORIZED), reason, message, &told))
}

fn allowed(call: &mut Call, policy: &CheckHeader, value: &str) -> Result<bool, Raised> {
    let ignore_case = call.flag(&policy.ignore_case)?;
    for candidate in &policy.values {
        let candidate = call.text_or_empty(candidate)?;
        if *candidate == *value || (ignore_case && candidate.eq_ignore_ascii_case(value)) {
            return Ok(true);
        }
    }
    Ok(false)
}
