//! Members of strings and lists of strings.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::collection::Collection;
use super::super::value::Value;
use super::separate::{in_sets, split, trimmed};
use super::{Exception, Fault, Work, character, operate};
use crate::policy::expression::{ObjectOp, TextOp, Type};

/// What a member gives.
pub(super) fn member(op: TextOp, operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    if is_list(op) {
        return list(op, operands, work);
    }
    if is_static(op) {
        return statics(op, operands, work);
    }
    if let Some(result) = character::member(op, operands) {
        return result;
    }
    match operands.first() {
        Some(Value::Text(text)) => {
            work.spend_text(text.len())?;
            match op {
                TextOp::Split => split(text, &operands[1..], work),
                TextOp::ToCharArray => {
                    let characters = text.chars().map(Value::Char).collect();
                    Collection::of_items(Type::array(Type::Char), characters, work).map(Value::Collection)
                }
                _ => instance(op, text, &operands[1..]),
            }
        }
        _ => Err(Fault::null()),
    }
}

fn is_list(op: TextOp) -> bool {
    use TextOp as T;
    matches!(op, T::ListLength | T::ListContains | T::ListFirst | T::ListFirstOrDefault | T::ListLast | T::ListAny)
}

fn is_static(op: TextOp) -> bool {
    use TextOp as T;
    matches!(
        op,
        T::IsNullOrEmpty
            | T::IsNullOrWhiteSpace
            | T::Concat
            | T::Join
            | T::Format
            | T::EqualTexts
            | T::Empty
            | T::Compare
            | T::CompareOrdinal
            | T::Copy
            | T::Repeated
    )
}

/// A text or a character.
pub(super) fn piece(value: Option<&Value>) -> Option<Arc<str>> {
    match value {
        Some(Value::Text(text)) => Some(Arc::clone(text)),
        Some(Value::Char(c)) => Some(c.to_string().into()),
        _ => None,
    }
}

/// A text argument; null and absent ones are empty.
fn argument(rest: &[Value], at: usize) -> Arc<str> {
    piece(rest.get(at)).unwrap_or_default()
}

fn number(rest: &[Value], at: usize) -> Option<i64> {
    match rest.get(at) {
        Some(Value::Int(n) | Value::Long(n)) => Some(*n),
        _ => None,
    }
}

/// Said by `StringComparison`, or by the flag of older overloads.
fn ignores_case(rest: &[Value]) -> bool {
    rest.iter().any(|value| matches!(value, Value::Comparison(true) | Value::Bool(true)))
}

fn folded<'t>(text: &'t str, rest: &[Value]) -> Cow<'t, str> {
    if ignores_case(rest) { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
}

#[expect(clippy::match_same_arms, reason = "one arm a member")]
fn instance(op: TextOp, text: &Arc<str>, rest: &[Value]) -> Result<Value, Fault> {
    use TextOp as T;
    let first = argument(rest, 0);
    let first = &*first;
    if matches!(op, T::Contains | T::StartsWith | T::EndsWith | T::IndexOf | T::LastIndexOf | T::Insert)
        && rest.iter().any(Value::is_null)
    {
        return Err(Fault::null_argument("value"));
    }
    Ok(match op {
        T::Length => Value::Int(length(text)),
        T::Contains => Value::Bool(folded(text, rest).contains(&*folded(first, rest))),
        T::StartsWith => Value::Bool(folded(text, rest).starts_with(&*folded(first, rest))),
        T::EndsWith => Value::Bool(folded(text, rest).ends_with(&*folded(first, rest))),
        T::Equals => Value::Bool(
            matches!(rest.first(), Some(Value::Text(_) | Value::Char(_))) && folded(text, rest) == folded(first, rest),
        ),
        T::CompareTo => Value::Int(compared(text, first, false)),
        T::HashCode => Value::Int(hash(text)),
        T::ToString => Value::Text(Arc::clone(text)),
        T::ToLower | T::ToLowerInvariant => Value::text(text.to_lowercase()),
        T::ToUpper | T::ToUpperInvariant => Value::text(text.to_uppercase()),
        T::Trim => Value::text(text.trim_matches(trimmed(rest))),
        T::TrimStart => Value::text(text.trim_start_matches(trimmed(rest))),
        T::TrimEnd => Value::text(text.trim_end_matches(trimmed(rest))),
        T::IndexOfAny => position(text, text.find(|c| in_sets(rest, c))),
        T::Normalize => Value::Text(Arc::clone(text)),
        T::Replace => return replace(text, rest),
        T::Substring => return substring(text, rest),
        T::IndexOf => return index_of(text, rest),
        T::LastIndexOf => position(text, folded(text, rest).rfind(&*folded(first, rest))),
        T::PadLeft | T::PadRight => return padded(op == T::PadLeft, text, rest),
        T::Insert => return insert(text, rest),
        T::Remove => return remove(text, rest),
        _ => return Err(Fault::null()),
    })
}

