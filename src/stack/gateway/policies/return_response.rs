//! `return-response`.

use http::StatusCode;

use super::{set_body, set_header, set_status};
use crate::policy::{Action, ReturnResponse};
use crate::stack::gateway::answer::Answer;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Makes the answer that the children describe. Until it is complete, their
/// expressions see the response that was there before.
pub(in crate::stack::gateway) fn return_response(call: &mut Call, policy: &ReturnResponse) -> Result<(), Raised> {
    let mut answer = Answer::new(StatusCode::OK);
    for child in policy.children.iter() {
        match &child.action {
            Action::SetStatus(status) => set_status::apply(call, &mut answer, status)?,
            Action::SetHeader(field) => set_header::apply(call, &mut answer.headers, field)?,
            Action::SetBody(body) => answer.body = set_body::answer_body(call, body)?,
            _ => unreachable!("the compiler lets no other policy in here"),
        }
    }
    call.response = Some(answer);
    Ok(())
}
