//! `ip-filter`.

use std::net::IpAddr;

use http::StatusCode;

use crate::policy::{Callers, IpFilter};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Refuses callers that are not allowed, or are forbidden. The caller is
/// whoever holds the connection.
pub(in crate::stack::gateway) fn ip_filter(call: &mut Call, policy: &IpFilter) -> Result<(), Raised> {
    let action = call.text_or_empty(&policy.action)?;
    let allows = match &*action {
        "allow" => true,
        "forbid" => false,
        other => {
            let text = format!("Expression evaluation failed. `{other}` is no action of ip-filter.");
            return Err(Raised::internal("", "ExpressionValueEvaluationFailure", text));
        }
    };
    let caller = call.peer;
    let mut named = false;
    for callers in &policy.callers {
        named |= match callers {
            Callers::Range(from, to) => from.is_ipv4() == caller.is_ipv4() && (from..=to).contains(&&caller),
            // What is no address names nobody.
            Callers::Given(text) => {
                let ip = call.text_or_empty(text)?.trim().parse::<IpAddr>();
                ip.is_ok_and(|ip| ip.to_canonical() == caller)
            }
        };
    }
    let (reason, message) = match (allows, named) {
        (true, true) | (false, false) => return Ok(()),
        (true, false) => ("CallerIpNotAllowed", format!("Caller IP address {caller} is not allowed. Access denied.")),
        (false, true) => ("CallerIpBlocked", "Caller IP address is blocked. Access denied.".to_owned()),
    };
    Err(Raised::policy(StatusCode::FORBIDDEN, reason, message, "Forbidden"))
}
