//! `set-body`.

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::message::{self, failed, side};
use crate::policy::{BodyContent, Section, SetBody, Template};
use crate::stack::gateway::answer::AnswerBody;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::liquid::{bound_body, bound_context, render};
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::value::Side;

/// Sets the request's body before the backend was called, the response's
/// after. A request whose method has no body gets none: that raises.
pub(in crate::stack::gateway) fn set_body(call: &mut Call, policy: &SetBody, section: Section) -> Result<(), Raised> {
    let side = side(call, section);
    let has_none = matches!(call.method, Method::GET | Method::HEAD) && call.body.is_none();
    let text = content(call, policy, side)?;
    if side == Side::Request && has_none {
        return Err(failed(format!("A {} request has no body that could be set.", call.method)));
    }
    message::set_text(call, side, &text);
    Ok(())
}

/// The content as the body of an answer that is being made. A template sees
/// the message that the section is about.
pub(super) fn answer_body(call: &mut Call, policy: &SetBody) -> Result<AnswerBody, Raised> {
    let side = side(call, call.section);
    let text = content(call, policy, side)?;
    Ok(AnswerBody::Bytes(Bytes::from(text)))
}

fn content(call: &mut Call, policy: &SetBody, side: Side) -> Result<String, Raised> {
    match &policy.content {
        BodyContent::Text(given) => Ok(call.text_or_empty(given)?.to_string()),
        BodyContent::Liquid { template, parse_dates } => rendered(call, template, *parse_dates, side),
    }
}

fn rendered(call: &mut Call, template: &Template, parse_dates: bool, side: Side) -> Result<String, Raised> {
    let body = match message::text(call, side)? {
        Some(text) if template.reads_body && !text.trim().is_empty() => {
            bound_body(&text, &media_type(call.headers(side)), parse_dates).map_err(failed)?
        }
        _ => serde_json::Value::Null,
    };
    let context = if template.reads_context { bound_context(call) } else { serde_json::Value::Null };
    render(template, body, context, call.clock.now()).map_err(failed)
}

/// A body whose media type nobody names is taken for JSON.
fn media_type(headers: Option<&HeaderMap>) -> String {
    let named = message::media_type(headers);
    if named.is_empty() { "application/json".to_owned() } else { named }
}
