//! JSON read as Newtonsoft.Json reads it: single quotes, bare names, comments
//! and trailing commas are accepted, texts that are ISO dates become dates,
//! and the exceptions have its texts.

use std::fmt::Write as _;
use std::sync::Arc;

use indexmap::IndexMap;

use super::dotnet::Moment;
use super::evaluate::Work;
use super::token::{Leaf, Token};

/// How deep a text may be nested, as the reader has it by default.
const MAX_DEPTH: usize = 64;

/// What the text must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Object,
    Array,
    Any,
}

/// A step of a path.
enum Place {
    Member(Arc<str>),
    Element(usize),
}

impl Place {
    fn write(&self, path: &mut String) {
        // Writing to a string does not fail.
        let _ = match self {
            Self::Element(at) => write!(path, "[{at}]"),
            Self::Member(name) if name.contains([' ', '.', '\'', '/', '"', '[', ']', '(', ')', '\t', '\r', '\n']) => {
                write!(path, "['{}']", name.replace('\'', "\\'"))
            }
            Self::Member(name) if path.is_empty() => write!(path, "{name}"),
            Self::Member(name) => write!(path, ".{name}"),
        };
    }
}

impl Wanted {
    fn class(self) -> &'static str {
        match self {
            Self::Object => "JObject",
            Self::Array => "JArray",
            Self::Any => "JToken",
        }
    }
}

/// Reads a whole text.
///
/// # Errors
/// The text of the exception: what, the path, line and position.
pub(super) fn parse(text: &str, wanted: Wanted) -> Result<Token, String> {
    let mut reader = Reader { text, at: 0, path: Vec::new(), wanted };
    reader.blank()?;
    let class = wanted.class();
    let Some(first) = reader.peek() else {
        return Err(reader.told(format!("Error reading {class} from JsonReader.")));
    };
    let wrong = match wanted {
        Wanted::Object => first != '{',
        Wanted::Array => first != '[',
        Wanted::Any => false,
    };
    if wrong {
        let what = if wanted == Wanted::Object { "an object" } else { "an array" };
        let item = match first {
            '{' => "StartObject",
            '[' => "StartArray",
            _ => kind(&reader.value()?),
        };
        reader.at += usize::from(matches!(first, '{' | '['));
        let text = format!("Error reading {class} from JsonReader. Current JsonReader item is not {what}: {item}.");
        return Err(reader.told(text));
    }
    let token = reader.value()?;
    reader.blank()?;
    match reader.peek() {
        None => {
            // The reader goes less deep than trees may be high.
            let _ = token.sink(0, &mut Work::new());
            Ok(token)
        }
        Some(c) => Err(reader.told(format!("Additional text encountered after finished reading JSON content: {c}."))),
    }
}

pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    path: Vec<Place>,
    wanted: Wanted,
}

impl Reader<'_> {
    pub(super) fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The text of an exception at this place.
    #[expect(clippy::needless_pass_by_value, reason = "the shape that its callers have")]
    pub(super) fn told(&self, what: String) -> String {
        let read = &self.text[..self.at];
        let line = read.matches('\n').count() + 1;
        let position = read.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        let line = if line == 1 && position == 0 { 0 } else { line };
        let mut path = String::new();
        self.path.iter().for_each(|step| step.write(&mut path));
        format!("{what} Path '{path}', line {line}, position {position}.")
    }

    /// White space and comments.
    fn blank(&mut self) -> Result<(), String> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']).len();
            let rest = self.rest();
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                match rest.find("*/") {
                    Some(end) => end + 2,
                    None => return Err(self.told("Unexpected end while parsing comment.".to_owned())),
                }
            } else {
                return Ok(());
            };
            self.at += length;
        }
    }

    pub(super) fn unexpected(&self, c: char) -> String {
        self.told(format!("Unexpected character encountered while parsing value: {c}."))
    }

    fn ended(&self) -> String {
        self.told(format!("Unexpected end of content while loading {}.", self.wanted.class()))
    }

    fn value(&mut self) -> Result<Token, String> {
        let Some(first) = self.peek() else { return Err(self.ended()) };
        match first {
            '{' => self.object(),
            '[' => self.array(),
            '"' | '\'' => {
                let text = self.string(first)?;
                let is_date = Moment::from_json(&text).is_some();
                Ok(Token::Leaf(if is_date { Leaf::Date(text.into()) } else { Leaf::Text(text.into()) }))
            }
            '-' | '0'..='9' | '.' => self.number(),
            _ => self.word(first),
        }
    }

    fn deeper(&mut self, step: Place) -> Result<(), String> {
        self.path.push(step);
        if self.path.len() > MAX_DEPTH {
            return Err(self.told(format!("The reader's MaxDepth of {MAX_DEPTH} has been exceeded.")));
        }
        Ok(())
    }

    fn array(&mut self) -> Result<Token, String> {
        self.at += 1;
        let mut elements = Vec::new();
        for index in 0.. {
            self.blank()?;
            match self.peek() {
                None => return Err(self.ended()),
                Some(']') => break,
                Some(_) => {}
            }
            self.deeper(Place::Element(index))?;
            let element = self.value()?;
            elements.push(element);
            let more = self.separator(']')?;
            self.path.pop();
            if !more {
                break;
            }
        }
        self.at += 1;
        Ok(Token::of_elements(elements))
    }

    /// A comma, or the end of the container, which is left to be read.
    fn separator(&mut self, end: char) -> Result<bool, String> {
        self.blank()?;
        match self.peek() {
            Some(',') => {
                self.at += 1;
                Ok(true)
            }
            Some(c) if c == end => Ok(false),
            Some(c) => Err(self.told(format!("After parsing a value an unexpected character was encountered: {c}."))),
            None => Err(self.ended()),
        }
    }

    fn object(&mut self) -> Result<Token, String> {
        self.at += 1;
        let mut members = IndexMap::new();
        loop {
            self.blank()?;
            match self.peek() {
                None => return Err(self.ended()),
                Some('}') => break,
                Some(_) => {}
            }
            let name = self.name()?;
            self.deeper(Place::Member(Arc::clone(&name)))?;
            self.blank()?;
            match self.peek() {
                Some(':') => self.at += 1,
                Some(c) => {
                    let what = format!("Invalid character after parsing property name. Expected ':' but got: {c}.");
                    self.path.pop();
                    return Err(self.told(what));
                }
                None => return Err(self.ended()),
            }
            self.blank()?;
            let value = self.value()?;
            members.insert(name, value);
            let more = self.separator('}')?;
            self.path.pop();
            if !more {
                break;
            }
        }
        self.at += 1;
        Ok(Token::of_members(members))
    }

    fn name(&mut self) -> Result<Arc<str>, String> {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.string(quote).map(Into::into),
            Some(c) if c.is_alphanumeric() || matches!(c, '_' | '$') => {
                let rest = self.rest();
                let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
                let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
                let name = Arc::from(&rest[..length]);
                self.at += length;
                Ok(name)
            }
            Some(c) => Err(self.told(format!("Invalid property identifier character: {c}."))),
            None => Err(self.ended()),
        }
    }
}

