//! `check-header`: a header field must be there, or have one of some values.

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `check-header`.
#[derive(Clone, Debug)]
pub struct CheckHeader {
    /// The field.
    pub name: GivenText,
    /// The status of a refusal.
    pub code: Given<i64>,
    /// The message of a refusal.
    pub message: GivenText,
    /// Whether case of values is ignored.
    pub ignore_case: Given<bool>,
    /// The values that are allowed; none: any.
    pub values: Vec<GivenText>,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "check-header", sections: INBOUND, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let children = reader.children(&["value"]);
    let values = reader.values(children);
    let name = reader.text("name");
    let name = reader.required("name", name);
    let code = reader.number("failed-check-httpcode", 100..=599);
    let code = reader.required("failed-check-httpcode", code);
    let message = reader.text("failed-check-error-message");
    let message = reader.required("failed-check-error-message", message);
    let ignore_case = reader.flag("ignore-case");
    let ignore_case = reader.required("ignore-case", ignore_case);
    Some(Action::CheckHeader(CheckHeader {
        name: name?,
        code: code?,
        message: message?,
        ignore_case: ignore_case?,
        values,
    }))
}
