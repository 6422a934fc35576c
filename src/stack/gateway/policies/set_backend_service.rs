//! `set-backend-service`.

use std::sync::Arc;

use crate::policy::SetBackendService;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// Chooses the backend.
pub(in crate::stack::gateway) fn set_backend_service(
    shared: &Shared,
    call: &mut Call,
    policy: &SetBackendService,
) -> Result<(), Raised> {
    let id = call.text_or_empty(&policy.backend_id)?;
    let backend = shared.backends.get(&*id).ok_or_else(|| {
        let message = format!("Expression evaluation failed. There is no backend '{id}'.");
        Raised::internal("", "ExpressionValueEvaluationFailure", message)
    })?;
    call.backend = Some(Arc::clone(backend));
    Ok(())
}
