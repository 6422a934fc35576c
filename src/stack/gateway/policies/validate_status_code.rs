//! `validate-status-code`.

use crate::policy::{Section, ValidateStatusCode};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::validation::{Act, Finding, Verdicts};

/// Judges the response's status by the API's definition.
pub(in crate::stack::gateway) fn validate_status_code(
    call: &mut Call,
    policy: &ValidateStatusCode,
    section: Section,
) -> Result<(), Raised> {
    let Some(status) = call.response.as_ref().map(|r| r.status.as_u16()) else { return Ok(()) };
    let definition = call.operation.as_ref().and_then(|o| o.definition.clone());
    if definition.as_ref().is_some_and(|d| d.operation.response_key(status).is_some()) {
        return Ok(());
    }
    let own = policy.codes.iter().find(|(code, _)| *code == status).map(|(_, action)| action);
    let act = Act::of(call, own.unwrap_or(&policy.unspecified))?;
    let mut verdicts = Verdicts::new(section, policy.errors.as_ref());
    if definition.is_none() {
        verdicts.add_no_definition(act);
    } else {
        let details = format!("Response status code {status} is not allowed.");
        verdicts.add(
            act,
            Finding { name: status.to_string(), kind: "StatusCode", rule: "Unspecified", details, told: None },
        );
    }
    verdicts.conclude(call)
}
