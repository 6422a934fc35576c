//! Canonical content: equal meaning, equal text.

use aws_lc_rs::digest;
use serde_json::Value;

/// JSON with sorted keys, without space, and with `1.0` written as `1`.
pub(crate) fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            out.push('{');
            for (i, name) in names.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write(&members[name], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Number(number) => match number.as_f64() {
            Some(f) if number.is_f64() && f.fract() == 0.0 && f.abs() < 9e15 => out.push_str(&(f as i64).to_string()),
            _ => out.push_str(&number.to_string()),
        },
        other => out.push_str(&other.to_string()),
    }
}

/// The SHA-256 of bytes, in lower-case hex.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    digest::digest(&digest::SHA256, bytes).as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        hex.push(char::from_digit(u32::from(byte >> 4), 16).expect("below 16"));
        hex.push(char::from_digit(u32::from(byte & 15), 16).expect("below 16"));
        hex
    })
}

/// The first eight bytes of the SHA-256 as a number.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    digest::digest(&digest::SHA256, bytes).as_ref()[..8].iter().fold(0, |n, b| (n << 8) | u64::from(*b))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_meaning_equal_text() {
        assert_eq!(text(&json!({"b": [1.0, "x"], "a": null})), r#"{"a":null,"b":[1,"x"]}"#);
        assert_eq!(text(&json!({"a": null, "b": [1, "x"]})), text(&json!({"b": [1.0, "x"], "a": null})));
    }
}
