//! Where in a message a value stands: `header X-Step-Id`, `body /records/*/id`.

use std::fmt;

/// A way to values in a request or response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// `header NAME`: a header field.
    Header(String),
    /// `query NAME`: a query parameter.
    Query(String),
    /// `path NAME`: a parameter of the path.
    Path(String),
    /// `body /a/*/b`: a JSON Pointer in which `*` stands for every element;
    /// `body /` is the body itself.
    Body(Vec<String>),
    /// `digest body`: the SHA-256 of the content, in lower-case hex.
    Digest,
    /// `column NAME`: a column of what was written.
    Column(String),
}

impl Selector {
    /// Reads a selector; `None` where the spelling is none of those above.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "digest body" {
            return Some(Self::Digest);
        }
        let (kind, rest) = text.split_once(' ')?;
        let rest = rest.trim();
        if rest.is_empty() {
            return None;
        }
        match kind {
            "header" => Some(Self::Header(rest.to_owned())),
            "query" => Some(Self::Query(rest.to_owned())),
            "path" => Some(Self::Path(rest.to_owned())),
            "column" => Some(Self::Column(rest.to_owned())),
            "body" if rest == "/" => Some(Self::Body(Vec::new())),
            "body" => rest
                .strip_prefix('/')
                .map(|path| Self::Body(path.split('/').map(|t| t.replace("~1", "/").replace("~0", "~")).collect())),
            _ => None,
        }
    }

    /// All values of a JSON body that a `body` selector leads to.
    pub fn select<'v>(&self, body: &'v serde_json::Value) -> Vec<&'v serde_json::Value> {
        let Self::Body(path) = self else {
            return Vec::new();
        };
        path.iter().fold(vec![body], |found, token| {
            found
                .into_iter()
                .flat_map(|value| match (value, token.as_str()) {
                    (serde_json::Value::Array(items), "*") => items.iter().collect(),
                    (serde_json::Value::Object(members), "*") => members.values().collect(),
                    (serde_json::Value::Array(items), index) => {
                        index.parse::<usize>().ok().and_then(|i| items.get(i)).into_iter().collect()
                    }
                    (value, name) => value.get(name).into_iter().collect::<Vec<_>>(),
                })
                .collect()
        })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header {name}"),
            Self::Query(name) => write!(f, "query {name}"),
            Self::Path(name) => write!(f, "path {name}"),
            Self::Column(name) => write!(f, "column {name}"),
            Self::Digest => f.write_str("digest body"),
            Self::Body(path) => {
                let tokens: Vec<String> = path.iter().map(|t| t.replace('~', "~0").replace('/', "~1")).collect();
                write!(f, "body /{}", tokens.join("/"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_every_element() {
        let selector = Selector::parse("body /records/*/id").expect("valid");
        let body = serde_json::json!({"records": [{"id": 1}, {"id": 2}, {}]});
        assert_eq!(selector.select(&body), [&serde_json::json!(1), &serde_json::json!(2)]);
        assert_eq!(selector.to_string(), "body /records/*/id");
        let whole = Selector::parse("body /").expect("valid");
        assert_eq!((whole.select(&body), whole.to_string().as_str()), (vec![&body], "body /"));
        assert_eq!(Selector::parse("body records"), None);
        assert_eq!(Selector::parse("cookie x"), None);
    }
}
