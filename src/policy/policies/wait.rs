//! `wait`: policies side by side.

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use crate::policy::expression::Reads;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Section, Statements};

/// `wait`.
#[derive(Clone, Debug)]
pub struct Wait {
    /// Whether the first that is through is enough.
    pub any: bool,
    /// What runs.
    pub statements: Statements,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "wait",
    sections: &[Section::Inbound, Section::Backend, Section::Outbound],
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

#[expect(clippy::unnecessary_wraps, reason = "every policy has the same shape")]
fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&["send-request", "cache-lookup-value", "choose"]);
    let any = reader.word("for", &["all", "any"]) == Some("any");
    let element = reader.element;
    let statements = reader.statements(element, "");
    // What is inside works on copies of the call, which have only what is in
    // memory.
    let reads = reads(&statements);
    reader.reads.body |= reads.body;
    reader.reads.response |= reads.response;
    Some(Action::Wait(Wait { any, statements }))
}

/// What statements and those inside of them read.
fn reads(statements: &Statements) -> Reads {
    let mut all = Reads::default();
    for statement in statements.iter() {
        let mut inside = vec![statement.reads];
        if let Action::Choose(choose) = &statement.action {
            inside.extend(choose.branches.iter().map(|(_, branch)| reads(branch)));
            inside.extend(choose.otherwise.as_ref().map(reads));
        }
        for reads in inside {
            all.body |= reads.body;
            all.response |= reads.response;
        }
    }
    all
}
