//! `Convert.ToX`.

use super::super::token::{Leaf, Token};
use super::super::value::Value;
use super::statics::{default_of, parsed};
use super::{Exception, Fault, operate};
use crate::policy::expression::{NumberOp, Type};

/// What a conversion gives, where the member is one.
pub(super) fn member(op: NumberOp, operands: &[Value]) -> Option<Result<Value, Fault>> {
    use NumberOp as N;
    let to = match op {
        N::ToShort | N::ToInt | N::ToByte => Type::Int,
        N::ToLong | N::ToUint => Type::Long,
        N::ToText => Type::Text,
        N::ToBool => Type::Bool,
        N::ToDouble | N::ToSingle | N::ToDecimal => Type::Double,
        N::ToChar => Type::Char,
        N::ToInstant => Type::Instant,
        _ => return None,
    };
    let value = plain(operands.first().unwrap_or(&Value::Null));
    let result = match (operands.get(1), to) {
        (Some(Value::Int(radix)), _) => based(to, &value, *radix),
        _ => converted(to, &value),
    };
    Some(result.and_then(|value| narrow(op, value)))
}

/// The value of a `JValue`; any other value as it is.
fn plain(value: &Value) -> Value {
    match value {
        Value::Json(Token::Leaf(Leaf::Int(n))) => Value::Long(*n),
        Value::Json(Token::Leaf(Leaf::Float(n))) => Value::Double(*n),
        Value::Json(Token::Leaf(Leaf::Bool(b))) => Value::Bool(*b),
        Value::Json(Token::Leaf(Leaf::Null)) => Value::Null,
        Value::Json(token @ Token::Leaf(_)) => Value::text(super::super::value::token_text(token, false)),
        other => other.clone(),
    }
}

fn converted(to: Type, value: &Value) -> Result<Value, Fault> {
    Ok(match (to, value) {
        (Type::Text, Value::Null) => Value::text(""),
        (Type::Text, value) => Value::Text(value.display()),
        (to, Value::Null) => default_of(to),
        (Type::Int, Value::Int(_))
        | (Type::Long, Value::Long(_))
        | (Type::Double, Value::Double(_))
        | (Type::Bool, Value::Bool(_))
        | (Type::Char, Value::Char(_))
        | (Type::Instant, Value::Instant(_)) => value.clone(),
        (Type::Bool, number) if operate::double(number).is_some() => Value::Bool(operate::double(number) != Some(0.0)),
        (Type::Int | Type::Long, Value::Bool(b)) => integer(to, i64::from(*b))?,
        (Type::Int | Type::Long, Value::Int(n) | Value::Long(n)) => integer(to, *n)?,
        (Type::Int | Type::Long, Value::Char(c)) => integer(to, i64::from(*c as u32))?,
        (Type::Int | Type::Long, Value::Double(n)) => {
            let rounded = n.round_ties_even();
            if !(-9.2e18..=9.2e18).contains(&rounded) {
                return Err(too_large(to));
            }
            integer(to, rounded as i64)?
        }
        (Type::Double, Value::Bool(b)) => Value::Double(if *b { 1.0 } else { 0.0 }),
        (Type::Double, number) if operate::double(number).is_some() => {
            Value::Double(operate::double(number).unwrap_or_default())
        }
        (Type::Char, Value::Int(n)) => {
            Value::Char(u32::try_from(*n).ok().and_then(char::from_u32).ok_or_else(|| too_large(to))?)
        }
        (to, Value::Text(_)) => parsed(to, value)?,
        (to, value) => {
            let text = format!(
                "Unable to cast object of type '{}' to type 'System.IConvertible'.",
                super::convert::name(value)
            );
            let _ = to;
            return Err(Fault::of(Exception::InvalidCast, text));
        }
    })
}

fn too_large(to: Type) -> Fault {
    let name = match to {
        Type::Int => "an Int32",
        Type::Long => "an Int64",
        _ => "a character",
    };
    Fault::of(Exception::Overflow, format!("Value was either too large or too small for {name}."))
}

fn integer(to: Type, n: i64) -> Result<Value, Fault> {
    match to {
        Type::Int if i32::try_from(n).is_err() => Err(too_large(to)),
        Type::Int => Ok(Value::Int(n)),
        _ => Ok(Value::Long(n)),
    }
}

/// The smaller types have their own bounds.
fn narrow(op: NumberOp, value: Value) -> Result<Value, Fault> {
    let (range, name) = match op {
        NumberOp::ToShort => (-32_768..=32_767, "an Int16"),
        NumberOp::ToByte => (0..=255, "an unsigned byte"),
        NumberOp::ToUint => (0..=4_294_967_295, "a UInt32"),
        _ => return Ok(value),
    };
    match value.integer() {
        Some(n) if !range.contains(&n) => {
            Err(Fault::of(Exception::Overflow, format!("Value was either too large or too small for {name}.")))
        }
        _ => Ok(value),
    }
}

/// `Convert.ToInt32("ff", 16)`, `Convert.ToString(255, 2)`.
fn based(to: Type, value: &Value, radix: i64) -> Result<Value, Fault> {
    if !matches!(radix, 2 | 8 | 10 | 16) {
        return Err(Fault::of(Exception::Argument, "Invalid Base."));
    }
    match value {
        Value::Text(text) => {
            let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
            let read = i64::from_str_radix(digits, radix as u32);
            let n = read.map_err(|_| Fault::of(Exception::Format, "Could not find any recognizable digits."))?;
            // All 32 bits stand for a negative number.
            let n = if to == Type::Int && radix != 10 { i64::from(n as u32 as i32) } else { n };
            integer(to, n)
        }
        number => {
            let n = number.integer().ok_or_else(Fault::null)?;
            let bits = if matches!(number, Value::Int(_)) { u64::from(n as u32) } else { n as u64 };
            Ok(Value::text(match radix {
                2 => format!("{bits:b}"),
                8 => format!("{bits:o}"),
                16 => format!("{bits:x}"),
                _ => n.to_string(),
            }))
        }
    }
}
