//! `authentication-managed-identity`: calls the backend with the gateway's own
//! identity.

use std::sync::Arc;

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `authentication-managed-identity`.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    /// What the token is for.
    pub resource: GivenText,
    /// The client id of the identity; without one, the gateway's own.
    pub client_id: Option<GivenText>,
    /// The variable that takes the token; without one, `Authorization` does.
    pub output: Option<Arc<str>>,
    /// Whether the call goes on without a token where there is none.
    pub ignore_error: Given<bool>,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "authentication-managed-identity",
    // Its page says inbound; documents in use take a token for a request of
    // their own in any section.
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated(
        "the token comes from the embedded issuer; `client-id` names a managed identity of `mocks/issuer/`",
    ),
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let client_id = reader.text("client-id");
    let output = reader.literal("output-token-variable-name");
    let ignore_error = reader.flag("ignore-error").unwrap_or(Given::Fixed(false));
    let resource = reader.text("resource");
    let resource = reader.required("resource", resource)?;
    Some(Action::ManagedIdentity(ManagedIdentity { resource, client_id, output, ignore_error }))
}
