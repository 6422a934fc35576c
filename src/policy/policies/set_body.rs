//! `set-body`: the body of the request or of the response.

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText};

/// `set-body`.
#[derive(Clone, Debug)]
pub struct SetBody {
    /// The text.
    pub text: GivenText,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "set-body", sections: ANYWHERE, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let text = reader.content()?;
    Some(Action::SetBody(SetBody { text }))
}
