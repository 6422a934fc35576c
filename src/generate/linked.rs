//! A call along a link of the document: some of its values are known only when
//! the call before it was answered.

use std::sync::Arc;

use serde_json::Value;

use super::Call;
use crate::contract::openapi::{Expression, LinkValue, Source, StatusKey};
use crate::wire::{Body, Exchange, Headers};

/// A call whose values a link takes from the first call of its case.
#[derive(Clone, Debug, PartialEq)]
pub struct Linked {
    /// The link's name.
    pub link: Arc<str>,
    /// The response that has it: the link is followed where the first call is
    /// answered so.
    pub response: StatusKey,
    /// The call, with a mark wherever a value is still to come.
    pub call: Call,
    /// What comes in place of the marks.
    pub fills: Vec<Fill>,
    /// Whether everything that the path names comes from the link, so that
    /// nothing that was made up can be unknown.
    pub named: bool,
}

/// A value that is still to come.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// What stands there until then; unreserved characters only.
    pub mark: String,
    /// Where it stands.
    pub place: FillPlace,
    /// What it is, e.g. `path id` or `body`.
    pub what: String,
    /// What the link gives.
    pub value: LinkValue,
}

/// Where a value is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FillPlace {
    /// In path or query.
    Target,
    /// In the header field of this name.
    Header(String),
    /// The whole body, as JSON.
    Body,
}

/// What an expression gives for an answered call to `origin`; `None` where
/// nothing stands there. A path parameter is not told from the wire alone.
pub fn expressed(expression: &Expression, origin: &str, exchange: &Exchange) -> Option<Value> {
    let request = &exchange.request;
    match expression {
        Expression::Url => Some(Value::from(format!("{origin}{}", request.target))),
        Expression::Method => Some(Value::from(request.method.as_str())),
        Expression::StatusCode => exchange.status().map(Value::from),
        Expression::Request(Source::Header(name)) => header(&request.headers, name),
        Expression::Request(Source::Query(name)) => query(&request.target, name),
        Expression::Request(Source::Body(pointer)) => match &request.body {
            Body::Bytes(bytes) => serde_json::from_slice::<Value>(bytes).ok()?.pointer(pointer).cloned(),
            _ => None,
        },
        Expression::Response(Source::Header(name)) => header(&exchange.response()?.headers, name),
        Expression::Response(Source::Body(pointer)) => exchange.response()?.json()?.pointer(pointer).cloned(),
        Expression::Request(Source::Path(_)) | Expression::Response(Source::Query(_) | Source::Path(_)) => None,
    }
}

fn header(headers: &Headers, name: &str) -> Option<Value> {
    headers.get(name).map(Value::from)
}

fn query(target: &str, name: &str) -> Option<Value> {
    let (_, query) = target.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(sent, _)| sent == name).map(|(_, value)| Value::from(&*value))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Method;
    use serde_json::json;

    use super::*;
    use crate::wire::{Request, Response};

    fn answered() -> Exchange {
        let headers = Headers::from_iter([("Content-Type", "application/json"), ("Location", "/things/7")]);
        let at = crate::clock::Timestamp::from_seconds(0);
        Exchange {
            request: Request {
                method: Method::POST,
                target: "/things?kind=a%20b".into(),
                headers: Headers::from_iter([("X-Tenant", "t1")]),
                body: Body::Bytes(Bytes::from_static(br#"{"name":"n"}"#)),
            },
            outcome: Ok(Response {
                status: 201,
                headers,
                body: Bytes::from_static(br#"{"id":7,"a/b":["x"]}"#),
                truncated: false,
            }),
            attempt: 1,
            due: std::time::Duration::ZERO,
            sent: std::time::Duration::ZERO,
            headers: None,
            done: std::time::Duration::ZERO,
            sent_at: at,
            done_at: at,
            tier: None,
        }
    }

    #[test]
    fn every_kind_of_expression_gives_its_value() {
        let exchange = answered();
        let value = |text: &str| Expression::parse(text).and_then(|e| expressed(&e, "http://h", &exchange));
        for (text, expected) in [
            ("$url", json!("http://h/things?kind=a%20b")),
            ("$method", json!("POST")),
            ("$statusCode", json!(201)),
            ("$request.query.kind", json!("a b")),
            ("$request.header.x-tenant", json!("t1")),
            ("$request.body#/name", json!("n")),
            ("$request.body", json!({"name": "n"})),
            ("$response.body#/id", json!(7)),
            ("$response.body#/a~1b/0", json!("x")),
            ("$response.header.location", json!("/things/7")),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
        for text in ["$response.body#/none", "$response.header.None", "$request.query.none", "$request.path.id"] {
            assert!(Expression::parse(text).is_some() && value(text).is_none(), "{text}");
        }
    }
}
