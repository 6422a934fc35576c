//! `return-response`: answers at once and ends the pipeline.

use std::sync::Arc;

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Statements};

/// `return-response`. Without children: 200, no body.
#[derive(Clone, Debug)]
pub struct ReturnResponse {
    /// The variable with the response that the children change; without one,
    /// a new one.
    pub variable: Option<Arc<str>>,
    /// `set-status`, `set-header` and `set-body`, which act on the new answer.
    pub children: Statements,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "return-response",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

#[expect(clippy::unnecessary_wraps, reason = "every policy has the same shape")]
fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&["set-status", "set-header", "set-body"]);
    let variable = reader.literal("response-variable-name");
    let element = reader.element;
    let children = reader.statements(element, "");
    for child in children.iter() {
        reader.reads.body |= child.reads.body;
        reader.reads.response |= child.reads.response;
    }
    Some(Action::ReturnResponse(ReturnResponse { variable, children }))
}
