//! `send-request` and `send-one-way-request`: a request of the gateway's own.

use std::sync::Arc;

use super::POLICIES;
use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `send-request` or `send-one-way-request`.
#[derive(Clone, Debug)]
pub struct SendRequest {
    /// Whether it begins as a copy of the call's request, not as an empty one.
    pub copies: bool,
    /// The variable that takes the response; `None`: nobody waits for one.
    pub response_variable: Option<Arc<str>>,
    /// How long it may take, in seconds of real time.
    pub timeout: Given<i64>,
    /// Whether the variable is null, rather than an error raised, where there
    /// is no response.
    pub ignore_error: Given<bool>,
    /// The URL; `None`: that of the request that is copied.
    pub url: Option<GivenText>,
    /// What makes it: `set-method`, `set-header`, `set-body` and the
    /// policies of authentication.
    pub parts: Vec<Action>,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "send-request",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile: two_way,
};

pub(super) const ONE_WAY: PolicyKind = PolicyKind {
    name: "send-one-way-request",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile: one_way,
};

/// How long a request may take where nothing is said, in seconds.
const DEFAULT_TIMEOUT: i64 = 60;

/// What makes a request, beside `set-url`.
const PARTS: [&str; 6] = [
    "set-method",
    "set-header",
    "set-body",
    "authentication-basic",
    "authentication-certificate",
    "authentication-managed-identity",
];

fn two_way(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let variable = reader.literal("response-variable-name");
    let variable = reader.required("response-variable-name", variable);
    let ignore_error = reader.flag("ignore-error").unwrap_or(Given::Fixed(false));
    let mut policy = request(reader)?;
    (policy.response_variable, policy.ignore_error) = (Some(variable?), ignore_error);
    Some(Action::SendRequest(Box::new(policy)))
}

fn one_way(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    request(reader).map(|policy| Action::SendOneWayRequest(Box::new(policy)))
}

fn request(reader: &mut Reader<'_, '_, '_>) -> Option<SendRequest> {
    let copies = reader.word("mode", &["new", "copy"]) == Some("copy");
    let timeout = reader.number("timeout", 0..=i64::from(u32::MAX)).unwrap_or(Given::Fixed(DEFAULT_TIMEOUT));
    let known: Vec<&'static str> = std::iter::once("set-url").chain(PARTS).collect();
    let (mut url, mut parts, mut asked) = (None, Vec::new(), false);
    for element in reader.children(&known) {
        if &*element.name == "set-url" {
            asked = true;
            url = reader.content_of(element);
            continue;
        }
        let Some(kind) = POLICIES.iter().find(|kind| kind.name == &*element.name) else { continue };
        parts.extend(reader.within(element, |part| {
            part.literal("id");
            (kind.compile)(part)
        }));
    }
    if let Some(url) = &url {
        reader.reaches("set-url", url);
    } else if !copies && !asked {
        let fault = Diagnostic::error(reader.place(), format!("`{}` has no URL", reader.element.name));
        reader.fault(fault.expected("`<set-url>…</set-url>`, or `mode=\"copy\"`"));
    }
    if url.is_none() && !copies {
        return None;
    }
    Some(SendRequest { copies, response_variable: None, timeout, ignore_error: Given::Fixed(true), url, parts })
}
