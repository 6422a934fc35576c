//! `authentication-basic`: calls the backend with a name and a password.

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText};

/// `authentication-basic`.
#[derive(Clone, Debug)]
pub struct AuthenticationBasic {
    /// The name.
    pub username: GivenText,
    /// The password; empty where none is given.
    pub password: Option<GivenText>,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "authentication-basic",
    sections: INBOUND,
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let password = reader.text("password");
    let username = reader.text("username");
    let username = reader.required("username", username)?;
    Some(Action::AuthenticationBasic(AuthenticationBasic { username, password }))
}
