//! Runtime expressions (OpenAPI 3.1.1, §4.8.20.3): values that are known when a
//! call was answered.

use serde_json::Value;

use crate::wire::{Body, Exchange, Headers};

/// A runtime expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// `$url`: the address that was called.
    Url,
    /// `$method`.
    Method,
    /// `$statusCode`.
    StatusCode,
    /// `$request.…`: something of the request.
    Request(Source),
    /// `$response.…`: something of the answer.
    Response(Source),
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `header.NAME`.
    Header(String),
    /// `query.NAME`.
    Query(String),
    /// `path.NAME`: a parameter of the path template.
    Path(String),
    /// `body`, and the JSON Pointer behind `#`; empty: the whole.
    Body(String),
}

/// What a link gives a parameter or body.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkValue {
    /// A value that stands in the document.
    Constant(Value),
    /// A value that is known later.
    Expression(Expression),
    /// A text in which expressions stand in braces.
    Text(Vec<TextPart>),
}

/// A piece of a text with expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum TextPart {
    /// Text as it is.
    Literal(String),
    /// What an expression gives.
    Expression(Expression),
}

impl Expression {
    /// Reads an expression; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "$url" => Some(Self::Url),
            "$method" => Some(Self::Method),
            "$statusCode" => Some(Self::StatusCode),
            _ => {
                let (of, rest) = text.strip_prefix('$')?.split_once('.')?;
                let source = Source::parse(rest)?;
                match of {
                    "request" => Some(Self::Request(source)),
                    "response" if !matches!(source, Source::Query(_) | Source::Path(_)) => Some(Self::Response(source)),
                    _ => None,
                }
            }
        }
    }

    /// What it gives for an answered call to `origin`; `None` where nothing
    /// stands there. A path parameter is not told from the wire alone.
    pub fn value(&self, origin: &str, exchange: &Exchange) -> Option<Value> {
        let request = &exchange.request;
        match self {
            Self::Url => Some(Value::from(format!("{origin}{}", request.target))),
            Self::Method => Some(Value::from(request.method.as_str())),
            Self::StatusCode => exchange.status().map(Value::from),
            Self::Request(Source::Header(name)) => header(&request.headers, name),
            Self::Request(Source::Query(name)) => query(&request.target, name),
            Self::Request(Source::Body(pointer)) => match &request.body {
                Body::Bytes(bytes) => serde_json::from_slice::<Value>(bytes).ok()?.pointer(pointer).cloned(),
                _ => None,
            },
            Self::Response(Source::Header(name)) => header(&exchange.response()?.headers, name),
            Self::Response(Source::Body(pointer)) => exchange.response()?.json()?.pointer(pointer).cloned(),
            Self::Request(Source::Path(_)) | Self::Response(Source::Query(_) | Source::Path(_)) => None,
        }
    }
}

fn header(headers: &Headers, name: &str) -> Option<Value> {
    headers.get(name).map(Value::from)
}

fn query(target: &str, name: &str) -> Option<Value> {
    let (_, query) = target.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(sent, _)| sent == name).map(|(_, value)| Value::from(&*value))
}

impl Source {
    fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("body") {
            return match rest.strip_prefix('#') {
                None => rest.is_empty().then(|| Self::Body(String::new())),
                Some(pointer) => (pointer.is_empty() || pointer.starts_with('/')).then(|| Self::Body(pointer.into())),
            };
        }
        let (kind, name) = text.split_once('.').filter(|(_, name)| !name.is_empty())?;
        match kind {
            "header" => Some(Self::Header(name.to_owned())),
            "query" => Some(Self::Query(name.to_owned())),
            "path" => Some(Self::Path(name.to_owned())),
            _ => None,
        }
    }
}

impl LinkValue {
    /// Reads what stands at a link's parameter or body. The error is a text
    /// that looks like an expression and is none; it is taken as it is.
    pub fn read(value: Value) -> (Self, Option<String>) {
        let Value::String(text) = &value else { return (Self::Constant(value), None) };
        if text.starts_with('$') {
            return match Expression::parse(text) {
                Some(expression) => (Self::Expression(expression), None),
                None => (Self::Constant(value.clone()), Some(text.clone())),
            };
        }
        match parts(text) {
            Ok(parts) if parts.iter().any(|part| matches!(part, TextPart::Expression(_))) => (Self::Text(parts), None),
            Ok(_) => (Self::Constant(value), None),
            Err(wrong) => (Self::Constant(value), Some(wrong)),
        }
    }

