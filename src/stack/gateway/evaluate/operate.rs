//! Operators, formats.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::Arc;

use super::super::token::Token;
use super::super::value::Value;
pub(super) use super::format::{composite, formatted};
use super::{Exception, Fault};
use crate::policy::expression::BinaryOp;

pub(super) fn overflow() -> Fault {
    Fault::of(Exception::Overflow, "Arithmetic operation resulted in an overflow.")
}

pub(super) fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, Fault> {
    use BinaryOp as B;
    match op {
        B::Equal => Ok(Value::Bool(equal(left, right))),
        B::NotEqual => Ok(Value::Bool(!equal(left, right))),
        B::Same => Ok(Value::Bool(same(left, right))),
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
        _ if left.is_null() || right.is_null() => Ok(Value::Null),
        _ => arithmetic(op, left, right),
    }
}

#[expect(clippy::match_same_arms, reason = "one arm a type")]
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (a, b) if a.is_null() || b.is_null() => a.is_null() && b.is_null(),
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Guid(a), Value::Guid(b)) => a == b,
        (Value::Constant(t, a), Value::Constant(u, b)) => t == u && a == b,
        (Value::Json(a @ Token::Leaf(_)), Value::Json(b @ Token::Leaf(_))) => a.deep_equals(b),
        (Value::Comparison(a), Value::Comparison(b)) => a == b,
        (a, b) => ordered(a, b).map_or_else(|| same(a, b), Ordering::is_eq),
    }
}

/// Whether two references are one: what `==` means where a type has no
/// operator of its own. Literal texts are held once, as in .NET.
#[expect(clippy::match_same_arms, reason = "one arm a type")]
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Text(a), Value::Text(b)) => Arc::ptr_eq(a, b) || (a.is_empty() && b.is_empty()),
        (Value::Texts(a), Value::Texts(b)) => Arc::ptr_eq(a, b),
        (Value::Bytes(a), Value::Bytes(b)) => Arc::ptr_eq(a, b),
        (Value::Collection(a), Value::Collection(b)) => Arc::ptr_eq(a, b),
        (Value::Json(a), Value::Json(b)) => a.same(b),
        (Value::Jwt(a), Value::Jwt(b)) => Arc::ptr_eq(a, b),
        (Value::Response(a), Value::Response(b)) => Arc::ptr_eq(a, b),
        (Value::Library(a), Value::Library(b)) => Arc::ptr_eq(a, b),
        (Value::Here, Value::Here) => true,
        _ => false,
    }
}

/// How two values are ordered, where they are.
pub(super) fn ordered(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a) | Value::Long(a), Value::Int(b) | Value::Long(b)) | (Value::Span(a), Value::Span(b)) => {
            Some(a.cmp(b))
        }
        (Value::Instant(a), Value::Instant(b)) => Some(a.order(*b)),
        (Value::Char(a), Value::Char(b)) => Some(a.cmp(b)),
        (a, b) => double(a)?.partial_cmp(&double(b)?),
    }
}

/// A number, whichever it is.
pub(super) fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) | Value::Long(n) => Some(*n as f64),
        Value::Double(n) => Some(*n),
        Value::Char(c) => Some(f64::from(*c as u32)),
        _ => None,
    }
}

