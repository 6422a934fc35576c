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
    Int(i64),
    Double(f64),
    /// A string, or a character: one of length 1.
    Text(Arc<str>),
    Interpolated(Vec<Part>),
    Sign(&'static str),
    End,
}

/// A part of `$"…"`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    /// `{expression:format}`; the offset is that of the expression.
    Hole {
        text: String,
        offset: usize,
        format: Option<Arc<str>>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lexed {
    pub(super) token: Token,
    pub(super) offset: usize,
}

/// Longest first.
const SIGNS: [&str; 34] = [
    "??", "?.", "?[", "&&", "||", "==", "!=", "<=", ">=", "=>", "++", "--", "+=", "-=", "(", ")", "[", "]", "{", "}",
    ",", ".", ";", "?", ":", "!", "<", ">", "+", "-", "*", "/", "%", "=",
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
                let end = self.rest().find("*/").ok_or_else(|| self.fault("the comment is not closed"))?;
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, Fault> {
        let Some(first) = self.rest().chars().next() else {
            return Ok(Token::End);
        };
        if first.is_ascii_digit() {
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
        if first.is_alphabetic() || first == '_' {
            let end = self.rest().find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest().len());
            let name = self.rest()[..end].into();
            self.at += end;
            return Ok(Token::Name(name));
        }
        let sign = SIGNS.iter().find(|s| self.rest().starts_with(**s));
        let Some(sign) = sign else {
            return Err(self.fault(&format!("`{first}` has no place in an expression")));
        };
        self.at += sign.len();
        Ok(Token::Sign(sign))
    }

    fn number(&mut self) -> Result<Token, Fault> {
        let rest = self.rest();
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
        let fraction = rest[digits..].strip_prefix('.').map_or(0, |after| {
            let length = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            if length == 0 { 0 } else { length + 1 }
        });
        let number = rest[..digits + fraction].replace('_', "");
        let suffix = rest[digits + fraction..].chars().next().filter(|c| "lLdDfFmM".contains(*c));
        let fault = self.fault("the number is too large");
        self.at += digits + fraction + usize::from(suffix.is_some());
        if fraction > 0 || suffix.is_some_and(|c| !"lL".contains(c)) {
            return number.parse().map(Token::Double).map_err(|_| fault);
        }
        number.parse().map(Token::Int).map_err(|_| fault)
    }

    fn character(&mut self) -> Result<Token, Fault> {
        self.at += 1;
        let mut text = String::new();
        match self.rest().chars().next() {
            Some('\\') => self.escape(&mut text)?,
            Some(c) => {
                self.at += c.len_utf8();
                text.push(c);
            }
            None => {}
        }
        if !self.rest().starts_with('\'') {
            return Err(self.fault("the character is not closed").expected("`'` after one character"));
        }
        self.at += 1;
        Ok(Token::Text(text.into()))
    }

    /// `\n` and the like, at the backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), Fault> {
        let escaped = self.rest()[1..].chars().next();
        let c = match escaped {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('0') => '\0',
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

    fn string(&mut self, verbatim: bool, interpolated: bool) -> Result<Vec<Part>, Fault> {
        let (mut parts, mut text) = (Vec::new(), String::new());
        loop {
            let Some(c) = self.rest().chars().next() else {
                return Err(self.fault("the string is not closed").expected("`\"`"));
            };
            let doubled = self.rest()[c.len_utf8()..].starts_with(c);
            match c {
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
        let (end, colon) = hole_end(inner).ok_or_else(|| self.fault("`{` is not closed").expected("`}`"))?;
        let (text, format) = match colon {
            Some(colon) => (&inner[..colon], Some(inner[colon + 1..end].into())),
            None => (&inner[..end], None),
        };
        let part = Part::Hole { text: text.to_owned(), offset: self.base + self.at + 1, format };
        self.at += end + 2;
        Ok(part)
    }
}

/// Where `}` and a format's `:` stand, outside of brackets and strings.
fn hole_end(inner: &str) -> Option<(usize, Option<usize>)> {
    let (mut depth, mut colon, mut quoted, mut escaped) = (0_u32, None, false, false);
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            '}' if depth == 0 => return Some((at, colon)),
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            ':' if depth == 0 && colon.is_none() => colon = Some(at),
            _ => {}
        }
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
            [Token::Text("a\"A".into()), Token::Text("c:\\\"x".into()), Token::Text("y".into()),]
        );
        let Token::Interpolated(parts) = &tokens(r#"$"{{a}} {x["k:"]:R}!""#)[0] else { panic!("interpolated") };
        assert_eq!(
            parts,
            &[
                Part::Text("{a} ".into()),
                Part::Hole { text: "x[\"k:\"]".into(), offset: 9, format: Some("R".into()) },
                Part::Text("!".into()),
            ]
        );
    }

    #[test]
    fn numbers_and_signs_are_read() {
        assert_eq!(
            tokens("1_000L 2.5 a?.b??c // end"),
            [
                Token::Int(1000),
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
    }
}
