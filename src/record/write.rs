//! A `recorded.json` as text: one line for each thing that can change, so that
//! a difference of two versions of the file reads like one. ASCII only, so that
//! nothing in it hides.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::contract::ContractId;
use crate::contract::recorded::{FORMAT, Recorded, RecordedAnswer, RecordedCase, RecordedEffect};

/// The file's content.
pub fn text(contract: &ContractId, recorded: &Recorded) -> String {
    let mut out = format!(
        "{{\n  \"format\": {},\n  \"contract\": {},\n  \"seed\": {},\n  \"cases\": [",
        quoted(FORMAT),
        quoted(&contract.to_string()),
        recorded.seed
    );
    for (number, case) in recorded.cases.iter().enumerate() {
        out.push_str(if number == 0 { "\n" } else { ",\n" });
        push_case(&mut out, case);
    }
    out.push_str(if recorded.cases.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
    out
}

fn push_case(out: &mut String, case: &RecordedCase) {
    let _ = write!(out, "    {{\n      \"case\": {},\n      \"tries\": {}", quoted(&case.name()), quoted(&case.tries));
    let request = &case.request;
    let mut members = vec![("line", quoted(&request.line)), ("digest", quoted(&request.digest))];
    members.extend((!request.body.is_null()).then(|| ("body", ascii(&request.body))));
    push_block(out, "request", &members);
    push_answer(out, "answer", &case.told.answer);
    if let Some(result) = &case.told.result {
        push_answer(out, "result", result);
    }
    if let Some(effects) = &case.told.effects {
        let lines: Vec<String> = effects.iter().map(|effect| format!("\n        {}", effect_line(effect))).collect();
        let end = if lines.is_empty() { "" } else { "\n      " };
        let _ = write!(out, ",\n      \"effects\": [{}{end}]", lines.join(","));
    }
    out.push_str("\n    }");
}

fn push_answer(out: &mut String, name: &str, answer: &RecordedAnswer) {
    let mut members = vec![("status", answer.status.to_string())];
    members.extend(answer.media_type.as_deref().map(|name| ("type", quoted(name))));
    if !answer.headers.is_empty() {
        let fields: Map<String, Value> =
            answer.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        members.push(("headers", ascii(&Value::Object(fields))));
    }
    members.extend((!answer.body.is_null()).then(|| ("body", ascii(&answer.body))));
    push_block(out, name, &members);
}

fn push_block(out: &mut String, name: &str, members: &[(&str, String)]) {
    let lines: Vec<String> = members.iter().map(|(name, value)| format!("\n        \"{name}\": {value}")).collect();
    let _ = write!(out, ",\n      \"{name}\": {{{}\n      }}", lines.join(","));
}

fn effect_line(effect: &RecordedEffect) -> String {
    let RecordedEffect { operation, table, key, columns } = effect;
    ascii(&json!({"operation": operation, "table": table, "key": key, "columns": columns}))
}

fn quoted(text: &str) -> String {
    ascii(&Value::String(text.to_owned()))
}

/// JSON in one line; what is not printable ASCII is escaped (it stands in texts
/// only).
fn ascii(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        if (' '..='~').contains(&c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::contract::recorded::{RecordedRequest, Told};
    use crate::diagnose::Place;

    #[test]
    fn what_is_written_reads_back() {
        let answer = |body| RecordedAnswer {
            status: 202,
            media_type: Some("application/json".into()),
            headers: BTreeMap::from([("Location".to_owned(), "/a/<any>".to_owned())]),
            body,
        };
        let columns = json!({"name": "ä\u{85}\u{2028}😀\u{7f}"}).as_object().cloned().expect("an object");
        let effect =
            RecordedEffect { operation: "create".into(), table: "things".into(), key: "<any>".into(), columns };
        let told =
            Told { answer: answer(Value::Null), result: Some(answer(json!({"n": 1.5}))), effects: Some(vec![effect]) };
        let request = RecordedRequest { line: "POST /a".into(), digest: "00".into(), body: json!("x\ny") };
        let case = |index, told| RecordedCase {
            operation: "add".into(),
            kind: "boundary".into(),
            index,
            tries: "\"name\" at its edge".into(),
            request: request.clone(),
            told,
            place: Place::file("recorded.json"),
        };
        let bare = Told { answer: answer(Value::Null), result: None, effects: Some(Vec::new()) };
        let recorded = Recorded { file: "recorded.json".into(), seed: 1, cases: vec![case(0, told), case(1, bare)] };
        let id = ContractId::new("a", "v1");
        let text = text(&id, &recorded);
        assert!(text.is_ascii());
        let mut read = Recorded::parse("recorded.json", &text, &id).unwrap_or_else(|e| panic!("{e}\n{text}"));
        for (case, place) in read.cases.iter_mut().zip(&recorded.cases) {
            case.place = place.place.clone();
        }
        assert_eq!(read, recorded);
    }
}
