//! `set-status`.

use http::StatusCode;

use crate::policy::SetStatus;
use crate::stack::gateway::answer::Answer;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Sets the status of the response, if there is one.
pub(in crate::stack::gateway) fn set_status(call: &mut Call, policy: &SetStatus) -> Result<(), Raised> {
    let Some(mut answer) = call.response.take() else { return Ok(()) };
    let result = apply(call, &mut answer, policy);
    call.response = Some(answer);
    result
}

/// Sets the status of an answer that is being made.
pub(super) fn apply(call: &mut Call, answer: &mut Answer, policy: &SetStatus) -> Result<(), Raised> {
    let code = call.number(&policy.code)?;
    let status = u16::try_from(code).ok().and_then(|c| StatusCode::from_u16(c).ok());
    answer.status = status.ok_or_else(|| {
        let message = format!("Expression evaluation failed. {code} is no status.");
        Raised::internal("", "ExpressionValueEvaluationFailure", message)
    })?;
    answer.reason = policy.reason.as_ref().map(|r| call.text(r)).transpose()?.flatten();
    Ok(())
}
