//! `set-backend-service`: which backend is called.

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use crate::diagnose::{Diagnostic, closest};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText, Section};

/// `set-backend-service`.
#[derive(Clone, Debug)]
pub enum SetBackendService {
    /// A backend of the instance, by its id.
    Id(GivenText),
    /// The URL that paths and queries are appended to.
    Url(GivenText),
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
    service_fabric(reader);
    let (id, url) = (reader.text("backend-id"), reader.text("base-url"));
    match (id, url) {
        (Some(_), Some(_)) => {
            let fault = Diagnostic::error(reader.place(), "`backend-id` and `base-url` exclude each other");
            reader.fault(fault);
            None
        }
        (Some(id), None) => {
            known(reader, &id);
            Some(Action::SetBackendService(SetBackendService::Id(id)))
        }
        (None, Some(url)) => {
            reader.reaches("base-url", &url);
            Some(Action::SetBackendService(SetBackendService::Url(url)))
        }
        (None, None) => {
            let given = |name| reader.element.attribute(name).is_some();
            if !given("backend-id") && !given("base-url") {
                let fault = Diagnostic::error(reader.place(), "`set-backend-service` names no backend");
                reader.fault(fault.expected("`backend-id=\"…\"` or `base-url=\"…\"`"));
            }
            None
        }
    }
}

/// What only a backend in Service Fabric reads.
const SERVICE_FABRIC: [&str; 5] =
    ["sf-resolve-condition", "sf-service-instance-name", "sf-partition-key", "sf-listener-name", "sf-replica-type"];

/// Names what is said about Service Fabric: a backend is one address here.
fn service_fabric(reader: &mut Reader<'_, '_, '_>) {
    let said: Vec<&str> = SERVICE_FABRIC.into_iter().filter(|name| reader.has(name)).collect();
    if !said.is_empty() {
        let what = format!("what is said about Service Fabric does nothing here: {}", said.join(", "));
        let notice = Diagnostic::notice(reader.place(), what);
        reader.fault(notice);
    }
}

/// Complains of an id that is none. Where no backend is described, ids are
/// only named: nobody knows which there are.
fn known(reader: &mut Reader<'_, '_, '_>, id: &GivenText) {
    let known = &reader.compiler.surroundings.backends;
    let Some(id) = id.fixed().filter(|id| !known.contains(&***id)) else { return };
    let what = format!("there is no backend `{id}`");
    if known.is_empty() {
        let notice = Diagnostic::notice(reader.place(), what);
        reader.fault(notice.hint("requests to it fail; say where it is under `[gateway.backends]`"));
        return;
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let mut fault = Diagnostic::error(reader.place(), what).expected(format!("one of {}", known.join(", ")));
    if let Some(near) = closest(id, known) {
        fault = fault.hint(format!("did you mean `{near}`?"));
    }
    reader.fault(fault);
}
