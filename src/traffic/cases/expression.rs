//! Runtime expressions in a target, filled from what was answered before.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::play::Play;
use crate::generate::{Call, Fill, FillPlace, Linked, expressed};
use crate::observe::CallRun;
use crate::wire::{Body, Request};

/// How an expression begins inside a text (OpenAPI 3.1.1, §4.8.20.3).
const BEGIN: &str = "{$response.body#";

/// What stands in a path segment as it is (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Play<'_> {
    /// The call that a link of the first answer leads to; `None` where that
    /// answer has no such link, or lacks what the link needs.
    pub(super) fn along(&self, linked: &Linked) -> Option<Call> {
        let exchange = self.calls.first()?.last()?;
        let operation = self.contract.openapi.operation(&self.case.calls().next()?.operation)?;
        (operation.response_key(exchange.status()?) == Some(linked.response)).then_some(())?;
        let origin = self.target().gateway.to_string();
        let mut call = linked.call.clone();
        for fill in &linked.fills {
            let value = fill.value.resolved(|expression| expressed(expression, &origin, exchange))?;
            fill_in(&mut call.request, fill, &value)?;
        }
        Some(call)
    }
}

/// Puts a value where its mark stands; `None` where it can't stand there.
fn fill_in(request: &mut Request, fill: &Fill, value: &Value) -> Option<()> {
    if fill.place == FillPlace::Body {
        let mark = format!("\"{}\"", fill.mark);
        let text = std::str::from_utf8(request.body.bytes()?).ok()?.replace(&mark, &value.to_string());
        request.body = Body::Bytes(text.into());
        return Some(());
    }
    let text = match value {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    match &fill.place {
        // Dots alone would be taken for steps in a path.
        FillPlace::Target if text == "." || text == ".." => None,
        FillPlace::Target => {
            let text = utf8_percent_encode(&text, UNRESERVED).to_string();
            request.target = request.target.replace(&fill.mark, &text);
            Some(())
        }
        FillPlace::Header(name) => {
            let cookie = name == "Cookie" && text.contains([' ', '"', ',', ';', '\\']);
            let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b)) && text.trim() == text && !cookie;
            let filled = request.headers.get(name)?.replace(&fill.mark, &text);
            plain.then(|| request.headers.set(name, filled))
        }
        FillPlace::Body => None,
    }
}

/// A call with the expression in its target filled from the first call's
/// answer; `None` where that was no success or holds no such value: then there
/// is nothing to go on with.
pub(super) fn filled<'c>(call: &'c Call, made: &[CallRun]) -> Option<Cow<'c, Call>> {
    let Some((before, rest)) = call.request.target.split_once(BEGIN) else { return Some(Cow::Borrowed(call)) };
    let (pointer, after) = rest.split_once('}')?;
    let response = made.first()?.last()?.response().filter(|response| (200..300).contains(&response.status))?;
    let text = match response.json()?.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let mut call = call.clone();
    call.request.target = format!("{before}{}{after}", utf8_percent_encode(&text, UNRESERVED));
    Some(Cow::Owned(call))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::generate::{Caller, Expect, Manner, Via};
    use crate::wire::{Exchange, Headers, Response};

    fn call(target: &str) -> Call {
        Call {
            role: "read",
            operation: "read".into(),
            request: Request { method: Method::GET, target: target.into(), headers: Headers::new(), body: Body::Empty },
            caller: Caller::Any,
            via: Via::Gateway,
            correlation: None,
            items: Vec::new(),
            expect: Expect::Nothing,
            manner: Manner::default(),
            contract: None,
        }
    }

    fn made(status: u16, body: &'static str) -> Vec<CallRun> {
        let response = Response { status, headers: Headers::new(), body: body.into(), truncated: false };
        let at = crate::clock::Timestamp::from_seconds(0);
        let exchange = Exchange {
            request: call("/carts").request,
            outcome: Ok(response),
            attempt: 1,
            due: std::time::Duration::ZERO,
            sent: std::time::Duration::ZERO,
            headers: None,
            done: std::time::Duration::ZERO,
            sent_at: at,
            done_at: at,
            tier: None,
        };
        vec![CallRun { call: 0, exchanges: vec![exchange], polls: Vec::new(), client: "c".into() }]
    }

    #[test]
    fn an_expression_is_filled_from_the_first_answer() {
        let target = |run: &[CallRun]| {
            let call = call("/carts/{$response.body#/id}?x=1");
            filled(&call, run).map(|call| call.request.target.clone())
        };
        assert_eq!(target(&made(201, r#"{"id":"a/b c"}"#)).as_deref(), Some("/carts/a%2Fb%20c?x=1"));
        assert_eq!(target(&made(200, r#"{"id":17}"#)).as_deref(), Some("/carts/17?x=1"));
        let nothing = [made(201, "{}"), made(201, r#"{"id":""}"#), made(400, r#"{"id":"a"}"#), Vec::new()];
        assert!(nothing.iter().all(|run| target(run).is_none()));
        assert!(filled(&call("/plain"), &[]).is_some());
    }
}
