//! JSON as XML, as `json-to-xml` makes it.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

/// Marks an element that stands for null.
const NIL: &str = r#" xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#;

/// The value as an XML document whose root is `Document`. A list is its
/// elements, each under the list's name; null is an empty element that says so.
/// The members of the object named `block` are attributes of the element that
/// it stands in.
pub(in crate::stack::gateway) fn from_json(json: &Json, block: Option<&str>) -> String {
    let mut out = String::new();
    match json {
        Json::Array(elements) => {
            out.push_str("<Document>");
            for element in elements {
                write(&mut out, "Document", element, block);
            }
            out.push_str("</Document>");
        }
        other => write(&mut out, "Document", other, block),
    }
    out
}

/// The members of the block of attributes, where a member is that.
fn of_block<'j>(key: &str, value: &'j Json, block: Option<&str>) -> Option<&'j Map<String, Json>> {
    value.as_object().filter(|_| block == Some(key))
}

fn write(out: &mut String, name: &str, json: &Json, block: Option<&str>) {
    let name = &element_name(name);
    let mut attributes = String::new();
    match json {
        Json::Object(members) => {
            for (key, value) in members {
                match of_block(key, value, block) {
                    Some(inner) => inner.iter().for_each(|(key, value)| attribute(&mut attributes, key, value)),
                    None => key.strip_prefix('@').into_iter().for_each(|key| attribute(&mut attributes, key, value)),
                }
            }
        }
        Json::Null => attributes.push_str(NIL),
        _ => {}
    }
    // Writing to a string does not fail.
    let _ = write!(out, "<{name}{attributes}");
    let mut inner = String::new();
    match json {
        Json::Object(members) => members.iter().for_each(|(key, value)| member(&mut inner, key, value, block)),
        Json::Array(elements) => elements.iter().for_each(|element| write(&mut inner, name, element, block)),
        Json::Null => {}
        Json::Bool(b) => inner.push_str(if *b { "True" } else { "False" }),
        Json::Number(number) => inner.push_str(&number.to_string()),
        Json::String(text) => inner = escaped(text),
    }
    let _ = if inner.is_empty() { write!(out, " />") } else { write!(out, ">{inner}</{name}>") };
}

fn member(out: &mut String, key: &str, value: &Json, block: Option<&str>) {
    match value {
        _ if key.starts_with('@') || of_block(key, value, block).is_some() => {}
        Json::String(text) if key == "#text" => out.push_str(&escaped(text)),
        Json::Array(elements) if !elements.is_empty() => {
            elements.iter().for_each(|element| write(out, key, element, block));
        }
        Json::Array(_) => write(out, key, &Json::String(String::new()), block),
        other => write(out, key, other, block),
    }
}

fn attribute(out: &mut String, name: &str, value: &Json) {
    let text = match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    // Writing to a string does not fail.
    let _ = write!(out, " {}=\"{}\"", element_name(name), escaped(&text));
}

/// A member's name as an element's: `$` joins a prefix, what XML does not
/// allow is written as `_xHHHH_`, as .NET encodes it.
fn element_name(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.chars().enumerate() {
        match c {
            '$' if at > 0 => out.push(':'),
            c if c.is_alphabetic() || c == '_' => out.push(c),
            c if at > 0 && (c.is_alphanumeric() || "-.:".contains(c)) => out.push(c),
            // Writing to a string does not fail.
            c => drop(write!(out, "_x{:04X}_", u32::from(c))),
        }
    }
    if out.is_empty() { "_".to_owned() } else { out }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_elements_lists_repeat_them_and_null_says_so() {
        let value = json!({
            "name": "a<b", "isAlive": true, "age": 25, "p": [{ "n": 1 }, { "n": 2 }], "children": [], "spouse": null,
            "@id": "7", "1st": "x",
        });
        assert_eq!(
            from_json(&value, None),
            "<Document id=\"7\"><name>a&lt;b</name><isAlive>True</isAlive><age>25</age><p><n>1</n></p><p><n>2</n></p>\
             <children /><spouse xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" />\
             <_x0031_st>x</_x0031_st></Document>"
        );
    }
}
