//! `response/header-schema`.

use serde_json::Value;

use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};

pub(in crate::check) const CHECK: Check = Check {
    id: "response/header-schema",
    family: Family::Response,
    title: "every declared header field keeps its schema",
    explanation: "A header field that the document declares with a schema keeps it: a count is a number, a location \
        a URI. Header fields are text, so a value is read as a number or boolean where the schema asks for \
        one.\n\nNot judged: fields that are missing (`response/required-header`), and schemas of objects and lists.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(operation), Some(response)) = (subject.operation, subject.exchange.response()) else {
        return false;
    };
    let Some(spec) = operation.response(response.status) else { return false };
    let openapi = &subject.contract.openapi;
    let mut concerned = false;
    for header in &spec.headers {
        let (Some(text), Some(schema)) = (response.headers.get(&header.name), &header.schema) else { continue };
        let Some(value) = openapi.schema(schema).and_then(|s| read(openapi.resolve(s), text)) else { continue };
        let Ok(validator) = openapi.answer_validator(schema) else { continue };
        concerned = true;
        if let Err(error) = validator.validate(&value) {
            let status = response.status;
            found.push(subject.finding(
                &CHECK,
                Claim {
                    what: format!("{status} {}", header.name.to_ascii_lowercase()),
                    title: format!("the header field {} of an answer {status} breaks its schema", header.name),
                    expected: format!("{} as its schema describes it", header.name),
                    actual: format!("{}: {text}: {error}", header.name),
                    place: Some(spec.place.clone()),
                },
            ));
        }
    }
    concerned
}

/// A field's text as the schema's type wants it; text that can't be read so
/// stays text and fails the schema by its type. `None` for lists and objects,
/// which have a serialization of their own.
fn read(schema: &Value, text: &str) -> Option<Value> {
    let names = match schema.get("type") {
        Some(Value::String(name)) => vec![name.as_str()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if names.iter().any(|name| matches!(*name, "array" | "object")) {
        return None;
    }
    let numeric = names.iter().any(|name| matches!(*name, "integer" | "number"));
    let as_number = || text.trim().parse::<serde_json::Number>().ok().map(Value::Number);
    let as_boolean = || text.trim().parse::<bool>().ok().map(Value::Bool);
    let typed = if numeric {
        as_number()
    } else if names.contains(&"boolean") {
        as_boolean()
    } else {
        None
    };
    Some(typed.unwrap_or_else(|| Value::String(text.to_owned())))
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, plain};

    #[test]
    fn a_count_that_is_no_number_is_found() {
        let contract = plain();
        for wrong in ["many", "-1"] {
            assert_eq!(exchange_findings(&super::CHECK, &contract, answer(200).header("X-Count", wrong)).len(), 1);
        }
        assert!(exchange_findings(&super::CHECK, &contract, answer(200).header("x-count", "3")).is_empty());
    }
}
