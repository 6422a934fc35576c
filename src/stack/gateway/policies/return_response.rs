//! `return-response`.

use http::StatusCode;

use super::{set_body, set_header, set_status};
use crate::policy::{Action, ReturnResponse};
use crate::stack::gateway::answer::{Answer, AnswerBody};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::value::Value;

/// Makes the answer that the children describe. Until it is complete, their
/// expressions see the response that was there before.
pub(in crate::stack::gateway) fn return_response(call: &mut Call, policy: &ReturnResponse) -> Result<(), Raised> {
    let mut answer = match &policy.variable {
        Some(name) => received(call, name)?,
        None => Answer::new(StatusCode::OK),
    };
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

/// The response in a variable as an answer of the call's own.
fn received(call: &Call, name: &str) -> Result<Answer, Raised> {
    if let Some(Value::Response(received)) = call.variable(name) {
        Ok(Answer {
            status: received.status,
            reason: received.reason.clone(),
            headers: received.headers.clone(),
            body: AnswerBody::Bytes(received.read_body(true)),
        })
    } else {
        let message = format!("Expression evaluation failed. Variable '{name}' holds no response.");
        Err(Raised::internal("", "ExpressionValueEvaluationFailure", message))
    }
}
