//! One JSON value written in another way.

use bytes::Bytes;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::generate::canonical;

/// Integers beyond this are left as they are: whoever reads numbers as doubles
/// reads another one (RFC 8259 §6).
const EXACT: u64 = 1 << 53;

/// The same value with its members in another order, space between them, and
/// other forms of its integers; `None` where it could not be written otherwise.
pub(super) fn respell(content: &[u8], seed: u64) -> Option<Bytes> {
    let value: Value = serde_json::from_slice(content).ok()?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut text = String::with_capacity(content.len() * 2);
    write(&value, &mut rng, &mut text);
    let read: Value = serde_json::from_str(&text).ok()?;
    let same = canonical::text(&read) == canonical::text(&value);
    (same && text.as_bytes() != content).then(|| Bytes::from(text))
}

fn write(value: &Value, rng: &mut ChaCha8Rng, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.shuffle(rng);
            // Two members in the order in which they came are no other order.
            if names.len() > 1 && names.iter().copied().eq(members.keys()) {
                names.reverse();
            }
            list(out, ('{', '}'), rng, names, |name, rng, out| {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                space(rng, out);
                write(&members[name], rng, out);
            });
        }
        Value::Array(items) => list(out, ('[', ']'), rng, items.iter().collect(), |item, rng, out| {
            write(item, rng, out);
        }),
        Value::Number(number) => {
            let plain = number.to_string();
            let integer = number.as_u64().is_some_and(|n| n < EXACT);
            match rng.random_range(0..3) {
                0 if integer => out.extend([&plain, ".0"]),
                1 if integer => out.extend([&plain, "e0"]),
                _ => out.push_str(&plain),
            }
        }
        other => out.push_str(&other.to_string()),
    }
}

fn list<T>(
    out: &mut String,
    (open, close): (char, char),
    rng: &mut ChaCha8Rng,
    elements: Vec<T>,
    mut each: impl FnMut(T, &mut ChaCha8Rng, &mut String),
) {
    out.push(open);
    for (number, element) in elements.into_iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        space(rng, out);
        each(element, rng, out);
    }
    space(rng, out);
    out.push(close);
}

fn space(rng: &mut ChaCha8Rng, out: &mut String) {
    out.push_str(["", " ", "\n  ", "\t"][rng.random_range(0..4)]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn another_spelling_means_the_same(seed in any::<u64>(), a in any::<i64>(), b in any::<f64>()) {
            let text = serde_json::json!({"b": b, "a": [a, "x\"y", null], "c": {"d": 1, "e": true}}).to_string();
            let respelled = respell(text.as_bytes(), seed).expect("there is another order");
            let read: Value = serde_json::from_slice(&respelled).unwrap();
            prop_assert_eq!(canonical::text(&read), canonical::text(&serde_json::from_str(&text).unwrap()));
            prop_assert_ne!(&*respelled, text.as_bytes());
        }
    }

    #[test]
    fn numbers_come_in_all_forms_and_large_ones_as_they_are() {
        let forms: std::collections::BTreeSet<String> = (0..40)
            .filter_map(|seed| respell(br#"{"n":1,"big":9007199254740993}"#, seed))
            .map(|text| String::from_utf8(text.to_vec()).unwrap().replace([' ', '\n', '\t'], ""))
            .collect();
        assert!(forms.contains(r#"{"big":9007199254740993,"n":1.0}"#), "{forms:?}");
        assert!(forms.contains(r#"{"big":9007199254740993,"n":1e0}"#), "{forms:?}");
    }
}
