//! A number as decimal digits, rounded as .NET rounds for text.

use super::number::Number;

/// Digits and where the point stands: `0.d1d2d3… × 10^point`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "digits are what it holds")]
pub(super) struct Digits {
    pub(super) negative: bool,
    /// 0 to 9, without leading and trailing zeros.
    pub(super) digits: Vec<u8>,
    pub(super) point: i32,
}

/// Digits of a fraction that are looked at; no double has more that matter.
const FRACTION: usize = 60;

impl Digits {
    /// The exact digits.
    pub(super) fn of(number: Number) -> Self {
        match number {
            Number::Integer(n) => Self::read(n < 0, &n.unsigned_abs().to_string(), ""),
            Number::Double(n) => {
                let text = format!("{:.FRACTION$}", n.abs());
                let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
                Self::read(n.is_sign_negative(), whole, fraction)
            }
        }
    }

    /// The fewest digits that stand for the number.
    pub(super) fn shortest(number: Number) -> Self {
        let Number::Double(n) = number else { return Self::of(number) };
        let text = format!("{:e}", n.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = Self::read(n.is_sign_negative(), whole, fraction);
        if !digits.digits.is_empty() {
            digits.point += exponent.parse::<i32>().unwrap_or(0);
        }
        digits
    }

    fn read(negative: bool, whole: &str, fraction: &str) -> Self {
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let zeros = all.iter().take_while(|d| **d == 0).count();
        let point = whole.len() as i32 - zeros as i32;
        let mut digits = Self { negative, digits: all[zeros..].to_vec(), point };
        digits.trim();
        digits
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    /// Rounds to so many digits in all, half away from zero.
    pub(super) fn round_to(&mut self, kept: i32) {
        if kept < 0 || self.digits.is_empty() {
            *self = Self { negative: self.negative, digits: Vec::new(), point: 0 };
            return;
        }
        let kept = kept as usize;
        if kept >= self.digits.len() {
            return;
        }
        let up = self.digits[kept] >= 5;
        self.digits.truncate(kept);
        if up {
            if let Some(at) = self.digits.iter().rposition(|d| *d < 9) {
                self.digits.truncate(at + 1);
                self.digits[at] += 1;
            } else {
                self.digits = vec![1];
                self.point += 1;
            }
        }
        self.trim();
    }

    /// Rounds to so many digits after the point.
    pub(super) fn round_fraction(&mut self, kept: usize) {
        self.round_to(self.point.saturating_add(kept as i32));
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// A digit by its power of ten.
    fn at(&self, power: i32) -> u8 {
        usize::try_from(self.point - 1 - power).ok().and_then(|at| self.digits.get(at)).copied().unwrap_or(0)
    }

    /// The digits before the point, at least so many.
    pub(super) fn whole(&self, least: usize) -> String {
        let count = self.point.max(least as i32).max(0);
        (0..count).rev().map(|power| char::from(b'0' + self.at(power))).collect()
    }

    /// So many digits after the point.
    pub(super) fn fraction(&self, count: usize) -> String {
        (1..=count as i32).map(|place| char::from(b'0' + self.at(-place))).collect()
    }

    /// How many digits stand after the point.
    pub(super) fn fraction_length(&self) -> usize {
        usize::try_from(self.digits.len() as i32 - self.point).unwrap_or(0)
    }
}

/// Commas between groups of three digits.
pub(super) fn grouped(whole: &str) -> String {
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
