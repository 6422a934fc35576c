//! Members of texts, lists of texts, instants, spans and ids.

use std::sync::Arc;

use super::super::value::Value;
use super::{Fault, operate};
use crate::policy::expression::Op;

/// The member, if it is one of these types'.
pub(super) fn member(op: Op, operands: &[Value]) -> Option<Result<Value, Fault>> {
    let of = operands.first()?;
    let rest = &operands[1..];
    match of {
        Value::Text(text) => text_member(op, text, rest),
        Value::Texts(texts) => texts_member(op, texts, rest),
        Value::Instant(at) => instant_member(op, *at, rest).map(Ok),
        Value::Span(micros) => span_member(op, *micros).map(Ok),
        _ => match op {
            Op::GuidToString => Some(operate::formatted(of, argument(rest, 0)).map(Value::Text)),
            Op::IntToString | Op::DoubleToString | Op::BoolToString => Some(Ok(Value::Text(of.display()))),
            Op::ObjectToString if !of.is_null() => Some(Ok(Value::Text(of.display()))),
            _ => None,
        },
    }
}

/// A text argument; null and absent ones are empty.
fn argument(rest: &[Value], at: usize) -> &str {
    match rest.get(at) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

fn ignores_case(rest: &[Value]) -> bool {
    matches!(rest.last(), Some(Value::Comparison(true)))
}

fn folded(text: &str, rest: &[Value]) -> String {
    if ignores_case(rest) { text.to_lowercase() } else { text.to_owned() }
}

fn text_member(op: Op, text: &Arc<str>, rest: &[Value]) -> Option<Result<Value, Fault>> {
    let first = argument(rest, 0);
    let trimmed = |c: char| if first.is_empty() { c.is_whitespace() } else { first.contains(c) };
    Some(Ok(match op {
        Op::TextLength => Value::Int(text.chars().count() as i64),
        Op::TextSplit if first.is_empty() => Value::Texts(text.split_whitespace().map(Arc::from).collect()),
        Op::TextSplit => Value::Texts(text.split(first).map(Arc::from).collect()),
        Op::TextContains => Value::Bool(text.contains(first)),
        Op::TextStartsWith => Value::Bool(folded(text, rest).starts_with(&folded(first, rest))),
        Op::TextEndsWith => Value::Bool(folded(text, rest).ends_with(&folded(first, rest))),
        Op::TextReplace if first.is_empty() => return Some(Err(Fault::new("String cannot be of zero length."))),
        Op::TextReplace => Value::text(text.replace(first, argument(rest, 1))),
        Op::TextSubstring => return Some(substring(text, rest)),
        Op::TextTrim => Value::text(text.trim_matches(trimmed)),
        Op::TextTrimStart => Value::text(text.trim_start_matches(trimmed)),
        Op::TextTrimEnd => Value::text(text.trim_end_matches(trimmed)),
        Op::TextToLower | Op::TextToLowerInvariant => Value::text(text.to_lowercase()),
        Op::TextToUpper | Op::TextToUpperInvariant => Value::text(text.to_uppercase()),
        Op::TextIndexOf => position(text, folded(text, rest).find(&folded(first, rest))),
        Op::TextLastIndexOf => position(text, text.rfind(first)),
        Op::TextEquals => Value::Bool(folded(text, rest) == folded(first, rest)),
        Op::TextToString | Op::ObjectToString => Value::Text(Arc::clone(text)),
        Op::Index => match rest.first() {
            Some(Value::Int(at)) => match usize::try_from(*at).ok().and_then(|at| text.chars().nth(at)) {
                Some(c) => Value::text(c.to_string()),
                None => return Some(Err(out_of_range())),
            },
            _ => return None,
        },
        _ => return None,
    }))
}

fn position(text: &str, at: Option<usize>) -> Value {
    Value::Int(at.map_or(-1, |at| text.get(..at).unwrap_or(text).chars().count() as i64))
}

fn out_of_range() -> Fault {
    Fault::new("Index was outside the bounds of the array.")
}

fn substring(text: &str, rest: &[Value]) -> Result<Value, Fault> {
    let fault = || Fault::new("Index and length must refer to a location within the string.");
    let number = |at: usize| match rest.get(at) {
        Some(Value::Int(n)) => usize::try_from(*n).map(Some).map_err(|_| fault()),
        _ => Ok(None),
    };
    let characters: Vec<char> = text.chars().collect();
    let begin = number(0)?.ok_or_else(fault)?;
    let length = match number(1)? {
        Some(length) => length,
        None => characters.len().checked_sub(begin).ok_or_else(fault)?,
    };
    let end = begin.checked_add(length).ok_or_else(fault)?;
    characters.get(begin..end).map(|c| Value::text(c.iter().collect::<String>())).ok_or_else(fault)
}

fn texts_member(op: Op, texts: &Arc<[Arc<str>]>, rest: &[Value]) -> Option<Result<Value, Fault>> {
    let empty = || Fault::new("Sequence contains no elements");
    let text = |t: Option<&Arc<str>>| t.map(|t| Value::Text(Arc::clone(t)));
    Some(match op {
        Op::TextsLength => Ok(Value::Int(texts.len() as i64)),
        Op::TextsContains => Ok(Value::Bool(texts.iter().any(|t| &**t == argument(rest, 0)))),
        Op::TextsFirst => text(texts.first()).ok_or_else(empty),
        Op::TextsLast => text(texts.last()).ok_or_else(empty),
        Op::TextsFirstOrDefault => Ok(text(texts.first()).unwrap_or(Value::Null)),
        Op::TextsAny => Ok(Value::Bool(!texts.is_empty())),
        Op::Index => match rest.first() {
            Some(Value::Int(at)) => {
                text(usize::try_from(*at).ok().and_then(|at| texts.get(at))).ok_or_else(out_of_range)
            }
            _ => return None,
        },
        _ => return None,
    })
}

fn instant_member(op: Op, at: crate::clock::Timestamp, rest: &[Value]) -> Option<Value> {
    use chrono::{Datelike, Timelike};
    let utc = at.utc();
    let amount = match rest.first() {
        Some(Value::Int(n)) => *n as f64,
        Some(Value::Double(n)) => *n,
        _ => 0.0,
    };
    let plus = |micros: f64| Value::Instant(at.plus_micros((amount * micros) as i64));
    Some(match op {
        Op::InstantAddMilliseconds => plus(1e3),
        Op::InstantAddSeconds => plus(1e6),
        Op::InstantAddMinutes => plus(60e6),
        Op::InstantAddHours => plus(3600e6),
        Op::InstantAddDays => plus(86_400e6),
        Op::InstantUnixSeconds => Value::Int(at.seconds()),
        Op::InstantUnixMilliseconds => Value::Int(at.micros().div_euclid(1000)),
        Op::InstantToString => Value::text(super::instant_text(at, argument(rest, 0))),
        Op::InstantYear => Value::Int(i64::from(utc.year())),
        Op::InstantMonth => Value::Int(i64::from(utc.month())),
        Op::InstantDay => Value::Int(i64::from(utc.day())),
        Op::InstantHour => Value::Int(i64::from(utc.hour())),
        Op::InstantMinute => Value::Int(i64::from(utc.minute())),
        Op::InstantSecond => Value::Int(i64::from(utc.second())),
        Op::InstantDate => {
            let day = 86_400_000_000;
            Value::Instant(crate::clock::Timestamp::from_micros(at.micros().div_euclid(day) * day))
        }
        Op::InstantUtc => Value::Instant(at),
        Op::ObjectToString => Value::Text(Value::Instant(at).display()),
        _ => return None,
    })
}

fn span_member(op: Op, micros: i64) -> Option<Value> {
    let micros_f = micros as f64;
    Some(match op {
        Op::SpanMilliseconds => Value::Double(micros_f / 1e3),
        Op::SpanSeconds => Value::Double(micros_f / 1e6),
        Op::SpanMinutes => Value::Double(micros_f / 60e6),
        Op::SpanHours => Value::Double(micros_f / 3600e6),
        Op::SpanDays => Value::Double(micros_f / 86_400e6),
        Op::SpanToString | Op::ObjectToString => Value::Text(Value::Span(micros).display()),
        _ => return None,
    })
}
