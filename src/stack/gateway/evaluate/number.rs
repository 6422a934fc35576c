//! Members of numbers, truth values, ids and objects.

use uuid::Uuid;

use super::super::value::Value;
use super::statics::parsed;
use super::{Fault, operate};
use crate::policy::expression::{NumberOp, Type};

/// What a member gives.
pub(super) fn member(op: NumberOp, operands: &[Value]) -> Result<Value, Fault> {
    use NumberOp as N;
    let first = operands.first().unwrap_or(&Value::Null);
    match op {
        N::GuidNew => Ok(Value::Guid(Uuid::new_v4())),
        N::GuidEmpty => Ok(Value::Guid(Uuid::nil())),
        N::GuidParse => parsed(Type::Guid, first),
        N::IntParse => parsed(Type::Int, first),
        N::BoolParse => parsed(Type::Bool, first),
        N::DoubleParse => parsed(Type::Double, first),
        N::GuidToString | N::IntToString | N::DoubleToString => {
            let format = match operands.get(1) {
                Some(Value::Text(format)) => format,
                _ => "",
            };
            if first.is_null() { Err(Fault::null()) } else { operate::formatted(first, format).map(Value::Text) }
        }
        N::BoolToString | N::ObjectToString if first.is_null() => Err(Fault::null()),
        N::BoolToString | N::ObjectToString => Ok(Value::Text(first.display())),
        N::ObjectEquals if first.is_null() => Err(Fault::null()),
        N::ObjectEquals => Ok(Value::Bool(operate::equal(first, operands.get(1).unwrap_or(&Value::Null)))),
        N::ToInt | N::ToLong | N::ToText | N::ToBool | N::ToDouble => converted(op, first),
        _ => math(op, operands),
    }
}

/// `Convert.ToX(value)`.
fn converted(op: NumberOp, value: &Value) -> Result<Value, Fault> {
    use NumberOp as N;
    match (op, value) {
        (N::ToText, Value::Null) => Ok(Value::text("")),
        (N::ToText, value) => Ok(Value::Text(value.display())),
        (N::ToBool, Value::Bool(_)) | (N::ToDouble, Value::Double(_)) | (N::ToInt | N::ToLong, Value::Int(_)) => {
            Ok(value.clone())
        }
        (N::ToBool, Value::Int(n)) => Ok(Value::Bool(*n != 0)),
        (N::ToBool, Value::Null) => Ok(Value::Bool(false)),
        (N::ToBool, value) => parsed(Type::Bool, value),
        (N::ToDouble, Value::Int(n)) => Ok(Value::Double(*n as f64)),
        (N::ToDouble, Value::Null) => Ok(Value::Double(0.0)),
        (N::ToDouble, value) => parsed(Type::Double, value),
        (_, Value::Bool(b)) => Ok(Value::Int(i64::from(*b))),
        (_, Value::Double(n)) => Ok(Value::Int(n.round_ties_even() as i64)),
        (_, Value::Null) => Ok(Value::Int(0)),
        (_, value) => parsed(Type::Int, value),
    }
}

fn math(op: NumberOp, operands: &[Value]) -> Result<Value, Fault> {
    use NumberOp as N;
    if let (Some(Value::Int(a)), b) = (operands.first(), operands.get(1)) {
        match (op, b) {
            (N::MaxInt, Some(Value::Int(b))) => return Ok(Value::Int(*a.max(b))),
            (N::MinInt, Some(Value::Int(b))) => return Ok(Value::Int(*a.min(b))),
            (N::AbsInt, _) => return Ok(Value::Int(a.checked_abs().ok_or_else(operate::overflow)?)),
            (N::SignInt, _) => return Ok(Value::Int(a.signum())),
            _ => {}
        }
    }
    let double = |at: usize| operands.get(at).and_then(operate::double).ok_or_else(Fault::null);
    Ok(Value::Double(match op {
        N::Pi => std::f64::consts::PI,
        N::MaxDouble => double(0)?.max(double(1)?),
        N::MinDouble => double(0)?.min(double(1)?),
        N::AbsDouble => double(0)?.abs(),
        N::Round => {
            let scale = 10_f64.powi(operands.get(1).and_then(operate::double).unwrap_or(0.0) as i32);
            (double(0)? * scale).round_ties_even() / scale
        }
        N::Floor => double(0)?.floor(),
        N::Ceiling => double(0)?.ceil(),
        N::Truncate => double(0)?.trunc(),
        N::Pow => double(0)?.powf(double(1)?),
        N::Sqrt => double(0)?.sqrt(),
        N::Log if operands.len() > 1 => double(0)?.log(double(1)?),
        N::Log => double(0)?.ln(),
        N::Log10 => double(0)?.log10(),
        N::Exp => double(0)?.exp(),
        N::SignDouble => {
            let n = double(0)?;
            return Ok(Value::Int(if n > 0.0 { 1 } else { -i64::from(n < 0.0) }));
        }
        _ => return Err(Fault::null()),
    }))
}
