//! YAML 1.2 (and so JSON) into [`Node`]s, by the events of `saphyr-parser`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::{Diagnostic, Node, Place, Value};

/// How deep a document may nest before it is refused, so that hostile input
/// can't exhaust the stack.
const MAX_DEPTH: usize = 200;

/// How many nodes a document may have once its aliases are followed, so that
/// a few lines of nested aliases can't fill the memory.
const MAX_NODES: usize = 4_000_000;

/// Reads the first document of a YAML or JSON text.
///
/// `file` is the name shown in places.
///
/// # Errors
/// A [`Diagnostic`] where the text is no YAML, nests deeper than 200 levels, or
/// is empty.
pub fn parse_yaml(file: &str, text: &str) -> Result<Node, Diagnostic> {
    let mut builder = Builder { file: file.into(), anchors: HashMap::new(), open: Vec::new(), nodes: 0, root: None };
    for event in Parser::new_from_str(&whole_characters(text)) {
        let (event, span) = event.map_err(|fault| {
            if fault.info().contains("recursion limit") {
                let place = place(&builder.file, *fault.marker());
                return Diagnostic::error(place, format!("nested deeper than {MAX_DEPTH} levels"));
            }
            no_json(&builder.file, text).unwrap_or_else(|| {
                Diagnostic::error(place(&builder.file, *fault.marker()), format!("not valid YAML: {}", fault.info()))
                    .hint("check the indentation and quotes on and above this line")
            })
        })?;
        builder.take(event, span)?;
        if builder.root.is_some() {
            break;
        }
    }
    builder.root.ok_or_else(|| {
        Diagnostic::error(Place { file: builder.file, line: 1, column: 1 }, "the file is empty")
            .expected("a YAML document")
    })
}

/// What is wrong with a file that says that it is JSON, in JSON's own terms.
fn no_json(file: &Arc<str>, text: &str) -> Option<Diagnostic> {
    let is_json = std::path::Path::new(&**file).extension().is_some_and(|extension| extension == "json");
    let fault = serde_json::from_str::<serde::de::IgnoredAny>(text).err().filter(|_| is_json)?;
    let place = Place { file: file.clone(), line: fault.line() as u32, column: fault.column().max(1) as u32 };
    let told = fault.to_string();
    let what = told.split(" at line ").next().unwrap_or(&told);
    Some(
        Diagnostic::error(place, format!("not valid JSON: {what}"))
            .hint("check the brackets and quotes on and above this line"),
    )
}

/// JSON writes characters beyond U+FFFF as two `\u` escapes, which YAML does
/// not know; in a text that begins like JSON they become one `\U` escape. What
/// follows on the same line moves two columns to the left.
fn whole_characters(text: &str) -> Cow<'_, str> {
    if !text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with(['{', '[']) || !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        whole.push_str(&rest[..at]);
        rest = &rest[at..];
        if let (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) = (unit(rest, 0), unit(rest, 6)) {
            let _ = write!(whole, "\\U{:08x}", 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            rest = &rest[12..];
        } else {
            // A backslash and what it escapes stay together.
            let end = rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end);
            whole.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    whole.push_str(rest);
    Cow::Owned(whole)
}

/// The UTF-16 unit of `\u` and four digits at an offset.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u32::from_str_radix(digits, 16).ok()
}

fn place(file: &Arc<str>, marker: Marker) -> Place {
    Place { file: file.clone(), line: marker.line() as u32, column: marker.col() as u32 + 1 }
}

struct Builder {
    file: Arc<str>,
    /// By the parser's number: the node, how many nodes it has, how deep it is.
    anchors: HashMap<usize, (Node, usize, usize)>,
    open: Vec<Open>,
    nodes: usize,
    root: Option<Node>,
}