/// In UTF-16 units, as .NET counts.
pub(super) fn length(text: &str) -> i64 {
    if text.is_ascii() { text.len() as i64 } else { text.encode_utf16().count() as i64 }
}

/// The byte at which a UTF-16 unit begins; inside of a pair, where that begins.
fn byte_at(text: &str, unit: usize) -> Option<usize> {
    if text.is_ascii() {
        return (unit <= text.len()).then_some(unit);
    }
    let mut units = 0;
    for (byte, c) in text.char_indices() {
        if units + c.len_utf16() > unit {
            return Some(byte);
        }
        units += c.len_utf16();
    }
    (units == unit).then_some(text.len())
}

fn position(text: &str, at: Option<usize>) -> Value {
    Value::Int(at.map_or(-1, |at| length(text.get(..at).unwrap_or(text))))
}

fn replace(text: &str, rest: &[Value]) -> Result<Value, Fault> {
    let old = piece(rest.first()).ok_or_else(|| Fault::null_argument("oldValue"))?;
    if old.is_empty() {
        let text = "String cannot be of zero length.\r\nParameter name: oldValue";
        return Err(Fault::of(Exception::Argument, text));
    }
    let new = argument(rest, 1);
    let new = &*new;
    if !ignores_case(rest) {
        return Ok(Value::text(text.replace(&*old, new)));
    }
    let (low, old) = (text.to_lowercase(), old.to_lowercase());
    if low.len() != text.len() {
        return Ok(Value::text(text.replace(&*old, new)));
    }
    let mut out = String::new();
    let mut from = 0;
    while let Some(at) = low[from..].find(&old) {
        out.push_str(&text[from..from + at]);
        out.push_str(new);
        from += at + old.len();
    }
    out.push_str(&text[from..]);
    Ok(Value::text(out))
}

fn range(parameter: &str, what: &str) -> Fault {
    Fault::out_of_range(what, parameter)
}

pub(super) fn substring(text: &str, rest: &[Value]) -> Result<Value, Fault> {
    let total = length(text);
    let begin = number(rest, 0).unwrap_or(0);
    if begin < 0 {
        return Err(range("startIndex", "StartIndex cannot be less than zero."));
    }
    if begin > total {
        return Err(range("startIndex", "startIndex cannot be larger than length of string."));
    }
    let count = number(rest, 1).unwrap_or(total - begin);
    if count < 0 {
        return Err(range("length", "Length cannot be less than zero."));
    }
    if begin > total - count {
        return Err(range("length", "Index and length must refer to a location within the string."));
    }
    Ok(Value::text(units(text, begin, begin + count)))
}

/// The UTF-16 units from one place to another.
fn units(text: &str, begin: i64, end: i64) -> &str {
    let byte = |unit: i64| byte_at(text, usize::try_from(unit).unwrap_or(0)).unwrap_or(text.len());
    &text[byte(begin)..byte(end)]
}

