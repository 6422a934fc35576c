//! `mock-response`: an answer out of the API's definition.

use std::sync::Arc;

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, Section};

/// `mock-response`.
#[derive(Clone, Debug)]
pub struct MockResponse {
    /// The status.
    pub status: u16,
    /// The media type; without one the first that is declared.
    pub content_type: Option<Arc<str>>,
    /// Which example, from 0.
    pub index: usize,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "mock-response",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated("what is made from a schema is small and always the same"),
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let fixed = |given: Option<Given<i64>>| given.and_then(|g| g.fixed().copied());
    let has_status = reader.element.attribute("status-code").is_some();
    let status = fixed(reader.number("status-code", 100..=599));
    let index = fixed(reader.number("index", 0..=1000)).unwrap_or(0);
    let content_type = reader.literal("content-type");
    if has_status && status.is_none() {
        return None;
    }
    let status = status.unwrap_or(200) as u16;
    Some(Action::MockResponse(MockResponse { status, content_type, index: index as usize }))
}
