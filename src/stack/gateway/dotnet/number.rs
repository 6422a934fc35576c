//! Numbers as text: standard formats, in the invariant culture.

use super::digits::{Digits, grouped};
use super::number_custom::custom;

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::stack::gateway) enum Number {
    /// `int`, `long`.
    Integer(i64),
    /// `double`.
    Double(f64),
}

/// The largest precision that is written.
const MAX_PRECISION: usize = 99;

/// `ToString(format)` of a number; `bits` is how wide an integer is written in
/// hexadecimal. `None` is a `FormatException`.
pub(in crate::stack::gateway) fn format_number(number: Number, pattern: &str, bits: u32) -> Option<String> {
    if let Number::Double(n) = number
        && !n.is_finite()
    {
        return Some(general(n));
    }
    let mut letters = pattern.chars();
    let Some(letter) = letters.next() else { return Some(plain(number)) };
    let digits = letters.as_str();
    if !letter.is_ascii_alphabetic() || digits.len() > 2 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return custom(number, pattern);
    }
    let precision = digits.parse::<usize>().ok().map(|p| p.min(MAX_PRECISION));
    standard(number, letter, precision, bits)
}

fn plain(number: Number) -> String {
    match number {
        Number::Integer(n) => n.to_string(),
        Number::Double(n) => general(n),
    }
}

fn standard(number: Number, letter: char, precision: Option<usize>, bits: u32) -> Option<String> {
    let fixed = |count: usize| {
        let mut digits = Digits::of(number);
        digits.round_fraction(count);
        digits
    };
    let point = |digits: &Digits, whole: String, count: usize| {
        let fraction = digits.fraction(count);
        let dot = if count > 0 { "." } else { "" };
        format!("{whole}{dot}{fraction}")
    };
    let count = precision.unwrap_or(2);
    Some(match (letter.to_ascii_uppercase(), number) {
        ('D', Number::Integer(n)) => {
            signed(n < 0, format!("{:0width$}", n.unsigned_abs(), width = precision.unwrap_or(1)))
        }
        ('X', Number::Integer(n)) => hexadecimal(n, letter, precision.unwrap_or(1), bits),
        ('F', _) => {
            let digits = fixed(count);
            signed(digits.negative && !digits.is_zero(), point(&digits, digits.whole(1), count))
        }
        ('N', _) => {
            let digits = fixed(count);
            signed(digits.negative && !digits.is_zero(), point(&digits, grouped(&digits.whole(1)), count))
        }
        ('C', _) => {
            let digits = fixed(count);
            let text = format!("¤{}", point(&digits, grouped(&digits.whole(1)), count));
            if digits.negative && !digits.is_zero() { format!("({text})") } else { text }
        }
        ('P', _) => {
            let mut digits = Digits::of(number);
            digits.point += if digits.is_zero() { 0 } else { 2 };
            digits.round_fraction(count);
            let text = format!("{} %", point(&digits, grouped(&digits.whole(1)), count));
            signed(digits.negative && !digits.is_zero(), text)
        }
        ('E', _) => {
            let mut digits = Digits::of(number);
            let count = precision.unwrap_or(6);
            digits.round_to(count as i32 + 1);
            scientific(&digits, count, letter, 3)
        }
        ('G', Number::Integer(_)) if precision.unwrap_or(0) == 0 => plain(number),
        ('G', Number::Double(n)) if precision.unwrap_or(0) == 0 => general(n),
        ('G', _) => significant(number, precision.unwrap_or(15), letter),
        ('R', Number::Double(n)) => general(n),
        _ => return None,
    })
}

fn signed(negative: bool, text: String) -> String {
    if negative { format!("-{text}") } else { text }
}

fn hexadecimal(n: i64, letter: char, width: usize, bits: u32) -> String {
    let n = if bits == 32 { u64::from(n as u32) } else { n as u64 };
    if letter == 'X' { format!("{n:0width$X}") } else { format!("{n:0width$x}") }
}