fn index_of(text: &str, rest: &[Value]) -> Result<Value, Fault> {
    let from = number(rest, 1).unwrap_or(0);
    if !(0..=length(text)).contains(&from) {
        return Err(range(
            "startIndex",
            "Index was out of range. Must be non-negative and less than the size of the collection.",
        ));
    }
    let wanted = argument(rest, 0);
    let (low, wanted) = (folded(text, rest), folded(&wanted, rest));
    let begin = byte_at(&low, usize::try_from(from).unwrap_or(0)).unwrap_or(low.len());
    Ok(position(&low, low[begin..].find(&*wanted).map(|at| at + begin)))
}

/// The longest text that padding makes.
const MAX_PADDED: i64 = 1_000_000;

fn padded(left: bool, text: &Arc<str>, rest: &[Value]) -> Result<Value, Fault> {
    let width = number(rest, 0).unwrap_or(0);
    if !(0..=MAX_PADDED).contains(&width) {
        return Err(range("totalWidth", "Non-negative number required."));
    }
    let with = argument(rest, 1).chars().next().unwrap_or(' ');
    let missing = usize::try_from(width - length(text)).unwrap_or(0);
    let padding: String = std::iter::repeat_n(with, missing).collect();
    Ok(Value::text(if left { format!("{padding}{text}") } else { format!("{text}{padding}") }))
}

fn insert(text: &str, rest: &[Value]) -> Result<Value, Fault> {
    let at = number(rest, 0).unwrap_or(0);
    if !(0..=length(text)).contains(&at) {
        return Err(range("startIndex", "Specified argument was out of the range of valid values."));
    }
    let (before, after) = (units(text, 0, at), units(text, at, length(text)));
    Ok(Value::text(format!("{before}{}{after}", rest.get(1).map_or_else(|| "".into(), Value::display))))
}

fn remove(text: &str, rest: &[Value]) -> Result<Value, Fault> {
    let total = length(text);
    let begin = number(rest, 0).unwrap_or(0);
    if begin < 0 {
        return Err(range("startIndex", "StartIndex cannot be less than zero."));
    }
    let Some(count) = number(rest, 1) else {
        if begin >= total {
            return Err(range("startIndex", "startIndex must be less than length of string."));
        }
        return Ok(Value::text(units(text, 0, begin)));
    };
    if count < 0 {
        return Err(range("count", "Count cannot be less than zero."));
    }
    if begin > total - count {
        return Err(range("count", "Index and count must refer to a location within the string."));
    }
    Ok(Value::text(format!("{}{}", units(text, 0, begin), units(text, begin + count, total))))
}

/// Which text stands before the other one: -1, 0 or 1, by code points.
fn compared(left: &str, right: &str, ignore_case: bool) -> i64 {
    let order = if ignore_case { left.to_lowercase().cmp(&right.to_lowercase()) } else { culture_order(left, right) };
    order as i64
}

/// As the invariant culture has it for plain text: letters before their case,
/// small before capital ones.
fn culture_order(left: &str, right: &str) -> std::cmp::Ordering {
    let swapped = |c: char| if c.is_lowercase() { (0, c) } else { (1, c) };
    left.to_lowercase()
        .cmp(&right.to_lowercase())
        .then_with(|| left.chars().map(swapped).cmp(right.chars().map(swapped)))
}

/// .NET's hash codes differ from process to process; this one does not.
fn hash(text: &str) -> i64 {
    i64::from(text.encode_utf16().fold(5381_i32, |hash, unit| hash.wrapping_mul(33) ^ i32::from(unit)))
}

