//! The words of a SQL text.

use super::super::super::super::error::Refusal;

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// A name or a keyword.
    Name(String),
    /// A name in brackets or double quotes: never a keyword.
    Quoted(String),
    Text(String),
    Number(String),
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 14] = ["<>", "!=", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", "*", ";", "-"];

/// The words of a text; `End` is last.
pub(super) fn words(text: &str) -> Result<Vec<Word>, Refusal> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let unexpected = || Refusal::bad_sql(format!("Incorrect syntax near '{rest}'."));
        let (word, length) = match first {
            '\'' => text_until(rest, '\'').map(|(text, length)| (Word::Text(text), length)).ok_or_else(unexpected)?,
            '"' => text_until(rest, '"').map(|(text, length)| (Word::Quoted(text), length)).ok_or_else(unexpected)?,
            '[' => text_until(rest, ']').map(|(text, length)| (Word::Quoted(text), length)).ok_or_else(unexpected)?,
            _ if (first == 'N' || first == 'n') && rest[1..].starts_with('\'') => {
                let (text, length) = text_until(&rest[1..], '\'').ok_or_else(unexpected)?;
                (Word::Text(text), length + 1)
            }
            _ if first.is_ascii_digit() => {
                let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
                (Word::Number(rest[..length].to_owned()), length)
            }
            _ if first.is_alphabetic() || first == '_' => {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                (Word::Name(rest[..length].to_owned()), length)
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign)).ok_or_else(unexpected)?;
                (Word::Sign(sign), sign.len())
            }
        };
        words.push(word);
        rest = rest[length..].trim_start();
    }
    words.push(Word::End);
    Ok(words)
}

/// A quoted text, a doubled closing sign being one, and how long it is.
fn text_until(text: &str, close: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut rest = &text[1..];
    loop {
        let end = rest.find(close)?;
        value.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        if !rest.starts_with(close) {
            return Some((value, text.len() - rest.len()));
        }
        value.push(close);
        rest = &rest[1..];
    }
}