/// `d.dddE+ddd`, with so many digits after the point.
fn scientific(digits: &Digits, count: usize, letter: char, width: usize) -> String {
    let exponent = if digits.is_zero() { 0 } else { digits.point - 1 };
    let one = Digits { point: i32::from(!digits.is_zero()), ..digits.clone() };
    let dot = if count > 0 { "." } else { "" };
    let mark = if letter.is_ascii_lowercase() { 'e' } else { 'E' };
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("{}{dot}{}{mark}{sign}{:0width$}", one.whole(1), one.fraction(count), exponent.abs());
    signed(digits.negative, text)
}

/// `G` with a precision: so many significant digits.
fn significant(number: Number, precision: usize, letter: char) -> String {
    let mut digits = Digits::of(number);
    digits.round_to(precision as i32);
    let exponent = digits.point - 1;
    if !digits.is_zero() && (exponent >= precision as i32 || exponent < -5) {
        let mark = if letter == 'g' { 'e' } else { 'E' };
        return scientific(&digits, digits.digits.len().saturating_sub(1), mark, 2);
    }
    layout(&digits)
}

fn layout(digits: &Digits) -> String {
    let count = digits.fraction_length();
    let dot = if count > 0 { "." } else { "" };
    signed(digits.negative, format!("{}{dot}{}", digits.whole(1), digits.fraction(count)))
}

/// `ToString()` of a double: the fewest digits that stand for it.
pub(in crate::stack::gateway) fn general(n: f64) -> String {
    if n.is_nan() {
        return "NaN".to_owned();
    }
    if n.is_infinite() {
        return if n > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let digits = Digits::shortest(Number::Double(n));
    let exponent = digits.point - 1;
    if !digits.is_zero() && !(-5..15).contains(&exponent) {
        return scientific(&digits, digits.digits.len().saturating_sub(1), 'E', 2);
    }
    layout(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_dot_net_does() {
        for (number, pattern, text) in [
            (Number::Integer(1_234_567), "N0", "1,234,567"),
            (Number::Integer(7), "D3", "007"),
            (Number::Integer(-7), "D3", "-007"),
            (Number::Integer(255), "X", "FF"),
            (Number::Integer(255), "x4", "00ff"),
            (Number::Integer(-1), "X", "FFFFFFFF"),
            (Number::Integer(5), "00", "05"),
            (Number::Integer(1_234_567), "#,##0", "1,234,567"),
            (Number::Double(1234.5), "N2", "1,234.50"),
            (Number::Double(0.125), "F2", "0.13"),
            (Number::Double(2.675), "F2", "2.67"),
            (Number::Double(-0.001), "F2", "0.00"),
            (Number::Double(0.1234), "P1", "12.3 %"),
            (Number::Double(12345.678), "E2", "1.23E+004"),
            (Number::Double(1234.567), "G3", "1.23E+03"),
            (Number::Double(1234.567), "C", "¤1,234.57"),
            (Number::Double(1.5), "0.00", "1.50"),
            (Number::Double(1234.5), "#,##0.##", "1,234.5"),
            (Number::Double(0.5), "#.#", ".5"),
            (Number::Double(0.25), "0%", "25%"),
            (Number::Double(-3.0), "0;(0)", "(3)"),
            (Number::Double(12.0), "0.0 'km'", "12.0 km"),
        ] {
            assert_eq!(format_number(number, pattern, 32).as_deref(), Some(text), "{number:?} {pattern}");
        }
        assert_eq!(format_number(Number::Double(1.0), "D2", 32), None);
        assert_eq!(format_number(Number::Integer(1), "Q", 32), None);
    }

    #[test]
    fn doubles_are_written_with_the_fewest_digits() {
        for (n, text) in [
            (1.0, "1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1E+15"),
            (1e14, "100000000000000"),
            (0.0001, "0.0001"),
            (0.000_001, "1E-06"),
            (-2.5, "-2.5"),
            (0.0, "0"),
        ] {
            assert_eq!(general(n), text);
        }
    }
}
