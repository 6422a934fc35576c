//! `set-method`.

use http::Method;

use crate::policy::SetMethod;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Changes the method that the backend is called with.
pub(in crate::stack::gateway) fn set_method(call: &mut Call, policy: &SetMethod) -> Result<(), Raised> {
    call.method = method(call, policy)?;
    Ok(())
}

/// The method.
pub(super) fn method(call: &mut Call, policy: &SetMethod) -> Result<Method, Raised> {
    let method = call.text_or_empty(&policy.method)?;
    Method::try_from(method.trim()).map_err(|_| {
        let message = format!("Expression evaluation failed. '{method}' is no method.");
        Raised::internal("", "ExpressionValueEvaluationFailure", message)
    })
}
