//! `set-method`: the method that the backend is called with.

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText, Section};

/// `set-method`.
#[derive(Clone, Debug)]
pub struct SetMethod {
    /// The method.
    pub method: GivenText,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "set-method",
    sections: &[Section::Inbound, Section::OnError],
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let method = reader.content()?;
    Some(Action::SetMethod(SetMethod { method }))
}
