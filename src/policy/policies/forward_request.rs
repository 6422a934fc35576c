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
    /// How long to wait for `100 Continue` before the body is sent, in seconds
    /// of real time; `None`: not at all.
    pub continue_timeout: Option<Given<i64>>,
    /// Whether redirects are followed rather than handed on.
    pub follow_redirects: Given<bool>,
    /// Whether the request's body is kept, so that it can be sent again.
    pub buffer_request_body: Given<bool>,
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
        "the backend is spoken to over HTTP/1.1; the response is streamed, whatever `buffer-response` says",
    ),
    compile,
};

#[expect(clippy::unnecessary_wraps, reason = "every policy has the same shape")]
fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let amounts = 0..=i64::from(u32::MAX);
    reader.children(&[]);
    let seconds = reader.number("timeout", amounts.clone());
    let millis = reader.number("timeout-ms", amounts.clone());
    if seconds.is_some() && millis.is_some() {
        let fault = Diagnostic::error(reader.place(), "`timeout` and `timeout-ms` exclude each other");
        reader.fault(fault);
    }
    // HTTP/1.1 is spoken whichever version is asked for.
    reader.word("http-version", &["1", "2or1", "2"]);
    // The response's body is streamed always.
    reader.flag("buffer-response");
    let in_seconds = millis.is_none();
    Some(Action::ForwardRequest(ForwardRequest {
        timeout_ms: millis.or(seconds).unwrap_or(Given::Fixed(ForwardRequest::DEFAULT_TIMEOUT)),
        in_seconds,
        continue_timeout: reader.number("continue-timeout", amounts),
        follow_redirects: reader.flag("follow-redirects").unwrap_or(Given::Fixed(false)),
        buffer_request_body: reader.flag("buffer-request-body").unwrap_or(Given::Fixed(false)),
        fail_on_error: reader.flag("fail-on-error-status-code").unwrap_or(Given::Fixed(false)),
    }))
}
