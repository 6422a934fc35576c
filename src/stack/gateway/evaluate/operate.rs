//! Operators, casts, formats.

use super::super::dotnet::{Kind, Moment};
use super::super::token::{Leaf, Token};
use super::super::value::{Value, token_text};
use super::{Exception, Fault};
use crate::policy::expression::{BinaryOp, Type};

pub(super) fn overflow() -> Fault {
    Fault::of(Exception::Overflow, "Arithmetic operation resulted in an overflow.")
}

pub(super) fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, Fault> {
    use BinaryOp as B;
    match op {
        B::Equal => Ok(Value::Bool(equal(left, right))),
        B::NotEqual => Ok(Value::Bool(!equal(left, right))),
        B::Less | B::LessOrEqual | B::Greater | B::GreaterOrEqual => {
            // Comparing with a null of a nullable type is false, as in C#.
            let order = ordered(left, right);
            Ok(Value::Bool(order.is_some_and(|o| match op {
                B::Less => o.is_lt(),
                B::LessOrEqual => o.is_le(),
                B::Greater => o.is_gt(),
                _ => o.is_ge(),
            })))
        }
        _ => arithmetic(op, left, right),
    }
}

pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (a, b) if a.is_null() || b.is_null() => a.is_null() && b.is_null(),
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Guid(a), Value::Guid(b)) => a == b,
        (Value::Constant(t, a), Value::Constant(u, b)) => t == u && a == b,
        (Value::Char(a), Value::Char(b)) => a == b,
        (a, b) => ordered(a, b).is_some_and(std::cmp::Ordering::is_eq),
    }
}

pub(super) fn ordered(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) | (Value::Span(a), Value::Span(b)) => Some(a.cmp(b)),
        (Value::Instant(a), Value::Instant(b)) => Some(a.order(*b)),
        (a, b) => double(a)?.partial_cmp(&double(b)?),
    }
}

pub(super) fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) | Value::Long(n) => Some(*n as f64),
        Value::Double(n) => Some(*n),
        _ => None,
    }
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, Fault> {
    use BinaryOp as B;
    Ok(match (op, left, right) {
        (B::Add, Value::Instant(at), Value::Span(span)) => {
            Value::Instant(at.plus(*span).ok_or_else(super::time::unreachable_date)?)
        }
        (B::Subtract, Value::Instant(at), Value::Span(span)) => {
            Value::Instant(at.plus(span.saturating_neg()).ok_or_else(super::time::unreachable_date)?)
        }
        (B::Subtract, Value::Instant(a), Value::Instant(b)) => Value::Span(a.utc_ticks() - b.utc_ticks()),
        (B::Add, Value::Span(a), Value::Span(b)) => Value::Span(a.saturating_add(*b)),
        (B::Subtract, Value::Span(a), Value::Span(b)) => Value::Span(a.saturating_sub(*b)),
        (_, Value::Int(a), Value::Int(b)) => {
            let result = match op {
                B::Add => a.checked_add(*b),
                B::Subtract => a.checked_sub(*b),
                B::Multiply => a.checked_mul(*b),
                _ if *b == 0 => return Err(Fault::of(Exception::DivideByZero, "Attempted to divide by zero.")),
                B::Divide => a.checked_div(*b),
                _ => a.checked_rem(*b),
            };
            Value::Int(result.ok_or_else(overflow)?)
        }
        (B::Add, a, b) if double(a).is_none() || double(b).is_none() => {
            Value::text(format!("{}{}", a.display(), b.display()))
        }
        (_, a, b) => {
            let (a, b) = (double(a).ok_or_else(Fault::null)?, double(b).ok_or_else(Fault::null)?);
            Value::Double(match op {
                B::Add => a + b,
                B::Subtract => a - b,
                B::Multiply => a * b,
                B::Divide => a / b,
                _ => a % b,
            })
        }
    })
}

