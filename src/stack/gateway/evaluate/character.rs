//! Members of `char`.

use super::super::value::Value;
use super::Fault;
use super::statics::parsed;
use crate::policy::expression::{TextOp, Type};

/// What a member gives, where it is one of these.
pub(super) fn member(op: TextOp, operands: &[Value]) -> Option<Result<Value, Fault>> {
    use TextOp as T;
    if op == T::CharParse {
        return Some(parsed(Type::Char, operands.first()?));
    }
    let c = match (operands.first()?, operands.get(1)) {
        (Value::Char(c), _) => *c,
        _ if !is_of_character(op) => return None,
        (text @ Value::Text(_), Some(at @ Value::Int(_))) => match super::text::index(text, at) {
            Ok(Value::Char(c)) => c,
            Ok(_) => return None,
            Err(fault) => return Some(Err(fault)),
        },
        (Value::Text(text), _) => text.chars().next()?,
        _ => return None,
    };
    Some(Ok(match op {
        T::IsDigit => Value::Bool(c.is_ascii_digit() || (!c.is_ascii() && c.is_ascii_digit())),
        T::IsNumber => Value::Bool(c.is_numeric()),
        T::IsLetter => Value::Bool(c.is_alphabetic()),
        T::IsLetterOrDigit => Value::Bool(c.is_alphanumeric()),
        T::IsWhiteSpace => Value::Bool(c.is_whitespace()),
        T::IsUpper => Value::Bool(c.is_uppercase()),
        T::IsLower => Value::Bool(c.is_lowercase()),
        T::IsPunctuation => Value::Bool(is_punctuation(c)),
        T::IsControl => Value::Bool(c.is_control()),
        T::CharToUpper | T::CharToUpperInvariant => Value::Char(c.to_uppercase().next().unwrap_or(c)),
        T::CharToLower | T::CharToLowerInvariant => Value::Char(c.to_lowercase().next().unwrap_or(c)),
        T::CharToString | T::CharText => Value::text(c.to_string()),
        T::CharNumber => Value::Double(c.to_digit(10).map_or(-1.0, f64::from)),
        T::CharEquals => Value::Bool(matches!(operands.get(1), Some(Value::Char(other)) if *other == c)),
        T::CharCompareTo => match operands.get(1) {
            Some(Value::Char(other)) => Value::Int(i64::from(c as u32) - i64::from(*other as u32)),
            _ => return None,
        },
        _ => return None,
    }))
}

fn is_of_character(op: TextOp) -> bool {
    use TextOp as T;
    matches!(
        op,
        T::IsDigit
            | T::IsNumber
            | T::IsLetter
            | T::IsLetterOrDigit
            | T::IsWhiteSpace
            | T::IsUpper
            | T::IsLower
            | T::IsPunctuation
            | T::IsControl
            | T::CharToUpper
            | T::CharToUpperInvariant
            | T::CharToLower
            | T::CharToLowerInvariant
            | T::CharText
            | T::CharNumber
    )
}

/// Punctuation, not symbols such as `+` or `$`.
fn is_punctuation(c: char) -> bool {
    (c.is_ascii_punctuation() && !matches!(c, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~'))
        || matches!(c, '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}')
}
