//! An answer as a client reads it: throttled, a declared failure, in words.

use serde_json::Value;

use crate::contract::behaviour::{Behaviour, Correlation, ErrorType, TypeName};
use crate::wire::{Exchange, FailureKind, Response};

/// The members of a problem body (RFC 9457 §3.1) and those that the taxonomy
/// adds. A member of the wrong JSON type counts as missing, as the RFC has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Problem {
    /// `status`.
    pub(super) status: Option<u64>,
    /// `failureType`.
    pub(super) failure_type: Option<String>,
    /// `correlationId`.
    pub(super) correlation: Option<String>,
}

impl Problem {
    /// Reads a body; `None` where it is no JSON object.
    pub(super) fn read(response: &Response) -> Option<Self> {
        let body = response.json()?;
        let members = body.as_object()?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            status: members.get("status").and_then(Value::as_u64),
            failure_type: text("failureType"),
            correlation: text("correlationId"),
        })
    }
}

/// The failure type that an answer names; `None` for a success and for a body
/// that names none.
pub(super) fn failure_type(response: &Response) -> Option<TypeName> {
    if response.status < 400 {
        return None;
    }
    Problem::read(response)?.failure_type.map(|name| TypeName::new(&name))
}

/// The declared failure type that an answer names.
pub(super) fn declared<'b>(behaviour: &'b Behaviour, response: &Response) -> Option<&'b ErrorType> {
    behaviour.error(&failure_type(response)?)
}

/// Whether an answer is 429, or the 403 of a quota (API Management answers a
/// spent quota so, with `Retry-After`): neutral wherever throttling is not what
/// is judged.
pub(super) fn throttled(response: &Response) -> bool {
    response.status == 429 || (response.status == 403 && response.headers.contains("retry-after"))
}

/// [`throttled`], of an exchange.
pub(super) fn was_throttled(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(throttled)
}

/// Whether an answer accepts the call: 2xx. A redirection accepts nothing.
pub(super) fn accepted(response: &Response) -> bool {
    (200..300).contains(&response.status)
}

/// Whether the answer is 2xx.
pub(super) fn succeeded(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|status| (200..300).contains(&status))
}

/// Whether an ID has the format that the contract declares for it. One that
/// hasn't is a mistake of its own: it need not come back.
pub(super) fn well_formed(correlation: &Correlation, id: &str) -> bool {
    !correlation.uuid || uuid::Uuid::parse_str(id).is_ok()
}

/// The answer in a few words: `503 in_progress`, `no answer (the connection was
/// reset)`.
pub(super) fn in_words(exchange: &Exchange) -> String {
    match &exchange.outcome {
        Ok(response) => match failure_type(response) {
            Some(name) => format!("{} {name}", response.status),
            None => response.status.to_string(),
        },
        Err(failure) => format!("no answer ({})", kind_in_words(failure.kind)),
    }
}

fn kind_in_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Connect => "no connection could be made",
        FailureKind::Timeout => "the client stopped waiting",
        FailureKind::Reset => "the connection was reset",
        FailureKind::Protocol => "what came is no HTTP",
        FailureKind::Refused => "the address is not allowed",
        FailureKind::Left => "the client left before it came",
    }
}

/// Names in a sentence: `a`, `a` or `b`.
pub(super) fn one_of(names: &[TypeName]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => "a declared refusal".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
