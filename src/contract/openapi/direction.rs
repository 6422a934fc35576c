//! Schemas as they act in one direction: what is `readOnly` never goes into a
//! request, what is `writeOnly` need not come back.

use serde_json::{Map, Value};

use super::OpenApi;
use super::discriminator::discriminate;
use super::visit::{Visit, each_schema};

/// The document as it acts for requests; `None` where that is the same. What
/// is `readOnly` is neither described nor required; where a discriminator
/// names the branch, only the right name keeps it.
pub(super) fn for_requests(openapi: &OpenApi) -> Option<Value> {
    let flags = holds(&openapi.document, &["readOnly"]);
    let discriminated = holds(&openapi.document, &["discriminator"]);
    if !flags && !discriminated {
        return None;
    }
    let mut document = (*openapi.document).clone();
    if flags {
        each_schema(&mut document, &mut Hiding { openapi, flag: "readOnly", described: false });
    }
    if discriminated {
        discriminate(openapi, &mut document);
    }
    Some(document)
}

/// The document as it acts for answers; `None` where that is the same. What
/// is `writeOnly` is not required, and what may be null may be so beside an
/// `enum` that forgets it.
pub(super) fn for_answers(openapi: &OpenApi) -> Option<Value> {
    if !holds(&openapi.document, &["writeOnly", "enum"]) {
        return None;
    }
    let mut document = (*openapi.document).clone();
    each_schema(&mut document, &mut Hiding { openapi, flag: "writeOnly", described: true });
    (document != *openapi.document).then_some(document)
}

/// Whether a keyword stands anywhere.
fn holds(value: &Value, keywords: &[&str]) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| holds(item, keywords)),
        Value::Object(members) => {
            members.iter().any(|(key, member)| keywords.contains(&key.as_str()) || holds(member, keywords))
        }
        _ => false,
    }
}

struct Hiding<'d> {
    openapi: &'d OpenApi,
    /// The keyword that hides a property.
    flag: &'static str,
    /// Whether what is hidden stays described, and only isn't required.
    described: bool,
}

impl Visit for Hiding<'_> {
    fn before(&mut self, schema: &mut Value, at: &str) -> bool {
        let Some(original) = self.openapi.document.pointer(at) else { return true };
        let Value::Object(members) = schema else { return true };
        if self.described {
            null_among_values(members);
        }
        if !["properties", "required", "allOf"].iter().any(|key| members.contains_key(*key)) {
            return true;
        }
        let hidden = self.hidden(original);
        if hidden.is_empty() {
            return true;
        }
        free(members, &hidden);
        // A part of a composition may require what another part describes.
        for part in members.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(part) = part {
                free(part, &hidden);
            }
        }
        if !self.described
            && let Some(Value::Object(properties)) = members.get_mut("properties")
        {
            properties.retain(|name, _| !hidden.contains(name));
        }
        true
    }
}

impl Hiding<'_> {
    /// The names of the properties that are hidden in a schema and in what it
    /// is composed of.
    fn hidden(&self, schema: &Value) -> Vec<String> {
        let parts = self.openapi.parts(schema);
        let described = parts.iter().filter_map(|part| part.get("properties")?.as_object()).flatten();
        described.filter(|(_, property)| self.is_hidden(property)).map(|(name, _)| name.clone()).collect()
    }

    fn is_hidden(&self, property: &Value) -> bool {
        let parts = self.openapi.parts(property);
        std::iter::once(&property).chain(&parts).any(|part| part.get(self.flag) == Some(&Value::Bool(true)))
    }
}

fn free(members: &mut Map<String, Value>, hidden: &[String]) {
    let Some(Value::Array(required)) = members.get_mut("required") else { return };
    required.retain(|name| name.as_str().is_none_or(|name| !hidden.iter().any(|h| h == name)));
}

/// By the letter null must stand in the `enum` too (3.0.3); documents forget
/// it, and an answer that makes use of `nullable` breaks no promise.
fn null_among_values(members: &mut Map<String, Value>) {
    let nullable = members.get("type").and_then(Value::as_array).is_some_and(|types| types.contains(&"null".into()));
    if nullable
        && let Some(Value::Array(values)) = members.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}
