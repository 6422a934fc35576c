//! `validate-status-code`: the response's status by the API's definition.

use std::sync::Arc;

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use super::validation_action::{exceptions, required_action};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText, Section};

/// `validate-status-code`.
#[derive(Clone, Debug)]
pub struct ValidateStatusCode {
    /// What is done about a status that is not declared.
    pub unspecified: GivenText,
    /// The variable that takes what was found.
    pub errors: Option<Arc<str>>,
    /// Statuses with an action of their own.
    pub codes: Vec<(u16, GivenText)>,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "validate-status-code",
    sections: &[Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let unspecified = required_action(reader, "unspecified-status-code-action");
    // Tools of the platform's makers write it without the plural.
    let errors = reader.literal("errors-variable-name").or_else(|| reader.literal("error-variable-name"));
    let mut codes = Vec::new();
    for (code, action) in exceptions(reader, "status-code", "code") {
        match code.trim().parse::<u16>() {
            Ok(code) if (100..=999).contains(&code) => codes.push((code, action)),
            _ => {
                let fault = Diagnostic::error(reader.place(), "`code` is no status").expected("a number like 404");
                reader.fault(fault.actual(code.to_string()));
            }
        }
    }
    Some(Action::ValidateStatusCode(ValidateStatusCode { unspecified: unspecified?, errors, codes }))
}
