//! XML as JSON, as `xml-to-json` makes it.

use roxmltree::Node;
use serde_json::{Map, Value as Json};

use super::read::{MAX_DEPTH, parsed, put, text_of};

/// What the JSON looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::gateway) struct Form {
    /// Names keep their prefixes (with `$`), attributes have an `@` in front.
    /// Else both fall away.
    pub(in crate::stack::gateway) direct: bool,
    /// Every child element is in a list, a single one too.
    pub(in crate::stack::gateway) always_lists: bool,
}

/// The document as JSON.
///
/// # Errors
/// The text is no XML, or nests too deep.
pub(in crate::stack::gateway) fn to_json(text: &str, form: Form) -> Result<Json, String> {
    let document = parsed(text)?;
    let root = document.root_element();
    let mut members = Map::new();
    members.insert(name(root, form), form.value(root, 0)?);
    Ok(Json::Object(members))
}

/// An element's name; a prefix is joined with `$`.
fn name(element: Node<'_, '_>, form: Form) -> String {
    let local = element.tag_name().name();
    match element.tag_name().namespace().and_then(|uri| element.lookup_prefix(uri)) {
        Some(prefix) if form.direct && !prefix.is_empty() => format!("{prefix}${local}"),
        _ => local.to_owned(),
    }
}

impl Form {
    fn value(self, element: Node<'_, '_>, depth: usize) -> Result<Json, String> {
        if depth > MAX_DEPTH {
            return Err("the XML nests too deep".to_owned());
        }
        let mut members = self.attributes(element);
        let mut has_children = false;
        for child in element.children().filter(Node::is_element) {
            has_children = true;
            let (name, value) = (name(child, self), self.value(child, depth + 1)?);
            if self.always_lists && !members.contains_key(&name) {
                members.insert(name, Json::Array(vec![value]));
            } else {
                put(&mut members, name, value);
            }
        }
        let text = text_of(element);
        if members.is_empty() {
            return Ok(if text.is_empty() { Json::Null } else { Json::String(text) });
        }
        if !text.trim().is_empty() && !has_children {
            members.insert("#text".to_owned(), Json::String(text));
        }
        Ok(Json::Object(members))
    }

    fn attributes(self, element: Node<'_, '_>) -> Map<String, Json> {
        let mut members = Map::new();
        if self.direct {
            let inherited = |uri: &str, name: Option<&str>| {
                let parent = element.parent_element();
                parent.is_some_and(|p| p.lookup_namespace_uri(name) == Some(uri))
            };
            for namespace in element.namespaces() {
                if namespace.name() == Some("xml") || inherited(namespace.uri(), namespace.name()) {
                    continue;
                }
                let name = namespace.name().map_or_else(|| "@xmlns".to_owned(), |n| format!("@xmlns${n}"));
                members.insert(name, Json::from(namespace.uri()));
            }
        }
        for attribute in element.attributes() {
            let prefix = attribute.namespace().and_then(|uri| element.lookup_prefix(uri)).filter(|p| !p.is_empty());
            let name = match (self.direct, prefix) {
                (true, Some(prefix)) => format!("@{prefix}${}", attribute.name()),
                (true, None) => format!("@{}", attribute.name()),
                (false, _) => attribute.name().to_owned(),
            };
            members.insert(name, Json::from(attribute.value()));
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_say_what_the_document_says() {
        let xml = r#"<?xml version="1.0"?><s:e xmlns="u" xmlns:s="v"><o id="7" s:k="1"><c>12</c><c/></o><t a="1">x</t></s:e>"#;
        let form = Form { direct: true, always_lists: false };
        assert_eq!(
            to_json(xml, form).expect("XML"),
            json!({ "s$e": {
                "@xmlns": "u", "@xmlns$s": "v",
                "o": { "@id": "7", "@s$k": "1", "c": ["12", null] }, "t": { "@a": "1", "#text": "x" },
            } })
        );
        let form = Form { direct: false, always_lists: true };
        assert_eq!(
            to_json(xml, form).expect("XML"),
            json!({ "e": { "o": [{ "id": "7", "k": "1", "c": ["12", null] }], "t": [{ "a": "1", "#text": "x" }] } })
        );
        assert!(to_json("<a>", form).is_err());
    }
}
