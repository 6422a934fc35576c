//! `get-authorization-context`: a token of a connection that the credential
//! manager keeps.

use std::sync::Arc;

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `get-authorization-context`.
#[derive(Clone, Debug)]
pub struct AuthorizationContext {
    /// The provider that the connection is one of.
    pub provider: GivenText,
    /// The connection.
    pub authorization: GivenText,
    /// The variable that takes what `Authorization` is in expressions.
    pub variable: Arc<str>,
    /// Whether the call goes on without a token where there is none.
    pub ignore_error: Given<bool>,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "get-authorization-context",
    sections: INBOUND,
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated(
        "the token comes from the embedded issuer, for the gateway's own application, whatever the provider is",
    ),
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    reader.word("identity-type", &["managed", "jwt"]);
    reader.text("identity");
    let (provider, authorization) = (reader.text("provider-id"), reader.text("authorization-id"));
    let variable = reader.literal("context-variable-name");
    let provider = reader.required("provider-id", provider);
    let authorization = reader.required("authorization-id", authorization);
    let variable = reader.required("context-variable-name", variable);
    let ignore_error = reader.flag("ignore-error").unwrap_or(Given::Fixed(false));
    let context =
        AuthorizationContext { provider: provider?, authorization: authorization?, variable: variable?, ignore_error };
    Some(Action::AuthorizationContext(Box::new(context)))
}
