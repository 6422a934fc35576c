//! Text of an expression as tokens.

use std::sync::Arc;

use crate::policy::balance::literal_end;

/// What is wrong with an expression, and how many bytes into it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) what: String,
    pub(super) expected: Option<String>,
    pub(super) hint: Option<String>,
}

impl Fault {
    pub(super) fn at(offset: usize, what: impl Into<String>) -> Self {
        Self { offset, what: what.into(), expected: None, hint: None }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(Arc<str>),
    /// What fits `int`.
    Int(i64),
    /// What does not, or has the suffix `L`.
    Long(i64),
    Double(f64),
    /// A number with the suffix `m`, as it was written.
    Decimal(Arc<str>),
    Char(char),
    Text(Arc<str>),
    Interpolated(Vec<Part>),
    Sign(&'static str),
    End,
}

/// A part of `$"…"`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    /// `{expression,width:format}`; the offset is that of the expression, a
    /// negative width is to the left, and 0 is none.
    Hole {
        text: String,
        offset: usize,
        width: i32,
        format: Option<Arc<str>>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lexed {
    pub(super) token: Token,
    pub(super) offset: usize,
}

/// Longest first. `>>` is read as two: it may close two generic types.
const SIGNS: [&str; 46] = [
    "<<=", "??", "?.", "?[", "&&", "||", "==", "!=", "<=", ">=", "=>", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=", "^=", "<<", "::", "(", ")", "[", "]", "{", "}", ",", ".", ";", "?", ":", "!", "<", ">", "+", "-", "*", "/",
    "%", "=", "&", "|", "^",
];

/// Splits a text; offsets count from `base`.
pub(super) fn lex(text: &str, base: usize) -> Result<Vec<Lexed>, Fault> {
    let mut lexer = Lexer { text, at: 0, base };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank()?;
        let offset = base + lexer.at;
        let token = lexer.token()?;
        let end = token == Token::End;
        tokens.push(Lexed { token, offset });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    base: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn fault(&self, what: &str) -> Fault {
        Fault::at(self.base + self.at, what)
    }

    fn skip_blank(&mut self) -> Result<(), Fault> {
        loop {
            self.at += self.rest().len() - self.rest().trim_start().len();
            if self.rest().starts_with("//") {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else if self.rest().starts_with("/*") {
                let end = self.rest()[2..].find("*/").ok_or_else(|| self.fault("the comment is not closed"))?;
                self.at += end + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, Fault> {
        let Some(first) = self.rest().chars().next() else {
            return Ok(Token::End);
        };
        if first.is_ascii_digit() || (first == '.' && self.digit_at(1)) {
            return self.number();
        }
        for (prefix, verbatim, interpolated) in [
            ("\"", false, false),
            ("@\"", true, false),
            ("$\"", false, true),
            ("$@\"", true, true),
            ("@$\"", true, true),
        ] {
            if self.rest().starts_with(prefix) {
                self.at += prefix.len();
                let parts = self.string(verbatim, interpolated)?;
                return Ok(if interpolated { Token::Interpolated(parts) } else { Token::Text(plain(parts)) });
            }
        }
        if first == '\'' {
            return self.character();
        }
        if first == '@' && self.rest()[1..].starts_with(|c: char| c.is_alphabetic() || c == '_') {
            // `@class`: a word of the language as a name.
            self.at += 1;
            return Ok(self.word());
        }
        if first.is_alphabetic() || first == '_' {
            return Ok(self.word());
        }
        if first == '~' {
            self.at += 1;
            return Ok(Token::Sign("~"));
        }
        if self.rest().starts_with("?.") && self.digit_at(2) {
            self.at += 1;
            return Ok(Token::Sign("?"));
        }
        if first == '?' {
            // `a?` at the end of a line and `.b` on the next are one sign.
            let after = self.rest()[1..].trim_start();
            if after.starts_with('.') && !after[1..].starts_with(|c: char| c.is_ascii_digit()) {
                self.at = self.text.len() - after.len() + 1;
                return Ok(Token::Sign("?."));
            }
        }
        self.sign(first)
    }

    fn digit_at(&self, at: usize) -> bool {
        self.rest().as_bytes().get(at).is_some_and(u8::is_ascii_digit)
    }

    fn word(&mut self) -> Token {
        let end = self.rest().find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest().len());
        let name = self.rest()[..end].into();
        self.at += end;
        Token::Name(name)
    }

    fn sign(&mut self, first: char) -> Result<Token, Fault> {
        let sign = SIGNS.iter().find(|s| self.rest().starts_with(**s));
        let Some(sign) = sign else {
            return Err(self.fault(&format!("`{first}` has no place in an expression")));
        };
        self.at += sign.len();
        Ok(Token::Sign(sign))
    }

    fn number(&mut self) -> Result<Token, Fault> {
        let fault = self.fault("the number is too large, or no number");
        for (prefixes, radix) in [(["0x", "0X"], 16), (["0b", "0B"], 2)] {
            if prefixes.iter().any(|p| self.rest().starts_with(p)) {
                self.at += 2;
                let digits = self.digits(|c| c.is_digit(radix));
                let suffix = self.suffix(&['u', 'U', 'l', 'L']);
                let number = i64::from_str_radix(&digits, radix).map_err(|_| fault)?;
                return Ok(integer(number, &suffix));
            }
        }
        let mut number = self.digits(|c| c.is_ascii_digit());
        let whole = number.len();
        if self.rest().starts_with('.') && self.digit_at(1) {
            self.at += 1;
            number.push('.');
            number.push_str(&self.digits(|c| c.is_ascii_digit()));
        }
        if self.rest().starts_with(['e', 'E']) && self.exponent() {
            number.push_str(&self.rest()[..2]);
            self.at += 2;
            number.push_str(&self.digits(|c| c.is_ascii_digit()));
        }
        let suffix = self.suffix(&['u', 'U', 'l', 'L', 'd', 'D', 'f', 'F', 'm', 'M']);
        if suffix.contains(['m', 'M']) {
            return Ok(Token::Decimal(number.into()));
        }
        if number.len() > whole || suffix.contains(['d', 'D', 'f', 'F']) {
            return number.parse().map(Token::Double).map_err(|_| fault);
        }
        number.parse().map(|n| integer(n, &suffix)).map_err(|_| fault)
    }

    /// Whether digits follow the `e`, after a sign or not.
    fn exponent(&self) -> bool {
        self.digit_at(1) || (self.digit_at(2) && self.rest()[1..].starts_with(['+', '-']))
    }

    /// Digits; `_` between them is nothing.
    fn digits(&mut self, is_digit: impl Fn(char) -> bool) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| !(is_digit(c) || c == '_')).unwrap_or(rest.len());
        let digits = rest[..end].replace('_', "");
        self.at += end;
        digits
    }

    fn suffix(&mut self, letters: &[char]) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| !letters.contains(&c)).unwrap_or(rest.len()).min(2);
        let suffix = rest[..end].to_owned();
        self.at += end;
        suffix
    }

    fn character(&mut self) -> Result<Token, Fault> {
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

    fn string(&mut self, verbatim: bool, interpolated: bool) -> Result<Vec<Part>, Fault> {
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

fn integer(number: i64, suffix: &str) -> Token {
    let long = suffix.contains(['l', 'L']) || i32::try_from(number).is_err();
    if long { Token::Long(number) } else { Token::Int(number) }
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

fn plain(parts: Vec<Part>) -> Arc<str> {
    parts
        .into_iter()
        .map(|p| match p {
            Part::Text(text) | Part::Hole { text, .. } => text,
        })
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        lex(text, 0).expect("lexes").into_iter().map(|l| l.token).collect()
    }

    #[test]
    fn strings_of_every_kind_are_read() {
        assert_eq!(
            tokens(r#""a\"\u0041" @"c:\""x" 'y'"#)[..3],
            [Token::Text("a\"A".into()), Token::Text("c:\\\"x".into()), Token::Char('y'),]
        );
        let Token::Interpolated(parts) = &tokens(r#"$"{{a}} {x["k:"]:R}!""#)[0] else { panic!("interpolated") };
        assert_eq!(
            parts,
            &[
                Part::Text("{a} ".into()),
                Part::Hole { text: "x[\"k:\"]".into(), offset: 9, width: 0, format: Some("R".into()) },
                Part::Text("!".into()),
            ]
        );
    }

    #[test]
    fn numbers_and_signs_are_read() {
        assert_eq!(
            tokens("1_000L 2.5 a?.b??c // end"),
            [
                Token::Long(1000),
                Token::Double(2.5),
                Token::Name("a".into()),
                Token::Sign("?."),
                Token::Name("b".into()),
                Token::Sign("??"),
                Token::Name("c".into()),
                Token::End,
            ]
        );
        assert_eq!(lex("a # b", 2).expect_err("no sign").offset, 4);
        assert_eq!(
            tokens("0xff 3000000000 1e3 .5 2m a ?.5:1 >>")[..],
            [
                Token::Int(255),
                Token::Long(3_000_000_000),
                Token::Double(1000.0),
                Token::Double(0.5),
                Token::Decimal("2".into()),
                Token::Name("a".into()),
                Token::Sign("?"),
                Token::Double(0.5),
                Token::Sign(":"),
                Token::Int(1),
                Token::Sign(">"),
                Token::Sign(">"),
                Token::End,
            ]
        );
    }
}
