//! `set-status`: the status of the answer.

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `set-status`.
#[derive(Clone, Debug)]
pub struct SetStatus {
    /// The code.
    pub code: Given<i64>,
    /// The reason phrase; without one, the code's own.
    pub reason: Option<GivenText>,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "set-status", sections: ANYWHERE, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let reason = reader.text("reason");
    let code = reader.number("code", 100..=599);
    let code = reader.required("code", code)?;
    Some(Action::SetStatus(SetStatus { code, reason }))
}
