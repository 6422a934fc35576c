//! `response/body-schema`.

use jsonschema::ValidationError;

use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::openapi::ResponseSpec;
use crate::wire::Response;

pub(in crate::check) const CHECK: Check = Check {
    id: "response/body-schema",
    family: Family::Response,
    title: "every JSON answer keeps its schema",
    explanation: "The content of an answer is JSON where its media type says so, and keeps the schema that the \
        document declares for its status and media type: types, required members, enums, bounds, formats. A flow's \
        *Parse JSON* fails on the first answer that doesn't, and only for the record that was special.\n\nNot \
        judged: content that was cut at the client's bound, and schemas that can't be compiled (a notice tells).",
    level: Level::Error,
    needs: &[],
    judge: Judge::Exchange(judge),
};

/// More broken keywords of one answer are not told: they mostly follow from
/// the first ones.
const MOST: usize = 3;

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(operation), Some(response)) = (subject.operation, subject.exchange.response()) else {
        return false;
    };
    let Some(spec) = operation.response(response.status) else { return false };
    let Some(media) = response.media_type().and_then(|received| {
        let declared = spec.media_type(&received)?;
        (received == "application/json" || received.ends_with("+json")).then_some(declared)
    }) else {
        return false;
    };
    if response.truncated || response.body.is_empty() {
        return false;
    }
    let Some(schema) = &media.schema else { return false };
    let Ok(validator) = subject.contract.openapi.answer_validator(schema) else { return false };
    let Some(body) = response.json() else {
        found.push(subject.finding(&CHECK, not_json(response, spec)));
        return true;
    };
    if !validator.is_valid(&body) {
        found.extend(
            validator.iter_errors(&body).take(MOST).map(|e| subject.finding(&CHECK, broken(response, spec, &e))),
        );
    }
    true
}

fn not_json(response: &Response, spec: &ResponseSpec) -> Claim {
    let status = response.status;
    Claim {
        what: format!("{status} not JSON"),
        title: format!("the content of an answer {status} is no JSON"),
        expected: "JSON, as the media type says".to_owned(),
        actual: String::from_utf8_lossy(&response.body).chars().take(120).collect(),
        place: Some(spec.place.clone()),
    }
}

fn broken(response: &Response, spec: &ResponseSpec, error: &ValidationError<'_>) -> Claim {
    let status = response.status;
    let at = error.instance_path().to_string();
    let at = if at.is_empty() { "the body".to_owned() } else { at };
    let keyword = error.schema_path().to_string().rsplit('/').next().unwrap_or_default().to_owned();
    Claim {
        what: format!("{status} {keyword} {}", without_numbers(&at)),
        title: format!("an answer {status} breaks its schema at {}: {keyword}", without_numbers(&at)),
        expected: format!("content that keeps `{keyword}` of the schema for {status}"),
        actual: format!("at {at}: {error}"),
        place: Some(spec.place.clone()),
    }
}

fn without_numbers(pointer: &str) -> String {
    // Keys of a map are values as well: IDs, dates, numbers.
    let is_value = |token: &str| {
        let digits = token.chars().filter(char::is_ascii_digit).count();
        digits == token.chars().count() || digits >= 4 || uuid::Uuid::parse_str(token).is_ok()
    };
    let tokens: Vec<&str> =
        pointer.split('/').map(|token| if !token.is_empty() && is_value(token) { "*" } else { token }).collect();
    tokens.join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{answer, exchange_findings, load_findings, plain};

    #[test]
    fn keys_of_a_map_are_no_part_of_a_fingerprint() {
        for (at, stable) in [
            ("/outcomes/00000000-0000-4000-8000-00000000000a/status", "/outcomes/*/status"),
            ("/records/12/address2", "/records/*/address2"),
            ("/days/2026-09-01", "/days/*"),
            ("", ""),
        ] {
            assert_eq!(super::without_numbers(at), stable);
        }
    }

    #[test]
    fn a_value_outside_the_enum_is_found_once_whatever_the_element() {
        let contract = plain();
        let body = |status: &str| json!({"records": [{"status": "active"}, {"status": status}]});
        let found = exchange_findings(&super::CHECK, &contract, answer(200).json(&body("odd")));
        assert_eq!(found.len(), 1);
        assert!(found[0].title.contains("/records/*/status"), "{}", found[0].title);
        assert!(exchange_findings(&super::CHECK, &contract, answer(200).json(&body("closed"))).is_empty());
        assert_eq!(load_findings(&super::CHECK, &contract, answer(200).json(&body("odd"))).len(), 1);
    }

    #[test]
    fn content_that_is_no_json_is_found() {
        let wrong = answer(200).text("<html>").header("Content-Type", "application/json");
        assert_eq!(exchange_findings(&super::CHECK, &plain(), wrong).len(), 1);
    }
}
