//! `authentication-certificate`: calls the backend with a client certificate.

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::Action;

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "authentication-certificate",
    sections: INBOUND,
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated("no certificate is presented: what is mapped here does not ask for one"),
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let which = [reader.text("thumbprint"), reader.text("certificate-id"), reader.text("body")];
    reader.text("password");
    if which.iter().flatten().count() != 1 {
        let fault = Diagnostic::error(reader.place(), "`authentication-certificate` must name one certificate");
        reader.fault(fault.expected("one of `certificate-id`, `thumbprint`, `body`"));
        return None;
    }
    Some(Action::AuthenticationCertificate)
}
