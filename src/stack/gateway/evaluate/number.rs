//! Members of numbers, truth values, ids, objects and enumerations.

use uuid::Uuid;

use super::super::value::Value;
use super::statics::{default_of, parsed};
use super::{Exception, Fault, conversion, format, math, operate};
use crate::policy::expression::{NumberOp, Type};

/// What a member gives.
pub(super) fn member(op: NumberOp, operands: &[Value]) -> Result<Value, Fault> {
    if let Some(value) = constant(op) {
        return Ok(value);
    }
    let first = operands.first().unwrap_or(&Value::Null);
    if let Some(result) = parsing(op, first).or_else(|| conversion::member(op, operands)) {
        return result;
    }
    if let Some(result) = math::member(op, operands) {
        return result;
    }
    if let Value::Exception(fault) = first {
        return exception(op, fault);
    }
    instance(op, first, &operands[1.min(operands.len())..])
}

fn constant(op: NumberOp) -> Option<Value> {
    use NumberOp as N;
    Some(match op {
        N::GuidNew => Value::Guid(Uuid::new_v4()),
        N::GuidEmpty => Value::Guid(Uuid::nil()),
        N::IntMax => Value::Int(i32::MAX.into()),
        N::IntMin => Value::Int(i32::MIN.into()),
        N::LongMax => Value::Long(i64::MAX),
        N::LongMin => Value::Long(i64::MIN),
        N::DoubleMax => Value::Double(f64::MAX),
        N::DoubleMin => Value::Double(f64::MIN),
        N::Nan => Value::Double(f64::NAN),
        N::Pi => Value::Double(std::f64::consts::PI),
        N::TrueText => Value::text("True"),
        N::FalseText => Value::text("False"),
        _ => return None,
    })
}

fn parsing(op: NumberOp, text: &Value) -> Option<Result<Value, Fault>> {
    use NumberOp as N;
    Some(match op {
        N::GuidOf => match text {
            Value::Null => Ok(Value::Guid(Uuid::nil())),
            Value::Bytes(bytes) => match <[u8; 16]>::try_from(&**bytes) {
                Ok(bytes) => Ok(Value::Guid(Uuid::from_bytes_le(bytes))),
                Err(_) => Err(Fault::of(Exception::Argument, "Byte array for GUID must be exactly 16 bytes long.")),
            },
            text => parsed(Type::Guid, text),
        },
        N::GuidParse => parsed(Type::Guid, text),
        N::IntParse => parsed(Type::Int, text),
        N::LongParse => parsed(Type::Long, text),
        N::BoolParse => parsed(Type::Bool, text),
        N::DoubleParse | N::DecimalParse => parsed(Type::Double, text),
        _ => return None,
    })
}

fn exception(op: NumberOp, fault: &Fault) -> Result<Value, Fault> {
    use NumberOp as N;
    Ok(match op {
        N::ExceptionMessage => Value::text(fault.text.as_str()),
        N::ExceptionToString | N::ObjectToString => Value::text(format!("{}: {}", fault.kind.name(), fault.text)),
        // What names frames of the platform is of no use to anybody.
        N::ExceptionTrace | N::ExceptionSource => Value::text(""),
        _ => return Err(Fault::null()),
    })
}

/// As .NET reckons them; those of texts differ from run to run anyway.
fn hash_code(of: &Value) -> i32 {
    match of {
        Value::Guid(id) => {
            let (a, b, c, rest) = id.as_fields();
            let high = i32::from(b as i16) << 16 | i32::from(c);
            a as i32 ^ high ^ (i32::from(rest[2]) << 24 | i32::from(rest[7]))
        }
        Value::Long(n) => *n as i32 ^ (*n >> 32) as i32,
        other => other.integer().unwrap_or_default() as i32,
    }
}

/// Members of a value; `T?` may be null for some.
fn instance(op: NumberOp, of: &Value, rest: &[Value]) -> Result<Value, Fault> {
    use NumberOp as N;
    match (op, of) {
        (N::HasValue, of) => return Ok(Value::Bool(!of.is_null())),
        (N::NullableValue, Value::Null) => {
            return Err(Fault::of(Exception::InvalidOperation, "Nullable object must have a value."));
        }
        (N::ValueOrDefault, Value::Null) => return Ok(rest.first().cloned().unwrap_or_else(|| default_of(Type::Int))),
        (N::NullableValue | N::ValueOrDefault, of) => return Ok(of.clone()),
        (N::NullableToString, Value::Null) => return Ok(Value::text("")),
        (_, Value::Null) => return Err(Fault::null()),
        _ => {}
    }
    let order = |other: &Value| operate::ordered(of, other).map_or(1, |order| order as i64);
    Ok(match (op, rest.first()) {
        (N::GuidToString | N::IntToString | N::DoubleToString, Some(Value::Text(pattern))) => {
            Value::Text(format::formatted(of, pattern)?)
        }
        (N::GuidToBytes, _) => match of {
            Value::Guid(id) => Value::Bytes(id.to_bytes_le().as_slice().into()),
            _ => return Err(Fault::null()),
        },
        (N::GuidHashCode | N::IntHashCode, _) => Value::Int(i64::from(hash_code(of))),
        (
            N::GuidEquals | N::IntEquals | N::DoubleEquals | N::BoolEquals | N::ObjectEquals | N::KindEquals,
            Some(other),
        ) => Value::Bool(operate::equal(of, other)),
        (N::IntCompareTo | N::DoubleCompareTo, Some(other)) => Value::Int(order(other)),
        (N::BoolCompareTo | N::GuidCompareTo, Some(other)) => Value::Int(of.display().cmp(&other.display()) as i64),
        _ => Value::Text(of.display()),
    })
}
