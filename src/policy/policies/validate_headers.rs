//! `validate-headers`: the response's header fields by the API's definition.

use std::sync::Arc;

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use super::validation_action::{exceptions, required_action};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText, Section};

/// `validate-headers`.
#[derive(Clone, Debug)]
pub struct ValidateHeaders {
    /// What is done about a declared field whose value is not right.
    pub specified: GivenText,
    /// What is done about a field that is not declared.
    pub unspecified: GivenText,
    /// The variable that takes what was found.
    pub errors: Option<Arc<str>>,
    /// Fields with an action of their own.
    pub headers: Vec<(Arc<str>, GivenText)>,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "validate-headers",
    sections: &[Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let specified = required_action(reader, "specified-header-action");
    let unspecified = required_action(reader, "unspecified-header-action");
    let errors = reader.literal("errors-variable-name");
    let headers = exceptions(reader, "header", "name");
    Some(Action::ValidateHeaders(ValidateHeaders { specified: specified?, unspecified: unspecified?, errors, headers }))
}
