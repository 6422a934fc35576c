//! Members of spans.

use super::super::dotnet::{TICKS_PER_MILLISECOND, TICKS_PER_SECOND};
use super::super::value::Value;
use super::time::{integer, ordered};
use super::{Exception, Fault, format};
use crate::policy::expression::TimeOp;

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn too_long() -> Fault {
    Fault::of(Exception::Overflow, "TimeSpan overflowed because the duration is too long.")
}

/// `new TimeSpan(…)` of numbers.
pub(super) fn of_parts(operands: &[Value]) -> Result<Value, Fault> {
    // Hours, minutes, seconds; days before them where there are more numbers.
    let units: &[i64] = match operands.len() {
        3 => &[HOUR, MINUTE, TICKS_PER_SECOND],
        _ => &[DAY, HOUR, MINUTE, TICKS_PER_SECOND, TICKS_PER_MILLISECOND],
    };
    let mut total = 0_i64;
    for (at, unit) in units.iter().enumerate() {
        let part = integer(operands, at).checked_mul(*unit).ok_or_else(too_long)?;
        total = total.checked_add(part).ok_or_else(too_long)?;
    }
    Ok(Value::Span(total))
}

/// What a member of a span gives.
pub(super) fn member(op: TimeOp, ticks: i64, rest: &[Value]) -> Result<Value, Fault> {
    use TimeOp as T;
    let total = |unit: i64| Value::Double(ticks as f64 / unit as f64);
    let part = |unit: i64, of: i64| Value::Int(ticks / unit % of);
    let whole = |ticks: Option<i64>| ticks.map(Value::Span).ok_or_else(too_long);
    Ok(match (op, rest.first()) {
        (T::TotalMilliseconds, _) => total(TICKS_PER_MILLISECOND),
        (T::TotalSeconds, _) => total(TICKS_PER_SECOND),
        (T::TotalMinutes, _) => total(MINUTE),
        (T::TotalHours, _) => total(HOUR),
        (T::TotalDays, _) => total(DAY),
        (T::Days, _) => Value::Int(ticks / DAY),
        (T::Hours, _) => part(HOUR, 24),
        (T::Minutes, _) => part(MINUTE, 60),
        (T::Seconds, _) => part(TICKS_PER_SECOND, 60),
        (T::Milliseconds, _) => part(TICKS_PER_MILLISECOND, 1000),
        (T::SpanTicks, _) => Value::Long(ticks),
        (T::Negate, _) => whole(ticks.checked_neg())?,
        (T::Duration, _) => whole(ticks.checked_abs())?,
        (T::SpanAdd, Some(Value::Span(other))) => whole(ticks.checked_add(*other))?,
        (T::SpanSubtract, Some(Value::Span(other))) => whole(ticks.checked_sub(*other))?,
        (T::SpanCompareTo, Some(Value::Span(other))) => ordered(ticks.cmp(other)),
        (T::SpanEquals, other) => Value::Bool(matches!(other, Some(Value::Span(other)) if *other == ticks)),
        (T::SpanToString, Some(Value::Text(pattern))) => Value::Text(format::formatted(&Value::Span(ticks), pattern)?),
        (T::SpanToString, _) => Value::Text(Value::Span(ticks).display()),
        _ => return Err(Fault::null()),
    })
}
