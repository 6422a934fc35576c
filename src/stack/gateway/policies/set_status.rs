//! `set-status`.

use std::sync::Arc;

use http::StatusCode;

use crate::policy::SetStatus;
use crate::stack::gateway::answer::Answer;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Sets the status of the response, if there is one. Its expressions see the
/// response as it was.
pub(in crate::stack::gateway) fn set_status(call: &mut Call, policy: &SetStatus) -> Result<(), Raised> {
    if call.response.is_none() {
        return Ok(());
    }
    let (status, reason) = evaluated(call, policy)?;
    if let Some(answer) = &mut call.response {
        (answer.status, answer.reason) = (status, reason);
    }
    Ok(())
}

/// Sets the status of an answer that is being made.
pub(super) fn apply(call: &mut Call, answer: &mut Answer, policy: &SetStatus) -> Result<(), Raised> {
    (answer.status, answer.reason) = evaluated(call, policy)?;
    Ok(())
}

fn evaluated(call: &mut Call, policy: &SetStatus) -> Result<(StatusCode, Option<Arc<str>>), Raised> {
    let code = call.number(&policy.code)?;
    let status = u16::try_from(code).ok().and_then(|c| StatusCode::from_u16(c).ok());
    let status = status.ok_or_else(|| {
        let message = format!("Expression evaluation failed. {code} is no status.");
        Raised::internal("", "ExpressionValueEvaluationFailure", message)
    })?;
    let reason = policy.reason.as_ref().map(|r| call.text(r)).transpose()?.flatten();
    Ok((status, reason))
}
