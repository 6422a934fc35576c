//! `trace`: a record in the gateway's log.

use std::sync::Arc;

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText};

/// `trace`.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Who writes.
    pub source: GivenText,
    /// `verbose`, `information` or `error`.
    pub severity: &'static str,
    /// What.
    pub message: GivenText,
    /// Names and values beside it.
    pub metadata: Vec<(Arc<str>, GivenText)>,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "trace", sections: ANYWHERE, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let (mut message, mut metadata) = (None, Vec::new());
    let mut says = false;
    // In the form of old documents the text itself is the message.
    let is_text = reader.element.text().is_some();
    let children = if is_text { Vec::new() } else { reader.children(&["message", "metadata"]) };
    if is_text {
        (message, says) = (reader.content(), true);
    }
    for element in children {
        if &*element.name == "message" {
            (message, says) = (reader.content_of(element), true);
            continue;
        }
        metadata.extend(reader.within(element, |pair| {
            let (name, value) = (pair.literal("name"), pair.text("value"));
            let (name, value) = (pair.required("name", name), pair.required("value", value));
            Some((name?, value?))
        }));
    }
    let severity = reader.word("severity", &["verbose", "information", "error"]).unwrap_or("verbose");
    // The reference calls it literal; documents in use compute it.
    let source = reader.text("source");
    let source = reader.required("source", source)?;
    if !says {
        let fault = Diagnostic::error(reader.place(), "`trace` has no message").expected("`<message>…</message>`");
        reader.fault(fault);
    }
    Some(Action::Trace(Trace { source, severity, message: message?, metadata }))
}
