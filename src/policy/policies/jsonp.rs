//! `jsonp`: a JSON answer as the call of a script's function.

use std::sync::Arc;

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Section};

/// `jsonp`.
#[derive(Clone, Debug)]
pub struct Jsonp {
    /// The query parameter that names the function.
    pub parameter: Arc<str>,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "jsonp",
    sections: &[Section::Outbound],
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let parameter = reader.literal("callback-parameter-name");
    let parameter = reader.required("callback-parameter-name", parameter)?;
    reader.reads.body = true;
    Some(Action::Jsonp(Jsonp { parameter }))
}