    /// The expressions in it.
    pub fn expressions(&self) -> Vec<&Expression> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Expression(expression) => vec![expression],
            Self::Text(parts) => parts.iter().filter_map(TextPart::expression).collect(),
        }
    }

    /// What it gives, where `value` says what expressions give; `None` where
    /// one gives nothing that can stand there.
    pub fn resolved(&self, value: impl Fn(&Expression) -> Option<Value>) -> Option<Value> {
        match self {
            Self::Constant(constant) => Some(constant.clone()),
            Self::Expression(expression) => value(expression),
            Self::Text(parts) => {
                let pieces = parts.iter().map(|part| match part {
                    TextPart::Literal(text) => Some(text.clone()),
                    TextPart::Expression(expression) => plain(&value(expression)?),
                });
                pieces.collect::<Option<String>>().map(Value::from)
            }
        }
    }

    /// The same with those expressions replaced for which `value` knows
    /// something.
    #[must_use]
    pub fn with(&self, value: impl Fn(&Expression) -> Option<Value>) -> Self {
        if let Some(known) = self.resolved(&value) {
            return Self::Constant(known);
        }
        let Self::Text(parts) = self else { return self.clone() };
        let replaced = parts.iter().map(|part| {
            let text = part.expression().and_then(&value).and_then(|known| plain(&known));
            text.map_or_else(|| part.clone(), TextPart::Literal)
        });
        Self::Text(replaced.collect())
    }
}

impl TextPart {
    fn expression(&self) -> Option<&Expression> {
        match self {
            Self::Expression(expression) => Some(expression),
            Self::Literal(_) => None,
        }
    }
}

/// A value as a part of a text; lists and objects are none.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn parts(text: &str) -> Result<Vec<TextPart>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{$") {
        // A pointer may have braces of its own; the first closing one ends it.
        let Some(length) = rest[open..].find('}') else { return Err(rest[open..].to_owned()) };
        let inner = &rest[open + 1..open + length];
        let expression = Expression::parse(inner).ok_or_else(|| inner.to_owned())?;
        if open > 0 {
            found.push(TextPart::Literal(rest[..open].to_owned()));
        }
        found.push(TextPart::Expression(expression));
        rest = &rest[open + length + 1..];
    }
    if !rest.is_empty() {
        found.push(TextPart::Literal(rest.to_owned()));
    }
    Ok(found)
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
        let value = |text: &str| Expression::parse(text).and_then(|e| e.value("http://h", &exchange));
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
        for text in ["", "$", "$foo", "$request", "$request.body#id", "$response.query.a", "$request.header."] {
            assert_eq!(Expression::parse(text), None, "{text}");
        }
    }

    #[test]
    fn expressions_stand_alone_or_inside_a_text() {
        let exchange = answered();
        let read = |value: Value| {
            let (value, wrong) = LinkValue::read(value);
            (value.resolved(|e| e.value("http://h", &exchange)), wrong)
        };
        assert_eq!(read(json!("id-{$response.body#/id}-{$method}!")), (Some(json!("id-7-POST!")), None));
        assert_eq!(read(json!("$response.body#/id")), (Some(json!(7)), None));
        assert_eq!(read(json!(5)), (Some(json!(5)), None));
        assert_eq!(read(json!("a {b}")), (Some(json!("a {b}")), None));
        assert_eq!(read(json!("x{$response.body#/none}")), (None, None));
        assert_eq!(read(json!("$respons.body")).1.as_deref(), Some("$respons.body"));
        assert_eq!(read(json!("a{$what}")).1.as_deref(), Some("$what"));
        let half = LinkValue::read(json!("{$method} {$response.body#/id}")).0;
        let method = |e: &Expression| (*e == Expression::Method).then(|| json!("PUT"));
        assert_eq!(half.with(method).expressions(), [&Expression::Response(Source::Body("/id".into()))]);
    }
}
