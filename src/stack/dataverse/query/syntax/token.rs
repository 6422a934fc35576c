//! Tokens of a filter, each with its place.

use uuid::Uuid;

use super::super::super::error::Refusal;
use super::literal::Literal;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    /// A name, with its dots: `name`, `Microsoft.Dynamics.CRM.In`, `$it`.
    Word(&'t str),
    Literal(Literal),
    /// `@p1`, without the sign.
    Alias(&'t str),
    /// One of `( ) [ ] , : / =`.
    Sign(char),
    End,
}

/// The tokens of a text, each with the byte where it begins; `End` is last.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token<'_>, usize)>, Refusal> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, length) = token(text, at, first)?;
        tokens.push((token, at));
        at += length;
    }
    tokens.push((Token::End, text.len()));
    Ok(tokens)
}

fn token(text: &str, at: usize, first: char) -> Result<(Token<'_>, usize), Refusal> {
    let rest = &text[at..];
    match first {
        '(' | ')' | '[' | ']' | ',' | ':' | '/' | '=' => Ok((Token::Sign(first), 1)),
        '\'' | '"' => {
            let (value, length) = quoted(rest, first).ok_or_else(|| {
                Refusal::bad_query(format!("There is an unterminated string literal at position {at} in '{text}'."))
            })?;
            Ok((Token::Literal(Literal::Text(value)), length))
        }
        '@' => {
            let length = 1 + word_length(&rest[1..]);
            Ok((Token::Alias(&rest[1..length]), length))
        }
        _ if first.is_ascii_digit() || first == '-' => {
            let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.:".contains(c))).unwrap_or(rest.len());
            let literal = Literal::bare(&rest[..length])
                .ok_or_else(|| Refusal::bad_query(format!("Syntax error at position {at} in '{text}'.")))?;
            Ok((Token::Literal(literal), length))
        }
        _ if first.is_alphabetic() || first == '_' || first == '$' => Ok(word(rest)),
        other => Err(Refusal::bad_query(format!(
            "Syntax error: character '{other}' is not valid at position {at} in '{text}'."
        ))),
    }
}

fn word(rest: &str) -> (Token<'_>, usize) {
    // A GUID may begin with a letter.
    if let Some(id) = rest.get(..36).and_then(|text| Uuid::try_parse(text).ok())
        && !rest[36..].starts_with(|c: char| c.is_alphanumeric())
    {
        return (Token::Literal(Literal::Guid(id)), 36);
    }
    let length = rest.chars().next().map_or(0, char::len_utf8);
    let length = length + word_length(&rest[length..]);
    let token = match &rest[..length] {
        "null" => Token::Literal(Literal::Null),
        "true" => Token::Literal(Literal::Bool(true)),
        "false" => Token::Literal(Literal::Bool(false)),
        word => Token::Word(word),
    };
    (token, length)
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len())
}

/// A quoted text, a doubled quote being one, and how long it is.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut rest = &text[1..];
    loop {
        let end = rest.find(quote)?;
        value.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        if !rest.starts_with(quote) {
            return Some((value, text.len() - rest.len()));
        }
        value.push(quote);
        rest = &rest[1..];
    }
}
