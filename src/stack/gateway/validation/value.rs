//! Values of parameters and header fields: from text to what a schema judges.

use serde_json::{Map, Value as Json};

use super::definition::Definition;
use super::finding::Finding;
use super::text::{Kind, described};
use crate::contract::openapi::SchemaRef;
use crate::policy::Adjustment;

/// The values of one parameter or field, as they were sent.
#[derive(Clone, Copy, Debug)]
pub(in crate::stack::gateway) struct Values<'v> {
    pub(in crate::stack::gateway) kind: Kind,
    pub(in crate::stack::gateway) name: &'v str,
    /// At least one.
    pub(in crate::stack::gateway) texts: &'v [String],
    /// Whether each element of a list is a value of its own; else commas part
    /// them.
    pub(in crate::stack::gateway) exploded: bool,
}

/// What is wrong with the values, if anything is.
pub(in crate::stack::gateway) fn judged(
    definition: &Definition,
    schema: &SchemaRef,
    values: Values<'_>,
) -> Option<Finding> {
    let Values { kind, name, .. } = values;
    let word = kind.word();
    let found = |rule, details: String, told: Option<String>| {
        Some(Finding { name: name.to_owned(), kind: kind.name(), rule, details, told })
    };
    let request = kind != Kind::ResponseHeader;
    let meant = definition.openapi.schema(schema).map(|s| definition.openapi.resolve(s));
    let value = match meant.map(|meant| parsed(definition, meant, values)) {
        Some(Ok(value)) => value,
        Some(Err(Unfit::Several)) => {
            let message = if request { "Request" } else { "Response" };
            let text = format!("{message} cannot contain multiple values for the {word} {name}.");
            return found("IncorrectMessage", text.clone(), Some(text));
        }
        Some(Err(Unfit::Text(why))) => {
            let details = format!("Value of the {word} {name} cannot be parsed according to the definition. \n\n{why}");
            let told = format!("Value of the {word} {name} couldn't be parsed according to the definition. \n\n{why}");
            return found("IncorrectMessage", details, Some(told));
        }
        None => return Some(missing_definition(schema, values)),
    };
    let Ok(validator) = definition.validator(schema, request, Adjustment::default()) else {
        return Some(missing_definition(schema, values));
    };
    let error = validator.iter_errors(&value).next()?;
    let why = described(&error, &values.texts[0]);
    let details = format!("Value of the {word} {name} does not conform to the definition.\n\n{why}");
    let told = format!("The value of the {word} {name} does not conform to the definition.\n\n{why}");
    found("IncorrectMessage", details, Some(told))
}

fn missing_definition(schema: &SchemaRef, values: Values<'_>) -> Finding {
    let Values { kind, name, .. } = values;
    let definition = schema.pointer.rsplit('/').next().unwrap_or_default();
    let details = format!(
        "API's schema does not contain definition {definition}, which is associated with the {} {name}.",
        kind.word()
    );
    Finding { name: name.to_owned(), kind: kind.name(), rule: "MissingDefinition", details, told: None }
}

/// Why values can't be read as their schema wants it.
enum Unfit {
    /// There are several, and it is no list.
    Several,
    /// The text is not of the type.
    Text(String),
}

fn parsed(definition: &Definition, schema: &Json, values: Values<'_>) -> Result<Json, Unfit> {
    if types(schema).contains(&"array") {
        let items = schema.get("items").map(|items| definition.openapi.resolve(items));
        let one = |text: &str| scalar(items.unwrap_or(&Json::Null), text);
        let texts = values.texts.iter();
        return if values.exploded {
            texts.map(|text| one(text)).collect()
        } else {
            texts.flat_map(|text| text.split(',')).map(|text| one(text.trim())).collect()
        };
    }
    match values.texts {
        [text] => scalar(schema, text),
        _ => Err(Unfit::Several),
    }
}

/// The types that a schema names.
fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

fn scalar(schema: &Json, text: &str) -> Result<Json, Unfit> {
    let mut unfit = None;
    let types = types(schema);
    if types.is_empty() {
        return Ok(Json::from(text));
    }
    for kind in types {
        let value = match kind {
            "integer" => text.parse::<i64>().ok().map(Json::from),
            "number" => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Json::from),
            "boolean" => text.to_ascii_lowercase().parse::<bool>().ok().map(Json::from),
            "object" => serde_json::from_str::<Map<String, Json>>(text).ok().map(Json::Object),
            "null" => text.is_empty().then_some(Json::Null),
            _ => Some(Json::from(text)),
        };
        match value {
            Some(value) => return Ok(value),
            None => unfit = unfit.or(Some(kind)),
        }
    }
    let position = text.chars().count();
    Err(Unfit::Text(format!(
        "Could not convert string to {}: {text}. Path '', line 1, position {position}.",
        unfit.unwrap_or("string")
    )))
}
