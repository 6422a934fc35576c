//! `set-backend-service`.

use std::sync::Arc;

use crate::policy::SetBackendService;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// Chooses the backend. One that a broader scope chose by its id stands
/// against a URL (reference §2.16).
pub(in crate::stack::gateway) fn set_backend_service(
    shared: &Shared,
    call: &mut Call,
    policy: &SetBackendService,
) -> Result<(), Raised> {
    let failed = |message: String| Raised::internal("", "ExpressionValueEvaluationFailure", message);
    let scope = call.at.as_ref().map(|statement| statement.scope);
    match policy {
        SetBackendService::Id(id) => {
            let id = call.text_or_empty(id)?;
            let backend = shared.backends.get(&id);
            let none = || failed(format!("Expression evaluation failed. There is no backend '{id}'."));
            call.backend = Some(backend.ok_or_else(none)?);
            (call.backend_chosen_in, call.backend_id) = (scope, Some(id));
        }
        SetBackendService::Url(url) => {
            let url = call.text_or_empty(url)?;
            let destination = shared.hosts.destination(&url);
            let none = || failed(format!("Expression evaluation failed. '{url}' is no URL of a backend."));
            let destination = destination.ok_or_else(none)?;
            if call.backend_chosen_in.is_some_and(|chosen| Some(chosen) != scope) {
                return Ok(());
            }
            (call.backend, call.backend_id) = (Some(Arc::new(destination)), None);
        }
    }
    Ok(())
}
