//! Text of an expression as tokens.

use std::sync::Arc;

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

pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) base: usize,
}

impl Lexer<'_> {
    pub(super) fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    pub(super) fn fault(&self, what: &str) -> Fault {
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
}

fn integer(number: i64, suffix: &str) -> Token {
    let long = suffix.contains(['l', 'L']) || i32::try_from(number).is_err();
    if long { Token::Long(number) } else { Token::Int(number) }
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
