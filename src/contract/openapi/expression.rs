//! Runtime expressions (OpenAPI 3.1.1, §4.8.20.3): values that are known when a
//! call was answered.

use serde_json::Value;

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
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_expression_is_none() {
        for text in ["$url", "$method", "$statusCode", "$request.body", "$response.body#/a", "$request.path.id"] {
            assert!(Expression::parse(text).is_some(), "{text}");
        }
        for text in ["", "$", "$foo", "$request", "$request.body#id", "$response.query.a", "$request.header."] {
            assert_eq!(Expression::parse(text), None, "{text}");
        }
    }

    #[test]
    fn expressions_stand_alone_or_inside_a_text() {
        let known = |e: &Expression| match e {
            Expression::Method => Some(json!("POST")),
            Expression::Response(Source::Body(pointer)) if pointer == "/id" => Some(json!(7)),
            _ => None,
        };
        let read = |value: Value| {
            let (value, wrong) = LinkValue::read(value);
            (value.resolved(known), wrong)
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
