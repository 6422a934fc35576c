//! `redirect-content-urls`: the backend's URLs as the gateway's.

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Section};

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "redirect-content-urls",
    sections: &[Section::Inbound, Section::Outbound],
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated(
        "the backend's base URL is replaced wherever it stands in the body and in `Location`, links or not",
    ),
    compile,
};

#[expect(clippy::unnecessary_wraps, reason = "every policy has the same shape")]
fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    reader.reads.body = true;
    Some(Action::RedirectContentUrls)
}
