//! `mock-response`.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value as Json;

use crate::contract::openapi::{MediaType, OpenApi, is_json};
use crate::policy::MockResponse;
use crate::stack::gateway::answer::{Answer, AnswerBody};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::sample::sample;

/// Makes the answer that the definition of the operation shows: an example,
/// else a value of the schema, else nothing.
pub(in crate::stack::gateway) fn mock_response(call: &mut Call, policy: &MockResponse) {
    let mut answer = Answer::new(StatusCode::from_u16(policy.status).unwrap_or(StatusCode::OK));
    let definition = call.operation.as_ref().and_then(|o| o.definition.as_ref());
    let shown = definition.and_then(|definition| {
        let response = definition.operation.response(policy.status)?;
        let media = match &policy.content_type {
            Some(wanted) => response.media_type(essence(wanted)),
            None => response.content.first(),
        }?;
        Some((media.written.clone(), content(&definition.openapi, media, policy.index)))
    });
    let (media_type, body) = shown.unwrap_or_default();
    let media_type = policy.content_type.as_deref().unwrap_or(&media_type);
    if let (false, Ok(value)) = (media_type.is_empty(), HeaderValue::try_from(media_type)) {
        answer.headers.insert(header::CONTENT_TYPE, value);
    }
    answer.body = AnswerBody::Bytes(Bytes::from(body));
    call.response = Some(answer);
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn content(openapi: &OpenApi, media: &MediaType, index: usize) -> String {
    let example = media.examples.get(index).or_else(|| media.examples.first());
    match (example, &media.schema) {
        (Some(Json::String(text)), _) if !is_json(&media.name) => text.clone(),
        (Some(example), _) => pretty(example),
        (None, Some(schema)) if is_json(&media.name) => {
            openapi.schema(schema).map(|schema| pretty(&sample(openapi, schema))).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// Over several lines, as the platform stores samples.
fn pretty(json: &Json) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}
