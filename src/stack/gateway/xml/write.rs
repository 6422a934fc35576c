//! JSON as XML, as `json-to-xml` makes it.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// Marks an element that stands for null.
const NIL: &str = r#" xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#;

/// The value as an XML document whose root is `Document`. A list is its
/// elements, each under the list's name; null is an empty element that says so.
pub(in crate::stack::gateway) fn from_json(json: &Json) -> String {
    let mut out = String::new();
    match json {
        Json::Array(elements) => {
            out.push_str("<Document>");
            for element in elements {
                write(&mut out, "Document", element);
            }
            out.push_str("</Document>");
        }
        other => write(&mut out, "Document", other),
    }
    out
}

fn write(out: &mut String, name: &str, json: &Json) {
    let name = &element_name(name);
    let attributes: String = match json {
        Json::Object(members) => members.iter().filter_map(|(key, value)| attribute(key, value)).collect(),
        Json::Null => NIL.to_owned(),
        _ => String::new(),
    };
    // Writing to a string does not fail.
    let _ = write!(out, "<{name}{attributes}");
    let mut inner = String::new();
    match json {
        Json::Object(members) => members.iter().for_each(|(key, value)| member(&mut inner, key, value)),
        Json::Array(elements) => elements.iter().for_each(|element| write(&mut inner, name, element)),
        Json::Null => {}
        Json::Bool(b) => inner.push_str(if *b { "True" } else { "False" }),
        Json::Number(number) => inner.push_str(&number.to_string()),
        Json::String(text) => inner = escaped(text),
    }
    let _ = if inner.is_empty() { write!(out, " />") } else { write!(out, ">{inner}</{name}>") };
}

fn member(out: &mut String, key: &str, value: &Json) {
    match value {
        _ if key.starts_with('@') => {}
        Json::String(text) if key == "#text" => out.push_str(&escaped(text)),
        Json::Array(elements) if !elements.is_empty() => elements.iter().for_each(|element| write(out, key, element)),
        Json::Array(_) => write(out, key, &Json::String(String::new())),
        other => write(out, key, other),
    }
}

/// A member whose name begins with `@` is an attribute.
fn attribute(key: &str, value: &Json) -> Option<String> {
    let name = element_name(key.strip_prefix('@')?);
    let text = match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(format!(" {name}=\"{}\"", escaped(&text)))
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
            from_json(&value),
            "<Document id=\"7\"><name>a&lt;b</name><isAlive>True</isAlive><age>25</age><p><n>1</n></p><p><n>2</n></p>\
             <children /><spouse xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" />\
             <_x0031_st>x</_x0031_st></Document>"
        );
    }
}
