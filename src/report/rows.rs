//! `gateway-rows.jsonl`: the gateway's rows, one JSON object a line, without
//! secrets.

use serde_json::Value;

use crate::observe::GatewayRow;
use crate::wire::Redactor;

/// The rows as JSON lines.
pub(super) fn lines(rows: &[GatewayRow], redactor: &Redactor) -> String {
    let mut text = String::new();
    for row in rows {
        let line = serde_json::to_string(row).expect("a row has text keys only");
        // Most rows hold no secret: redacting the line as one text tells, and
        // only where it changes something is each value looked at.
        if redactor.text(&line) == line {
            text.push_str(&line);
        } else {
            let mut value = serde_json::to_value(row).expect("a row has text keys only");
            redact(&mut value, redactor);
            text.push_str(&value.to_string());
        }
        text.push('\n');
    }
    text
}

fn redact(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => *text = redactor.text(text),
        Value::Array(values) => values.iter_mut().for_each(|value| redact(value, redactor)),
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(text) => *text = redactor.header(name, text),
                    value => redact(value, redactor),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