fn statics(op: TextOp, operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    use TextOp as T;
    let (first, second) = (argument(operands, 0), argument(operands, 1));
    let nulls = |at: usize| operands.get(at).is_none_or(Value::is_null);
    let result = match op {
        T::Empty => Value::text(""),
        T::IsNullOrEmpty => Value::Bool(first.is_empty()),
        T::IsNullOrWhiteSpace => Value::Bool(first.trim().is_empty()),
        T::Concat => Value::text(items(operands, work)?.iter().map(|t| &**t).collect::<String>()),
        T::Join => Value::text(items(&operands[1..], work)?.join(&*first)),
        T::Format => Value::text(operate::composite(&first, &operands[1..])?),
        T::EqualTexts => Value::Bool(nulls(0) == nulls(1) && folded(&first, operands) == folded(&second, operands)),
        T::Compare => Value::Int(match (nulls(0), nulls(1)) {
            (true, false) => -1,
            (false, true) => 1,
            _ => compared(&first, &second, ignores_case(operands)),
        }),
        T::CompareOrdinal => Value::Int(first.cmp(&second) as i64),
        T::Repeated => match operands {
            [Value::Char(c), count] => {
                let count = count.integer().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
                work.spend_text(count)?;
                Value::text(c.to_string().repeat(count))
            }
            [all, from, count] => {
                let all = items(std::slice::from_ref(all), work)?;
                let number = |n: &Value| n.integer().and_then(|n| usize::try_from(n).ok());
                let (from, count) = number(from).zip(number(count)).unwrap_or((usize::MAX, 0));
                let part = from.checked_add(count).and_then(|to| all.get(from..to));
                let part = part.ok_or_else(|| {
                    let text = "Index and length must refer to a location within the string.";
                    Fault::out_of_range(text, "length")
                })?;
                Value::text(part.iter().map(|t| &**t).collect::<String>())
            }
            _ => Value::text(items(operands, work)?.iter().map(|t| &**t).collect::<String>()),
        },
        _ => operands.first().cloned().unwrap_or(Value::Null),
    };
    if let Value::Text(text) = &result {
        work.spend_text(text.len())?;
    }
    Ok(result)
}

/// The texts of values; those of one list are its own.
fn items(values: &[Value], work: &mut Work) -> Result<Vec<Arc<str>>, Fault> {
    if let [one @ (Value::Texts(_) | Value::Collection(_))] = values
        && let Some(texts) = one.texts(work)?
    {
        return Ok(texts);
    }
    Ok(values.iter().map(Value::display).collect())
}

/// Members of `StringBuilder` that are those of its text.
pub(super) fn changed(op: ObjectOp, text: &str, rest: &[Value]) -> Result<Value, Fault> {
    match op {
        ObjectOp::Insert => insert(text, rest),
        ObjectOp::Remove => remove(text, rest),
        _ => replace(text, rest),
    }
}

/// `text[i]` and `texts[i]`.
pub(super) fn index(of: &Value, by: &Value) -> Result<Value, Fault> {
    let at = by.integer().ok_or_else(Fault::null)?;
    let at = usize::try_from(at).map_err(|_| Fault::no_index())?;
    match of {
        Value::Texts(texts) => texts.get(at).map(|t| Value::Text(Arc::clone(t))).ok_or_else(Fault::no_index),
        Value::Text(text) => {
            let rest = byte_at(text, at).map(|byte| &text[byte..]).unwrap_or_default();
            rest.chars().next().map(Value::Char).ok_or_else(Fault::no_index)
        }
        _ => Err(Fault::null()),
    }
}

fn list(op: TextOp, operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    use TextOp as T;
    let texts = match operands.first() {
        Some(list) => list.texts(work)?.ok_or_else(Fault::null)?,
        None => return Err(Fault::null()),
    };
    let empty = || Fault::of(Exception::InvalidOperation, "Sequence contains no elements");
    let text = |t: Option<&Arc<str>>| t.map(|t| Value::Text(Arc::clone(t)));
    match op {
        T::ListLength => Ok(Value::Int(texts.len() as i64)),
        T::ListContains => {
            let found = matches!(operands.get(1), Some(Value::Text(wanted)) if texts.contains(wanted));
            Ok(Value::Bool(found))
        }
        T::ListFirst => text(texts.first()).ok_or_else(empty),
        T::ListLast => text(texts.last()).ok_or_else(empty),
        T::ListFirstOrDefault => Ok(text(texts.first()).unwrap_or(Value::Null)),
        _ => Ok(Value::Bool(!texts.is_empty())),
    }
}
