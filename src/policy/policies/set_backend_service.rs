//! `set-backend-service`: which backend is called.

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use crate::diagnose::{Diagnostic, closest};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText, Section};

/// `set-backend-service`.
#[derive(Clone, Debug)]
pub struct SetBackendService {
    /// The backend's id.
    pub backend_id: GivenText,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "set-backend-service",
    sections: &[Section::Inbound, Section::Backend],
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    if let Some(url) = reader.element.attribute("base-url") {
        let fault = Diagnostic::error(url.place.clone(), "`base-url` is not emulated: backends are stubs")
            .expected("`backend-id`");
        reader.fault(fault);
        reader.text("base-url");
        return None;
    }
    let backend_id = reader.text("backend-id");
    let backend_id = reader.required("backend-id", backend_id)?;
    let known = &reader.compiler.surroundings.backends;
    if let Some(id) = backend_id.fixed().filter(|id| !known.contains(&***id)) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let mut fault = Diagnostic::error(reader.place(), format!("there is no backend `{id}`"))
            .expected(format!("one of {}", known.join(", ")));
        if let Some(near) = closest(id, known) {
            fault = fault.hint(format!("did you mean `{near}`?"));
        }
        reader.fault(fault);
    }
    Some(Action::SetBackendService(SetBackendService { backend_id }))
}
