//! The styles of OpenAPI (3.1.1, §4.8.12.3 and appendix C): values as pairs of
//! a query or form, as text of a path or field, and back.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::shape::{Shape, read_list, read_members, scalar};

/// Characters that RFC 3986 §2.3 leaves unreserved stay as they are.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// With `allowReserved` those stay too that delimit nothing in a query.
const RESERVED: &AsciiSet = &UNRESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b';');

/// Name and value as they go over the wire.
pub(super) type Pairs = Vec<(String, String)>;

/// How a value is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style<'p> {
    /// `style`.
    pub(super) name: &'p str,
    /// `explode`.
    pub(super) explode: bool,
    /// `allowReserved`.
    pub(super) reserved: bool,
}

/// Percent-encodes all but unreserved characters.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// Undoes [`encode`].
pub(super) fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|t| t.to_string())
}

impl Style<'_> {
    fn text(self, value: &Value) -> Option<String> {
        let set = if self.reserved { RESERVED } else { UNRESERVED };
        Some(utf8_percent_encode(&scalar(value)?, set).to_string())
    }

    /// What stands between the elements of a list that is one text.
    fn separator(self) -> (&'static str, char) {
        match self.name {
            "spaceDelimited" => ("%20", ' '),
            "pipeDelimited" => ("%7C", '|'),
            _ => (",", '\0'),
        }
    }

    /// The pairs of a query or form; none where the style can't carry the
    /// value. Empty lists and objects leave nothing on the wire.
    pub(super) fn pairs(self, name: &str, value: &Value) -> Option<Pairs> {
        let (separator, hostile) = self.separator();
        let clean = |value: &Value| {
            let text = scalar(value)?;
            (hostile == '\0' || !text.contains(hostile)).then(|| self.text(value))?
        };
        match value {
            Value::Array(items) if items.is_empty() => None,
            Value::Object(members) if members.is_empty() => None,
            Value::Array(_) | Value::Object(_) if self.name == "deepObject" => {
                let mut pairs = Vec::new();
                self.deep(encode(name), value, &mut pairs)?;
                Some(pairs)
            }
            Value::Array(items) if self.explode => {
                items.iter().map(|item| Some((encode(name), self.text(item)?))).collect()
            }
            Value::Array(items) => {
                let texts: Vec<String> = items.iter().map(clean).collect::<Option<_>>()?;
                Some(vec![(encode(name), texts.join(separator))])
            }
            Value::Object(members) if self.explode => {
                members.iter().map(|(key, member)| Some((encode(key), self.text(member)?))).collect()
            }
            Value::Object(members) => {
                let mut texts = Vec::new();
                for (key, member) in members {
                    texts.extend([clean(&Value::String(key.clone()))?, clean(member)?]);
                }
                Some(vec![(encode(name), texts.join(separator))])
            }
            one => Some(vec![(encode(name), self.text(one)?)]),
        }
    }

    /// `name[key][0]=value`, however deep.
    fn deep(self, name: String, value: &Value, pairs: &mut Pairs) -> Option<()> {
        let below = |token: &str| format!("{name}%5B{}%5D", encode(token));
        match value {
            Value::Object(members) => members.iter().try_for_each(|(key, member)| {
                (!key.contains(['[', ']'])).then_some(())?;
                self.deep(below(key), member, pairs)
            }),
            Value::Array(items) => {
                items.iter().enumerate().try_for_each(|(index, item)| self.deep(below(&index.to_string()), item, pairs))
            }
            one => {
                pairs.push((name, self.text(one)?));
                Some(())
            }
        }
    }

    /// Reads what [`Style::pairs`] made.
    pub(super) fn read(self, name: &str, pairs: &[(String, String)], shape: &Shape) -> Option<Value> {
        let structured = shape.is("array") || shape.is("object");
        if self.name == "deepObject" && structured {
            let mut value = Value::Null;
            for (key, text) in pairs {
                let key = decode(key)?;
                let path: Vec<&str> =
                    key.strip_prefix(name)?.split('[').skip(1).map(|t| t.trim_end_matches(']')).collect();
                plant(&mut value, &path, &decode(text)?, shape);
            }
            return Some(value);
        }
        let decoded: Pairs = pairs.iter().map(|(n, t)| Some((decode(n)?, decode(t)?))).collect::<Option<_>>()?;
        let (_, first) = pairs.first()?;
        let parts = || first.split(self.separator().0).map(decode).collect::<Option<Vec<String>>>();
        if shape.is("array") {
            let texts = if self.explode { decoded.into_iter().map(|(_, text)| text).collect() } else { parts()? };
            return Some(read_list(texts.iter().map(String::as_str), shape));
        }
        if shape.is("object") {
            let members = if self.explode { decoded } else { couples(parts()?)? };
            return Some(read_members(members, shape));
        }
        Some(shape.read(&decode(first)?))
    }

    /// The text of a path segment, header field (raw) or cookie (raw).
    pub(super) fn line(self, name: &str, value: &Value, raw: bool) -> Option<String> {
        let text = |text: &str| if raw { text.to_owned() } else { encode(text) };
        let part = |value: &Value| {
            let plain = scalar(value)?;
            let split = (raw && plain.contains(',')) || (self.name == "label" && self.explode && plain.contains('.'));
            (!plain.is_empty() && !split && plain.trim() == plain).then(|| text(&plain))
        };
        let name = encode(name);
        let lead = |texts: &[String], between: &str| match (self.name, self.explode) {
            ("label", true) => format!(".{}", texts.join(".")),
            ("label", false) => format!(".{}", texts.join(",")),
            ("matrix", true) => texts.iter().flat_map(|text| [";", between, text]).collect(),
            ("matrix", false) => format!(";{name}={}", texts.join(",")),
            _ => texts.join(","),
        };
        match value {
            Value::Array(items) => {
                let texts: Vec<String> = items.iter().map(part).collect::<Option<_>>()?;
                (!texts.is_empty()).then(|| lead(&texts, &format!("{name}=")))
            }
            Value::Object(members) => {
                let between = if self.explode { "=" } else { "," };
                let couple = |(key, member): (&String, &Value)| {
                    let clean = !key.is_empty() && !key.contains([',', '=', '.']);
                    clean.then(|| Some(format!("{}{between}{}", text(key), part(member)?)))?
                };
                let texts: Vec<String> = members.iter().map(couple).collect::<Option<_>>()?;
                (!texts.is_empty()).then(|| lead(&texts, ""))
            }
            one => {
                let text = text(&scalar(one)?);
                Some(match self.name {
                    "label" => format!(".{text}"),
                    "matrix" => format!(";{name}={text}"),
                    _ => text,
                })
            }
        }
    }

    /// Reads what [`Style::line`] made.
    pub(super) fn read_line(self, name: &str, line: &str, shape: &Shape, raw: bool) -> Option<Value> {
        let plain = |text: &str| if raw { Some(text.to_owned()) } else { decode(text) };
        let name = format!("{}=", encode(name));
        let inner = match self.name {
            "label" => line.strip_prefix('.')?,
            "matrix" if !self.explode || !shape.is("object") => line.strip_prefix(';')?.strip_prefix(&name)?,
            "matrix" => line.strip_prefix(';')?,
            _ => line,
        };
        let parts: Vec<&str> = match (self.name, self.explode) {
            ("label", true) => inner.split('.').collect(),
            ("matrix", true) => inner.split(';').map(|part| part.strip_prefix(&name).unwrap_or(part)).collect(),
            _ => inner.split(',').collect(),
        };
        if shape.is("array") {
            let texts: Vec<String> = parts.into_iter().map(plain).collect::<Option<_>>()?;
            return Some(read_list(texts.iter().map(String::as_str), shape));
        }
        if shape.is("object") {
            let couples = if self.explode {
                let couple = |part: &str| part.split_once('=').and_then(|(k, v)| Some((plain(k)?, plain(v)?)));
                parts.into_iter().map(couple).collect::<Option<_>>()?
            } else {
                couples(parts.into_iter().map(plain).collect::<Option<_>>()?)?
            };
            return Some(read_members(couples, shape));
        }
        Some(shape.read(&plain(inner)?))
    }
}

/// Names and texts one after the other as pairs.
fn couples(texts: Vec<String>) -> Option<Pairs> {
    let mut texts = texts.into_iter();
    let mut pairs = Vec::new();
    while let Some(name) = texts.next() {
        pairs.push((name, texts.next()?));
    }
    Some(pairs)
}

/// Puts a text where a path of keys and indices leads.
fn plant(value: &mut Value, path: &[&str], text: &str, shape: &Shape) {
    let Some((token, rest)) = path.split_first() else {
        *value = shape.read(text);
        return;
    };
    if shape.is("array") && !shape.is("object") {
        if !value.is_array() {
            *value = Value::Array(Vec::new());
        }
        if let Value::Array(items) = value {
            // Elements stand one after the other, from 0.
            if token.parse::<usize>().is_ok_and(|index| index == items.len()) {
                items.push(Value::Null);
            }
            if let Some(last) = items.last_mut() {
                plant(last, rest, text, shape.item());
            }
        }
        return;
    }
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    if let Value::Object(members) = value {
        plant(members.entry(*token).or_insert(Value::Null), rest, text, shape.member(token));
    }
}
