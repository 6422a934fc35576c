//! `authentication-managed-identity` and `get-authorization-context`.

use std::sync::Arc;

use http::{HeaderValue, header};

use crate::policy::{AuthorizationContext, ManagedIdentity};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::library::Library;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;
use crate::stack::gateway::value::Value;

/// Puts a token of the gateway's own identity, or of another one, into `Authorization`, or into a
/// variable.
pub(in crate::stack::gateway) async fn managed_identity(
    shared: &Shared,
    call: &mut Call,
    policy: &ManagedIdentity,
) -> Result<(), Raised> {
    if let Some(value) = value(shared, call, policy).await? {
        call.request_headers.insert(header::AUTHORIZATION, value);
    }
    Ok(())
}

/// Puts a token of the gateway's own identity into a variable, as the
/// authorization of a provider. The provider and the connection are evaluated,
/// so that a fault of theirs is seen.
pub(in crate::stack::gateway) async fn authorization_context(
    shared: &Shared,
    call: &mut Call,
    policy: &AuthorizationContext,
) -> Result<(), Raised> {
    let provider = call.text_or_empty(&policy.provider)?;
    call.text_or_empty(&policy.authorization)?;
    let value = match shared.identities.token("", &provider).await {
        Ok(token) => Value::Library(Arc::new(Library::Authorization(token.expose().into()))),
        Err(_) if call.flag(&policy.ignore_error)? => Value::Null,
        Err(message) => return Err(Raised::internal("", "AuthorizationNotAvailable", message)),
    };
    call.set_variable(&policy.variable, value);
    Ok(())
}

/// The value of `Authorization`; `None` where a variable took the token, or
/// where there is none and that is ignored.
pub(super) async fn value(
    shared: &Shared,
    call: &mut Call,
    policy: &ManagedIdentity,
) -> Result<Option<HeaderValue>, Raised> {
    let resource = call.text_or_empty(&policy.resource)?;
    let client_id = policy.client_id.as_ref().map(|id| call.text_or_empty(id)).transpose()?.unwrap_or_default();
    let failed = |message: String| Raised::internal("", "ManagedIdentityTokenUnavailable", message);
    let token = match shared.identities.token(&client_id, &resource).await {
        Ok(token) => token,
        Err(_) if call.flag(&policy.ignore_error)? => {
            if let Some(variable) = &policy.output {
                call.set_variable(variable, Value::Null);
            }
            return Ok(None);
        }
        Err(message) => return Err(failed(message)),
    };
    if let Some(variable) = &policy.output {
        call.set_variable(variable, Value::text(token.expose()));
        return Ok(None);
    }
    let value = HeaderValue::try_from(format!("Bearer {}", token.expose()));
    let mut value = value.map_err(|_| failed("the token is no header field's value".into()))?;
    value.set_sensitive(true);
    Ok(Some(value))
}
