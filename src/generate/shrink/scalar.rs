//! Simpler strings and numbers.

use serde_json::Value;

use super::simplest::plain_number;

/// Strings up to this length are tried without each of their characters.
const SHORT: usize = 8;

/// Numbers farther away than this leap before they halve.
const FAR: f64 = 10_000.0;

/// Shorter and plainer strings, biggest leaps first.
pub(super) fn strings(text: &str) -> Vec<Value> {
    let letters: Vec<char> = text.chars().collect();
    let length = letters.len();
    let mut found: Vec<String> = Vec::new();
    let part = |from: usize, to: usize| letters[from..to].iter().collect::<String>();
    if length > 1 {
        found.push(part(0, length / 2));
        found.push(part(length / 2, length));
    }
    found.push(letters.iter().map(|c| plain(*c)).collect());
    found.push(letters.iter().map(|c| if c.is_ascii() { plain(*c) } else { *c }).collect());
    for share in [4, 8] {
        let less = length / share;
        if less > 0 {
            found.push(part(0, length - less));
            found.push(part(less, length));
        }
    }
    if length > SHORT {
        found.push(part(0, length - 1));
        found.push(part(1, length));
    } else {
        found.extend((0..length).rev().map(|at| part(0, at) + &part(at + 1, length)));
    }
    let mut values: Vec<Value> = Vec::new();
    for simpler in found.into_iter().filter(|simpler| simpler != text) {
        let value = Value::String(simpler);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// The plainest character of the same kind, so that patterns and formats have
/// a chance to hold.
fn plain(c: char) -> char {
    match c {
        'a'..='z' => 'a',
        'A'..='Z' => 'A',
        '0'..='9' => '0',
        c if c.is_ascii() => c,
        _ => 'a',
    }
}

/// Numbers nearer to `goal`, the nearest first; then rounder ones.
pub(super) fn numbers(value: f64, goal: f64) -> Vec<Value> {
    let away = value - goal;
    if !away.is_finite() || away == 0.0 {
        return Vec::new();
    }
    let whole = value.fract() == 0.0 && goal.fract() == 0.0;
    let settle = |number: f64| if whole { number.trunc() } else { (number * 100.0).trunc() / 100.0 };
    let mut found = Vec::new();
    if away.abs() > FAR {
        found.push(settle(goal + away / 1024.0));
    }
    found.push(settle(goal + away / 2.0));
    if !whole {
        found.push(value.trunc());
    }
    found.extend([settle(goal + away * 0.75), settle(goal + away * 0.875)]);
    let size = 10_f64.powf(value.abs().max(1.0).log10().floor());
    found.push((value / size).trunc() * size);
    found.push((value / size * 10.0).trunc() * size / 10.0);
    let nearer = |number: &f64| (number - goal).abs() < away.abs() && (number - goal) * away >= 0.0;
    let mut values: Vec<Value> = Vec::new();
    for number in found.into_iter().filter(nearer).filter(|number| (number - goal).abs() > 0.0) {
        if let Some(value) = plain_number(number).filter(|value| !values.contains(value)) {
            values.push(value);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_nearer_and_rounder() {
        let found: Vec<i64> = numbers(734_821.0, 0.0).iter().filter_map(Value::as_i64).collect();
        assert_eq!(found, [717, 367_410, 551_115, 642_968, 700_000, 730_000]);
        assert_eq!(numbers(1.0, 0.0), Vec::<Value>::new());
        assert!(numbers(-12.5, 0.0).contains(&Value::from(-12)));
    }

    #[test]
    fn strings_lose_halves_first_and_keep_their_kind() {
        let found = strings("XK-48392");
        assert_eq!(found[..3], ["XK-4", "8392", "AA-00000"].map(Value::from));
        assert!(strings("aaaa😀a").contains(&Value::from("😀a")) || strings("aaaa😀a").contains(&Value::from("a😀a")));
        assert_eq!(strings(""), Vec::<Value>::new());
    }
}
