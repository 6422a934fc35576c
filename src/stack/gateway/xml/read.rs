//! XML as templates see it.

use roxmltree::{Document, Node};
use serde_json::{Map, Value as Json};

/// How deep elements may nest.
pub(super) const MAX_DEPTH: usize = 128;

/// The document's root element with its children as members: names without
/// their prefixes, elements of one name as a list, an element without children
/// as its text.
///
/// # Errors
/// The text is no XML, or nests too deep.
pub(in crate::stack::gateway) fn bound(text: &str) -> Result<Json, String> {
    let document = parsed(text)?;
    let root = document.root_element();
    let mut members = Map::new();
    members.insert(root.tag_name().name().to_owned(), value(root, 0)?);
    Ok(Json::Object(members))
}

/// The text as XML.
pub(super) fn parsed(text: &str) -> Result<Document<'_>, String> {
    Document::parse(text.trim_start_matches('\u{feff}').trim_start()).map_err(|e| format!("the body is no XML: {e}"))
}

fn value(element: Node<'_, '_>, depth: usize) -> Result<Json, String> {
    if depth > MAX_DEPTH {
        return Err("the XML nests too deep".to_owned());
    }
    if !element.children().any(|c| c.is_element()) {
        return Ok(Json::String(text_of(element)));
    }
    let mut members = Map::new();
    for child in element.children().filter(Node::is_element) {
        put(&mut members, child.tag_name().name().to_owned(), value(child, depth + 1)?);
    }
    Ok(Json::Object(members))
}

/// Puts a member; a second one of its name makes a list.
pub(super) fn put(members: &mut Map<String, Json>, name: String, value: Json) {
    match members.get_mut(&name) {
        None => drop(members.insert(name, value)),
        Some(Json::Array(values)) => values.push(value),
        Some(single) => {
            let first = single.take();
            *single = Json::Array(vec![first, value]);
        }
    }
}

/// All text that stands directly in an element.
pub(super) fn text_of(element: Node<'_, '_>) -> String {
    element.children().filter(Node::is_text).filter_map(|c| c.text()).collect()
}