/// A whole number, and whether it is a `long`.
fn whole(value: &Value) -> Option<(i64, bool)> {
    match value {
        Value::Int(n) => Some((*n, false)),
        Value::Long(n) => Some((*n, true)),
        Value::Char(c) => Some((i64::from(*c as u32), false)),
        _ => None,
    }
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, Fault> {
    use BinaryOp as B;
    if let (Some((a, wide)), Some((b, also_wide))) = (whole(left), whole(right)) {
        let shifted = matches!(op, B::ShiftLeft | B::ShiftRight);
        return integers(op, a, b, wide || (also_wide && !shifted));
    }
    Ok(match (op, left, right) {
        (B::Add, Value::Instant(at), Value::Span(span)) => {
            Value::Instant(at.plus(*span).ok_or_else(super::time::unreachable_date)?)
        }
        (B::Subtract, Value::Instant(at), Value::Span(span)) => {
            Value::Instant(at.plus(span.saturating_neg()).ok_or_else(super::time::unreachable_date)?)
        }
        (B::Subtract, Value::Instant(a), Value::Instant(b)) => Value::Span(a.utc_ticks() - b.utc_ticks()),
        (B::Add, Value::Span(a), Value::Span(b)) => Value::Span(a.checked_add(*b).ok_or_else(overflow)?),
        (B::Subtract, Value::Span(a), Value::Span(b)) => Value::Span(a.checked_sub(*b).ok_or_else(overflow)?),
        (B::BitOr, Value::Constant(ty, a), Value::Constant(_, b)) => Value::Constant(*ty, a | b),
        (B::BitAnd, Value::Constant(ty, a), Value::Constant(_, b)) => Value::Constant(*ty, a & b),
        (B::BitAnd, Value::Bool(a), Value::Bool(b)) => Value::Bool(a & b),
        (B::BitOr, Value::Bool(a), Value::Bool(b)) => Value::Bool(a | b),
        (B::BitXor, Value::Bool(a), Value::Bool(b)) => Value::Bool(a ^ b),
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

/// Arithmetic of `int` and `long`: unchecked, so that what is too large wraps.
fn integers(op: BinaryOp, a: i64, b: i64, wide: bool) -> Result<Value, Fault> {
    use BinaryOp as B;
    if b == 0 && matches!(op, B::Divide | B::Remainder) {
        return Err(Fault::of(Exception::DivideByZero, "Attempted to divide by zero."));
    }
    let least = if wide { i64::MIN } else { i64::from(i32::MIN) };
    if a == least && b == -1 && matches!(op, B::Divide | B::Remainder) {
        return Err(overflow());
    }
    let bits = if wide { 63 } else { 31 };
    let result = match op {
        B::Add => a.wrapping_add(b),
        B::Subtract => a.wrapping_sub(b),
        B::Multiply => a.wrapping_mul(b),
        B::Divide => a.wrapping_div(b),
        B::Remainder => a.wrapping_rem(b),
        B::ShiftLeft => a.wrapping_shl((b & bits) as u32),
        B::ShiftRight => a.wrapping_shr((b & bits) as u32),
        B::BitAnd => a & b,
        B::BitOr => a | b,
        _ => a ^ b,
    };
    Ok(if wide { Value::Long(result) } else { Value::Int(i64::from(result as i32)) })
}

/// Unary `-`.
pub(super) fn negated(value: &Value) -> Result<Value, Fault> {
    Ok(match value {
        Value::Int(n) => Value::Int(i64::from((*n as i32).wrapping_neg())),
        Value::Long(n) => Value::Long(n.wrapping_neg()),
        Value::Double(n) => Value::Double(-n),
        Value::Span(n) => Value::Span(n.checked_neg().ok_or_else(overflow)?),
        Value::Null => Value::Null,
        _ => return Err(Fault::null()),
    })
}

/// `~`.
pub(super) fn complement(value: &Value) -> Result<Value, Fault> {
    match value {
        Value::Int(n) => Ok(Value::Int(!n)),
        Value::Long(n) => Ok(Value::Long(!n)),
        Value::Null => Ok(Value::Null),
        _ => Err(Fault::null()),
    }
}

/// Adds a value to a text as C# writes it there.
pub(super) fn show(value: &Value, out: &mut String) {
    match value {
        Value::Null => {}
        Value::Text(text) => out.push_str(text),
        Value::Char(c) => out.push(*c),
        // Writing to a string does not fail.
        Value::Int(n) | Value::Long(n) => drop(write!(out, "{n}")),
        Value::Guid(id) => drop(write!(out, "{id}")),
        other => out.push_str(&other.display()),
    }
}

/// Fills what stands after `begin` up to a width: with spaces before it, or
/// after it where the width is negative.
pub(super) fn pad(text: &mut String, begin: usize, width: i32) {
    let length = text[begin..].encode_utf16().count();
    let missing = (width.unsigned_abs() as usize).saturating_sub(length);
    let spaces = " ".repeat(missing);
    if width > 0 { text.insert_str(begin, &spaces) } else { text.push_str(&spaces) }
}
