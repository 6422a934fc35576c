//! What a schema holds against a value, in the words of the platform's
//! validator.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value as Json;

use super::place::place;

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::gateway) enum Kind {
    Path,
    Query,
    RequestHeader,
    ResponseHeader,
}

impl Kind {
    /// As `Type` of a finding.
    pub(in crate::stack::gateway) fn name(self) -> &'static str {
        match self {
            Self::Path => "PathParameter",
            Self::Query => "QueryParameter",
            Self::RequestHeader => "RequestHeader",
            Self::ResponseHeader => "ResponseHeader",
        }
    }

    /// In the middle of a sentence.
    pub(in crate::stack::gateway) fn word(self) -> &'static str {
        match self {
            Self::Path => "path parameter",
            Self::Query => "query parameter",
            Self::RequestHeader | Self::ResponseHeader => "header",
        }
    }
}

/// The sentence, and the place of the value in the text that it was read from.
pub(in crate::stack::gateway) fn described(error: &ValidationError<'_>, text: &str) -> String {
    let (line, position) = place(text, error.instance_path().as_str()).unwrap_or((1, text.chars().count()));
    format!("{} Line: {line}, Position: {position}", sentence(error))
}

#[expect(clippy::match_same_arms, reason = "one arm a keyword")]
fn sentence(error: &ValidationError<'_>) -> String {
    let instance = &**error.instance();
    let is = format!("{} {}", type_name(instance), shown(instance));
    match error.kind() {
        ValidationErrorKind::Type { kind } => {
            format!("Invalid type. Expected {} but got {}.", expected(kind), type_name(instance))
        }
        ValidationErrorKind::Required { property } => {
            format!("Required properties are missing from object: {}.", property.as_str().unwrap_or_default())
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => format!(
            "Property '{}' has not been defined and the schema does not allow additional properties.",
            unexpected.first().map_or("", String::as_str)
        ),
        ValidationErrorKind::MinLength { limit } => format!("{is} is less than minimum length of {limit}."),
        ValidationErrorKind::MaxLength { limit } => format!("{is} exceeds maximum length of {limit}."),
        ValidationErrorKind::Minimum { limit } => format!("{is} is less than minimum value of {limit}."),
        ValidationErrorKind::Maximum { limit } => format!("{is} exceeds maximum value of {limit}."),
        ValidationErrorKind::ExclusiveMinimum { limit } if *instance == *limit => {
            format!("{is} equals minimum value of {limit} and exclusive minimum is true.")
        }
        ValidationErrorKind::ExclusiveMinimum { limit } => format!("{is} is less than minimum value of {limit}."),
        ValidationErrorKind::ExclusiveMaximum { limit } if *instance == *limit => {
            format!("{is} equals maximum value of {limit} and exclusive maximum is true.")
        }
        ValidationErrorKind::ExclusiveMaximum { limit } => format!("{is} exceeds maximum value of {limit}."),
        ValidationErrorKind::MultipleOf { multiple_of } => format!("{is} is not a multiple of {multiple_of}."),
        ValidationErrorKind::Enum { .. } => format!("Value {instance} is not defined in enum."),
        ValidationErrorKind::Constant { .. } => format!("Value {instance} does not match const."),
        ValidationErrorKind::Pattern { pattern } => format!("{is} does not match regex pattern '{pattern}'."),
        ValidationErrorKind::Format { format } => format!("{is} does not validate against format '{format}'."),
        ValidationErrorKind::MinItems { limit } => {
            format!("Array item count {} is less than minimum count of {limit}.", count(instance))
        }
        ValidationErrorKind::MaxItems { limit } => {
            format!("Array item count {} exceeds maximum count of {limit}.", count(instance))
        }
        ValidationErrorKind::MinProperties { limit } => {
            format!("Object property count {} is less than minimum count of {limit}.", count(instance))
        }
        ValidationErrorKind::MaxProperties { limit } => {
            format!("Object property count {} exceeds maximum count of {limit}.", count(instance))
        }
        ValidationErrorKind::UniqueItems => "Non-unique array item.".to_owned(),
        ValidationErrorKind::AnyOf { .. } => "JSON does not match any schemas from 'anyOf'.".to_owned(),
        ValidationErrorKind::OneOfNotValid { .. } => "JSON is valid against no schemas from 'oneOf'.".to_owned(),
        ValidationErrorKind::OneOfMultipleValid { .. } => {
            "JSON is valid against more than one schema from 'oneOf'.".to_owned()
        }
        ValidationErrorKind::Not { .. } => "JSON is valid against schema from 'not'.".to_owned(),
        other => format!("JSON does not match keyword '{}'.", other.keyword()),
    }
}

/// Several types are named in the platform's own order.
fn expected(kind: &TypeKind) -> String {
    const ORDER: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];
    let mut names: Vec<String> = match kind {
        TypeKind::Single(one) => vec![one.to_string()],
        TypeKind::Multiple(several) => several.iter().map(|kind| kind.to_string()).collect(),
    };
    names.sort_by_key(|name| ORDER.iter().position(|known| known == name));
    names.iter().map(|name| capitalised(name)).collect::<Vec<_>>().join(", ")
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "Null",
        Json::Bool(_) => "Boolean",
        Json::Number(n) if n.is_f64() => "Number",
        Json::Number(_) => "Integer",
        Json::String(_) => "String",
        Json::Array(_) => "Array",
        Json::Object(_) => "Object",
    }
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}

fn count(value: &Json) -> usize {
    value.as_array().map(Vec::len).or_else(|| value.as_object().map(serde_json::Map::len)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sentences_are_those_of_the_platform() {
        let schema = json!({ "type": "object", "required": ["name"], "additionalProperties": false, "properties": {
            "name": { "type": "string", "minLength": 2, "pattern": "^a" }, "n": { "type": ["integer", "null"], "maximum": 3 } } });
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        for (body, expected) in [
            (r"{}", "Required properties are missing from object: name. Line: 1, Position: 1"),
            (r#"{"name":7}"#, "Invalid type. Expected String but got Integer. Line: 1, Position: 9"),
            (r#"{"name":"ab","n":9}"#, "Integer 9 exceeds maximum value of 3. Line: 1, Position: 18"),
            (r#"{"name":"ab","n":"x"}"#, "Invalid type. Expected Integer, Null but got String. Line: 1, Position: 20"),
            (
                r#"{"name":"ab","more":1}"#,
                "Property 'more' has not been defined and the schema does not allow additional properties. Line: 1, Position: 1",
            ),
            (r#"{"name":"a"}"#, "String 'a' is less than minimum length of 2. Line: 1, Position: 11"),
            ("{\n\"name\":\"bc\"}", "String 'bc' does not match regex pattern '^a'. Line: 2, Position: 11"),
        ] {
            let value: Json = serde_json::from_str(body).expect("JSON");
            let error = validator.iter_errors(&value).next().expect("an error");
            assert_eq!(described(&error, body), expected);
        }
    }
}
