//! JSON's texts, numbers and words, as Newtonsoft.Json reads them.

use super::token::{Leaf, Token};
use super::token_read::Reader;

impl Reader<'_> {
    pub(super) fn word(&mut self, first: char) -> Result<Token, String> {
        for (word, leaf) in [
            ("true", Leaf::Bool(true)),
            ("false", Leaf::Bool(false)),
            ("null", Leaf::Null),
            ("undefined", Leaf::Null),
            ("NaN", Leaf::Float(f64::NAN)),
            ("Infinity", Leaf::Float(f64::INFINITY)),
        ] {
            if let Some(after) = self.rest().strip_prefix(word)
                && !after.starts_with(|c: char| c.is_alphanumeric())
            {
                self.at += word.len();
                return Ok(Token::Leaf(leaf));
            }
        }
        Err(self.unexpected(first))
    }

    pub(super) fn number(&mut self) -> Result<Token, String> {
        let rest = self.rest();
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let written = &rest[..length];
        let leaf = if written == "-Infinity" {
            Some(Leaf::Float(f64::NEG_INFINITY))
        } else if let Some(hex) = written.strip_prefix("0x").or_else(|| written.strip_prefix("0X")) {
            i64::from_str_radix(hex, 16).ok().map(Leaf::Int)
        } else if written.contains(['.', 'e', 'E']) {
            written.parse().ok().filter(|n: &f64| n.is_finite()).map(Leaf::Float)
        } else {
            written.parse().ok().map(Leaf::Int).or_else(|| big(written))
        };
        let Some(leaf) = leaf else {
            let text = format!("Input string '{written}' is not a valid number.");
            self.at += length;
            return Err(self.told(text));
        };
        self.at += length;
        Ok(Token::Leaf(leaf))
    }

    pub(super) fn string(&mut self, quote: char) -> Result<String, String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(length) = self.rest().find([quote, '\\']) else {
                self.at = self.text.len();
                return Err(self.told(format!("Unterminated string. Expected delimiter: {quote}.")));
            };
            text.push_str(&self.text[self.at..self.at + length]);
            self.at += length + 1;
            if self.text.as_bytes()[self.at - 1] == quote as u8 {
                return Ok(text);
            }
            let Some(escaped) = self.peek() else {
                return Err(self.told(format!("Unterminated string. Expected delimiter: {quote}.")));
            };
            self.at += escaped.len_utf8();
            text.push(match escaped {
                'b' => '\u{8}',
                't' => '\t',
                'n' => '\n',
                'f' => '\u{c}',
                'r' => '\r',
                '\\' | '"' | '\'' | '/' => escaped,
                'u' => self.unicode()?,
                other => return Err(self.told(format!("Bad JSON escape sequence: \\{other}."))),
            });
        }
    }

    /// The four digits after `\u`, and the second half of a pair. A lone half
    /// has no text of its own.
    fn unicode(&mut self) -> Result<char, String> {
        let first = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        if !self.rest().starts_with("\\u") {
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        self.at += 2;
        let second = self.four_digits()?;
        let pair = char::decode_utf16([first as u16, second as u16]).next();
        Ok(pair.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, String> {
        let Some(digits) = self.rest().get(..4) else {
            return Err(self.told("Unexpected end while parsing Unicode escape sequence.".to_owned()));
        };
        let Some(code) = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')) else {
            let text = format!("Invalid Unicode escape sequence: \\u{digits}.");
            return Err(self.told(text));
        };
        self.at += 4;
        Ok(code)
    }
}

/// An integer of more than 64 bits, as near as a number with a fraction comes.
fn big(written: &str) -> Option<Leaf> {
    let digits = written.strip_prefix('-').unwrap_or(written);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    written.parse().ok().filter(|_| plain).map(Leaf::Float)
}