/// A list or mapping that has begun and not ended.
struct Open {
    anchor: usize,
    place: Place,
    before: usize,
    children: Vec<Node>,
    mapping: bool,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        let here = place(&self.file, span.start);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let node = Node { place: here, value: scalar(&text, style) };
                self.close(node, anchor, self.nodes)
            }
            Event::Alias(anchor) => {
                let (mut node, size, height) = self.anchors.get(&anchor).cloned().ok_or_else(|| {
                    Diagnostic::error(here.clone(), "an alias refers to an anchor that has not ended")
                })?;
                if self.open.len() + height > MAX_DEPTH {
                    return Err(Diagnostic::error(here, format!("nested deeper than {MAX_DEPTH} levels by its alias")));
                }
                node.place = here;
                let before = self.nodes;
                self.nodes += size;
                self.close(node, 0, before)
            }
            Event::SequenceStart(anchor, _) => self.begin(here, anchor, false),
            Event::MappingStart(anchor, _) => self.begin(here, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let value = if open.mapping { pairs(open.children) } else { Value::Sequence(open.children) };
                self.close(Node { place: open.place, value }, open.anchor, open.before)
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, place: Place, anchor: usize, mapping: bool) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Diagnostic::error(place, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(Open { anchor, place, before: self.nodes, children: Vec::new(), mapping });
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: usize, before: usize) -> Result<(), Diagnostic> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Diagnostic::error(node.place, "the document grows too large once its aliases are followed"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before, height(&node)));
        }
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }
}

/// How many levels a node has.
fn height(node: &Node) -> usize {
    match &node.value {
        Value::Sequence(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Value::Mapping(entries) => 1 + entries.iter().map(|(k, v)| height(k).max(height(v))).max().unwrap_or(0),
        _ => 0,
    }
}

fn pairs(children: Vec<Node>) -> Value {
    let mut entries = Vec::with_capacity(children.len() / 2);
    let mut children = children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        entries.push((key, value));
    }
    Value::Mapping(entries)
}

/// Plain scalars by YAML's core schema; everything quoted is text.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn number(text: &str) -> Option<serde_json::Number> {
    let digits = text.trim_start_matches(['+', '-']);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer.into());
    }
    if let Ok(integer) = text.parse::<u64>() {
        return Some(integer.into());
    }
    if !digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_line_and_column() {
        let node = parse_yaml("a.yaml", "a: 1\nb:\n  - x\n  - {c: 2.5}\n").expect("valid");
        let c = node.pointer("/b/1/c").expect("there");
        assert_eq!(c.place.to_string(), "a.yaml:4:9");
        assert_eq!(node.to_json(), serde_json::json!({"a": 1, "b": ["x", {"c": 2.5}]}));
    }

    #[test]
    fn broken_yaml_is_told_with_its_place() {
        let fault = parse_yaml("a.yaml", "a: [1, 2\nb: 3\n").expect_err("broken");
        assert!(fault.place.line >= 1, "{fault}");
        assert!(fault.what.starts_with("not valid YAML"), "{fault}");
    }

    #[test]
    fn aliases_are_followed_and_bounded() {
        let node = parse_yaml("a.yaml", "a: &x {k: v}\nb: *x\n").expect("valid");
        assert_eq!(node.pointer("/b/k").and_then(Node::as_str), Some("v"));
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..9 {
            let refs = vec![format!("*a{}", i - 1); 10].join(", ");
            let _ = writeln!(bomb, "a{i}: &a{i} [{refs}]");
        }
        assert!(parse_yaml("bomb.yaml", &bomb).is_err());
    }

    #[test]
    fn aliases_can_not_nest_deeper_than_the_text_could() {
        let mut text = String::from("a0: &a0 [x]\n");
        for i in 1..400 {
            let _ = writeln!(text, "a{i}: &a{i} [*a{}]", i - 1);
        }
        let fault = parse_yaml("deep.yaml", &text).expect_err("too deep");
        assert_eq!(fault.what, "nested deeper than 200 levels by its alias");
    }

    #[test]
    fn json_is_read_with_its_own_escapes_and_tabs() {
        let text = "{\n\t\"a\": \"\\ud83d\\ude00 \\\\ud83d \\u00e9\",\n\t\"b\":[1]}";
        let expected: serde_json::Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(parse_yaml("a.json", text).expect("valid").to_json(), expected);
    }

    #[test]
    fn a_date_and_a_duration_are_text() {
        let node = parse_yaml("a.yaml", "d: 2026-06-30\np: PT5S\nv: 1.2.3\n").expect("valid");
        assert_eq!(node.to_json(), serde_json::json!({"d": "2026-06-30", "p": "PT5S", "v": "1.2.3"}));
    }
}
