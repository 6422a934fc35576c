//! Characters and strings of an expression: escapes, verbatim and interpolated
//! ones.

use super::lex::{Fault, Lexer, Part, Token};
use crate::policy::balance::literal_end;

impl Lexer<'_> {
    pub(super) fn character(&mut self) -> Result<Token, Fault> {
        self.at += 1;
        let mut text = String::new();
        match self.rest().chars().next() {
            Some('\\') => self.escape(&mut text)?,
            Some(c) if c != '\'' => {
                self.at += c.len_utf8();
                text.push(c);
            }
            _ => {}
        }
        let character = text.chars().next().filter(|_| self.rest().starts_with('\''));
        let Some(character) = character else {
            return Err(self.fault("the character is not closed").expected("`'` after one character"));
        };
        self.at += 1;
        Ok(Token::Char(character))
    }

    /// `\n` and the like, at the backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), Fault> {
        let escaped = self.rest()[1..].chars().next();
        let c = match escaped {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('0') => '\0',
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            Some('x') => return self.hexadecimal(text),
            Some(c @ ('"' | '\'' | '\\')) => c,
            Some('u') => {
                let code = self.rest().get(2..6).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                let c =
                    code.and_then(char::from_u32).ok_or_else(|| self.fault("`\\u` needs four hexadecimal digits"))?;
                self.at += 4;
                c
            }
            _ => return Err(self.fault("an unknown escape").expected(r#"one of \n \r \t \0 \" \' \\ \u0000"#)),
        };
        self.at += 2;
        text.push(c);
        Ok(())
    }

    /// `\x` and one to four digits.
    fn hexadecimal(&mut self, text: &mut String) -> Result<(), Fault> {
        let digits: String = self.rest()[2..].chars().take(4).take_while(char::is_ascii_hexdigit).collect();
        let c = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        let c = c.ok_or_else(|| self.fault("`\\x` needs hexadecimal digits"))?;
        self.at += 2 + digits.len();
        text.push(c);
        Ok(())
    }

    pub(super) fn string(&mut self, verbatim: bool, interpolated: bool) -> Result<Vec<Part>, Fault> {
        let (mut parts, mut text) = (Vec::new(), String::new());
        loop {
            let Some(c) = self.rest().chars().next() else {
                return Err(self.fault("the string is not closed").expected("`\"`"));
            };
            let doubled = self.rest()[c.len_utf8()..].starts_with(c);
            match c {
                '\n' if !verbatim => {
                    return Err(self
                        .fault("the string is not closed on its line")
                        .expected("`\"`")
                        .hint("over several lines, write `@\"…\"`"));
                }
                '\\' if !verbatim => {
                    self.escape(&mut text)?;
                    continue;
                }
                '"' if verbatim && doubled => self.at += 1,
                '"' => {
                    self.at += 1;
                    parts.push(Part::Text(text));
                    return Ok(parts);
                }
                '{' | '}' if interpolated && doubled => self.at += 1,
                '{' if interpolated => {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                    parts.push(self.hole()?);
                    continue;
                }
                _ => {}
            }
            text.push(c);
            self.at += c.len_utf8();
        }
    }

    fn hole(&mut self) -> Result<Part, Fault> {
        let inner = &self.rest()[1..];
        let (end, comma, colon) = hole_end(inner).ok_or_else(|| self.fault("`{` is not closed").expected("`}`"))?;
        let format = colon.map(|colon| inner[colon + 1..end].into());
        let before = colon.unwrap_or(end);
        let width = match comma {
            Some(comma) => {
                let width = inner[comma + 1..before].trim();
                // More is refused, so that no expression fills the memory.
                let fits = width.parse::<i32>().ok().filter(|w| w.unsigned_abs() <= 10_000);
                fits.ok_or_else(|| self.fault("the width of an interpolation is no number"))?
            }
            None => 0,
        };
        let text = inner[..comma.unwrap_or(before)].to_owned();
        let part = Part::Hole { text, offset: self.base + self.at + 1, width, format };
        self.at += end + 2;
        Ok(part)
    }
}

/// Where `}`, a width's `,` and a format's `:` stand, outside of brackets and
/// strings.
fn hole_end(inner: &str) -> Option<(usize, Option<usize>, Option<usize>)> {
    let (mut depth, mut comma, mut colon) = (0_u32, None, None);
    let bytes = inner.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            // A format may hold quotes and anything but braces.
            b'}' if colon.is_some() => return Some((at, comma, colon)),
            _ if colon.is_some() => {}
            b'"' | b'\'' | b'@' | b'$' => {
                at = literal_end(bytes, at)?;
                continue;
            }
            b'}' if depth == 0 => return Some((at, comma, colon)),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => comma = Some(at),
            b':' if depth == 0 && bytes.get(at + 1) != Some(&b':') => colon = Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}
