//! `authentication-managed-identity`.

use http::{HeaderValue, header};

use crate::policy::ManagedIdentity;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;
use crate::stack::gateway::value::Value;

/// Puts a token of the gateway's own identity into `Authorization`, or into a
/// variable.
pub(in crate::stack::gateway) async fn managed_identity(
    shared: &Shared,
    call: &mut Call,
    policy: &ManagedIdentity,
) -> Result<(), Raised> {
    let resource = call.text_or_empty(&policy.resource)?;
    let failed = |message: String| Raised::internal("", "ManagedIdentityTokenUnavailable", message);
    let token = shared.identity.token(&resource).await.map_err(failed)?;
    if let Some(variable) = &policy.output {
        call.set_variable(variable, Value::text(token.expose()));
        return Ok(());
    }
    let value = HeaderValue::try_from(format!("Bearer {}", token.expose()));
    let mut value = value.map_err(|_| failed("the token is no header field's value".into()))?;
    value.set_sensitive(true);
    call.request_headers.insert(header::AUTHORIZATION, value);
    Ok(())
}
