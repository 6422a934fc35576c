//! `forward-request`: calls the backend.

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, Section};

/// `forward-request`.
#[derive(Clone, Debug)]
pub struct ForwardRequest {
    /// How long to wait for the answer's header fields, in milliseconds of
    /// real time.
    pub timeout_ms: Given<i64>,
    /// Whether `timeout_ms` counts seconds instead.
    pub in_seconds: bool,
    /// Whether 4xx and 5xx lead to on-error.
    pub fail_on_error: Given<bool>,
}

impl ForwardRequest {
    /// The timeout where none is given, in seconds.
    const DEFAULT_TIMEOUT: i64 = 300;
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "forward-request",
    sections: &[Section::Backend],
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated(
        "the backend is spoken to over HTTP/1.1; bodies are streamed both ways, whatever the buffering says",
    ),
    compile,
};

#[expect(clippy::unnecessary_wraps, reason = "every policy has the same shape")]
fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let seconds = reader.number("timeout", 0..=i64::from(u32::MAX));
    let millis = reader.number("timeout-ms", 0..=i64::from(u32::MAX));
    if seconds.is_some() && millis.is_some() {
        let fault = Diagnostic::error(reader.place(), "`timeout` and `timeout-ms` exclude each other");
        reader.fault(fault);
    }
    reader.word("http-version", &["1"]);
    reader.word("follow-redirects", &["false"]);
    // The request's body is streamed, unless a policy has read it: then it is
    // held anyway. The response's is streamed always.
    reader.flag("buffer-request-body");
    reader.flag("buffer-response");
    let fail_on_error = reader.flag("fail-on-error-status-code").unwrap_or(Given::Fixed(false));
    let in_seconds = millis.is_none();
    let timeout_ms = millis.or(seconds).unwrap_or(Given::Fixed(ForwardRequest::DEFAULT_TIMEOUT));
    Some(Action::ForwardRequest(ForwardRequest { timeout_ms, in_seconds, fail_on_error }))
}
