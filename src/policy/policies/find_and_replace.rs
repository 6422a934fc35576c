//! `find-and-replace`: one text for another in a body.

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText};

/// `find-and-replace`.
#[derive(Clone, Debug)]
pub struct FindAndReplace {
    /// What is looked for.
    pub from: GivenText,
    /// What comes in its place.
    pub to: GivenText,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "find-and-replace",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let from = reader.text("from");
    let from = reader.required("from", from);
    let to = reader.text("to");
    let to = reader.required("to", to);
    reader.reads.body = true;
    Some(Action::FindAndReplace(FindAndReplace { from: from?, to: to? }))
}
