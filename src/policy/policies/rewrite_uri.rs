//! `rewrite-uri`: the path and query that the backend is called with.

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `rewrite-uri`.
#[derive(Clone, Debug)]
pub struct RewriteUri {
    /// The new path, with `{name}` for the operation's parameters.
    pub template: GivenText,
    /// Whether query parameters that are no parameters of the operation's
    /// template are kept.
    pub copy_unmatched: Given<bool>,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "rewrite-uri", sections: INBOUND, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let copy_unmatched = reader.flag("copy-unmatched-params").unwrap_or(Given::Fixed(true));
    let template = reader.text("template");
    let template = reader.required("template", template)?;
    Some(Action::RewriteUri(RewriteUri { template, copy_unmatched }))
}
