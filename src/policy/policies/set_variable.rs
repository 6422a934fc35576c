//! `set-variable`: a value under a name, for later policies of the same call.

use std::sync::Arc;

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText};

/// `set-variable`.
#[derive(Clone, Debug)]
pub struct SetVariable {
    /// The variable.
    pub name: Arc<str>,
    /// Its value; an expression keeps its type.
    pub value: GivenText,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "set-variable",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let name = reader.literal("name");
    let name = reader.required("name", name);
    let value = reader.text("value");
    let value = reader.required("value", value);
    Some(Action::SetVariable(SetVariable { name: name?, value: value? }))
}
