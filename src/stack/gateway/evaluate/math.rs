//! `Math`, and what `double` and `decimal` reckon.

use super::super::value::Value;
use super::{Exception, Fault, operate};
use crate::policy::expression::{NumberOp, Type};

/// What a member gives, where it is one of these.
pub(super) fn member(op: NumberOp, operands: &[Value]) -> Option<Result<Value, Fault>> {
    integers(op, operands).or_else(|| doubles(op, operands))
}

fn integers(op: NumberOp, operands: &[Value]) -> Option<Result<Value, Fault>> {
    use NumberOp as N;
    let number = |at: usize| operands.get(at).and_then(Value::integer);
    let overflow =
        || Fault::of(Exception::Overflow, "Negating the minimum value of a twos complement number is invalid.");
    Some(match op {
        N::MaxInt => Ok(Value::Int(number(0)?.max(number(1)?))),
        N::MinInt => Ok(Value::Int(number(0)?.min(number(1)?))),
        N::MaxLong => Ok(Value::Long(number(0)?.max(number(1)?))),
        N::MinLong => Ok(Value::Long(number(0)?.min(number(1)?))),
        N::AbsInt if number(0)? == i64::from(i32::MIN) => Err(overflow()),
        N::AbsInt => Ok(Value::Int(number(0)?.abs())),
        N::AbsLong => number(0)?.checked_abs().map(Value::Long).ok_or_else(overflow),
        N::SignInt => Ok(Value::Int(number(0)?.signum())),
        _ => return None,
    })
}

fn doubles(op: NumberOp, operands: &[Value]) -> Option<Result<Value, Fault>> {
    use NumberOp as N;
    let double = |at: usize| operands.get(at).and_then(operate::double);
    Some(Ok(Value::Double(match op {
        N::MaxDouble => double(0)?.max(double(1)?),
        N::MinDouble => double(0)?.min(double(1)?),
        N::AbsDouble => double(0)?.abs(),
        N::Round | N::DecimalRound => rounded(double(0)?, operands),
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
            return Some(Ok(Value::Int(if n > 0.0 { 1 } else { -i64::from(n < 0.0) })));
        }
        N::IsNan => return Some(Ok(Value::Bool(double(0)?.is_nan()))),
        _ => return None,
    })))
}

/// To the even neighbour, unless it is said otherwise.
fn rounded(n: f64, operands: &[Value]) -> f64 {
    let digits = match operands.get(1) {
        Some(Value::Int(digits)) => (*digits).clamp(0, 15) as i32,
        _ => 0,
    };
    let scale = 10_f64.powi(digits);
    let away = matches!(operands.last(), Some(Value::Constant(Type::Rounding, 1)));
    let scaled = n * scale;
    let whole = if away { scaled.round() } else { scaled.round_ties_even() };
    if whole.is_finite() { whole / scale } else { n }
}