/// The kind of a value, as texts of exceptions have it.
fn kind(token: &Token) -> &'static str {
    match token {
        Token::Leaf(Leaf::Null) => "Null",
        Token::Leaf(Leaf::Bool(_)) => "Boolean",
        Token::Leaf(Leaf::Int(_)) => "Integer",
        Token::Leaf(Leaf::Float(_)) => "Float",
        Token::Leaf(Leaf::Date(_)) => "Date",
        _ => "String",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> String {
        parse(text, Wanted::Any).map_or_else(|e| e, |token| token.write(false))
    }

    #[test]
    fn what_newtonsoft_reads_is_read() {
        for (text, read) in [
            (
                r#"{"a":1,"b":[true,null,1.0,-2.5e3],"c":"x\u00e9\n"}"#,
                r#"{"a":1,"b":[true,null,1.0,-2500.0],"c":"xé\n"}"#,
            ),
            ("{'a': 'it\\'s', b: 0x10, /* c */ }", r#"{"a":"it's","b":16}"#),
            ("[1, 2,] // end", "[1,2]"),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (r#""2026-11-22T12:00:00.5Z""#, r#""2026-11-22T12:00:00.5Z""#),
            (r#""2026-11-22""#, r#""2026-11-22""#),
            (r#""\ud83d\ude00""#, "\"\u{1f600}\""),
        ] {
            assert_eq!(again(text), read, "{text}");
        }
    }

    #[test]
    fn exceptions_have_newtonsofts_texts() {
        for (text, told) in [
            ("<html>", "Unexpected character encountered while parsing value: <. Path '', line 0, position 0."),
            ("", "Error reading JObject from JsonReader. Path '', line 0, position 0."),
            (
                "[1]",
                "Error reading JObject from JsonReader. Current JsonReader item is not an object: StartArray. Path '', line 1, position 1.",
            ),
            (r#"{"a": x}"#, "Unexpected character encountered while parsing value: x. Path 'a', line 1, position 6."),
            (r#"{"a": 1"#, "Unexpected end of content while loading JObject. Path 'a', line 1, position 7."),
            ("{\n\"a\": \"b", "Unterminated string. Expected delimiter: \". Path 'a', line 2, position 7."),
            (
                r#"{"a": 1 "b": 2}"#,
                "After parsing a value an unexpected character was encountered: \". Path 'a', line 1, position 8.",
            ),
            (
                "{} {}",
                "Additional text encountered after finished reading JSON content: {. Path '', line 1, position 3.",
            ),
        ] {
            assert_eq!(parse(text, Wanted::Object).err().as_deref(), Some(told), "{text}");
        }
        let deep = "[".repeat(100);
        assert!(parse(&deep, Wanted::Any).is_err_and(|e| e.starts_with("The reader's MaxDepth of 64")));
    }
}