/// A cast: `(string)token`, `(int)context.Variables["n"]`.
pub(super) fn cast(to: Type, value: Value) -> Result<Value, Fault> {
    let failed = |value: &Value| {
        let text = format!("Unable to cast object of type '{}' to type '{}'.", kind(value), to.full_name());
        Err(Fault::of(Exception::InvalidCast, text))
    };
    match (to, &value) {
        (Type::Object, _)
        | (Type::Text, Value::Text(_))
        | (Type::Texts, Value::Texts(_))
        | (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Int(_))
        | (Type::Double, Value::Double(_))
        | (Type::Json, Value::Json(_))
        | (Type::JsonObject, Value::Json(Token::Object(_)))
        | (Type::JsonArray, Value::Json(Token::Array(_)))
        | (Type::JsonProperty, Value::Json(Token::Property(_)))
        | (Type::Long, Value::Long(_))
        | (Type::Jwt, Value::Jwt(_))
        | (Type::Instant | Type::Offset, Value::Instant(_))
        | (Type::Span, Value::Span(_))
        | (Type::Guid, Value::Guid(_))
        | (Type::Response, Value::Response(_) | Value::Here) => Ok(value),
        (Type::Int, Value::Double(n)) => Ok(Value::Int(*n as i64)),
        (Type::Double, Value::Int(n)) => Ok(Value::Double(*n as f64)),
        (_, Value::Json(json)) => from_json(to, json).map_or_else(|| failed(&value), Ok),
        (_, Value::Null) if to.is_nullable() => Ok(Value::Null),
        (_, Value::Null) => Err(Fault::null()),
        (to, Value::Library(object)) if object.ty() == to => Ok(value),
        (to, Value::Constant(ty, _)) if *ty == to => Ok(value),
        (Type::Int, Value::Constant(_, number)) => Ok(Value::Int(*number)),
        _ => failed(&value),
    }
}

fn from_json(to: Type, json: &Token) -> Option<Value> {
    let Token::Leaf(leaf) = json else { return None };
    Some(match (to, leaf) {
        (Type::Text, Leaf::Null) => Value::Null,
        (Type::Text, _) => Value::text(token_text(json, false)),
        (Type::Bool, Leaf::Bool(b)) => Value::Bool(*b),
        (Type::Int, Leaf::Int(n)) => Value::Int(*n),
        (Type::Int, Leaf::Float(n)) => Value::Int(*n as i64),
        (Type::Int, Leaf::Text(text)) => Value::Int(text.trim().parse().ok()?),
        (Type::Double, Leaf::Int(n)) => Value::Double(*n as f64),
        (Type::Double, Leaf::Float(n)) => Value::Double(*n),
        (Type::Instant | Type::Offset, Leaf::Text(text) | Leaf::Date(text)) => {
            Value::Instant(Moment::from_json(text).or_else(|| Moment::parse(text, Moment::MIN))?)
        }
        _ => return None,
    })
}

pub(super) fn kind(value: &Value) -> String {
    let ty = match value {
        Value::Null => return "null".into(),
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Long(_) => Type::Long,
        Value::Double(_) => Type::Double,
        Value::Char(_) => Type::Char,
        Value::Text(_) => Type::Text,
        Value::Texts(_) => Type::Texts,
        Value::Bytes(_) => Type::Bytes,
        Value::Collection(collection) => collection.ty,
        Value::Instant(Moment { kind: Kind::Offset(_), .. }) => Type::Offset,
        Value::Instant(_) => Type::Instant,
        Value::Library(object) => object.ty(),
        Value::Constant(ty, _) => *ty,
        Value::Span(_) => Type::Span,
        Value::Guid(_) => Type::Guid,
        Value::Json(Token::Object(_)) => Type::JsonObject,
        Value::Json(Token::Array(_)) => Type::JsonArray,
        Value::Json(Token::Property(_)) => Type::JsonProperty,
        Value::Json(Token::Leaf(_)) => return "Newtonsoft.Json.Linq.JValue".into(),
        Value::Jwt(_) => Type::Jwt,
        Value::Response(_) => return "IResponse".into(),
        Value::Exception(fault) => return fault.kind.name().into(),
        _ => Type::Object,
    };
    ty.full_name()
}

pub(super) use super::format::{composite, formatted};
