//! Members of instants and spans.

use chrono::{Datelike, Timelike};

use super::super::call::Call;
use super::super::value::Value;
use super::statics::parsed;
use super::{Fault, operate};
use crate::clock::Timestamp;
use crate::policy::expression::{TimeOp, Type};

/// What a member gives.
pub(super) fn member(op: TimeOp, operands: &[Value], call: &Call) -> Result<Value, Fault> {
    use TimeOp as T;
    match (op, operands.first()) {
        (T::UtcNow | T::Now | T::OffsetUtcNow | T::OffsetNow, _) => Ok(Value::Instant(call.clock.now())),
        (T::Parse | T::OffsetParse, Some(text)) => parsed(Type::Instant, text),
        (T::FromUnixSeconds, Some(Value::Int(n))) => Ok(Value::Instant(Timestamp::from_seconds(*n))),
        (_, Some(Value::Instant(at))) => instant(op, *at, &operands[1..]),
        (_, Some(Value::Span(micros))) => span(op, *micros),
        (_, Some(number)) => {
            let number = operate::double(number).ok_or_else(Fault::null)?;
            let micros = match op {
                T::FromSeconds => 1e6,
                T::FromMinutes => 60e6,
                T::FromHours => 3600e6,
                T::FromDays => 86_400e6,
                _ => return Err(Fault::null()),
            };
            Ok(Value::Span((number * micros) as i64))
        }
        (_, None) => Err(Fault::null()),
    }
}

fn instant(op: TimeOp, at: Timestamp, rest: &[Value]) -> Result<Value, Fault> {
    use TimeOp as T;
    let utc = at.utc();
    let amount = rest.first().and_then(operate::double).unwrap_or(0.0);
    let plus = |micros: f64| Value::Instant(at.plus_micros((amount * micros) as i64));
    Ok(match op {
        T::AddMilliseconds => plus(1e3),
        T::AddSeconds => plus(1e6),
        T::AddMinutes => plus(60e6),
        T::AddHours => plus(3600e6),
        T::AddDays => plus(86_400e6),
        T::UnixSeconds => Value::Int(at.seconds()),
        T::UnixMilliseconds => Value::Int(at.micros().div_euclid(1000)),
        T::ToString => {
            let format = match rest.first() {
                Some(Value::Text(format)) => format,
                _ => "",
            };
            Value::text(super::instant_text(at, format))
        }
        T::Year => Value::Int(i64::from(utc.year())),
        T::Month => Value::Int(i64::from(utc.month())),
        T::Day => Value::Int(i64::from(utc.day())),
        T::Hour => Value::Int(i64::from(utc.hour())),
        T::Minute => Value::Int(i64::from(utc.minute())),
        T::Second => Value::Int(i64::from(utc.second())),
        T::Date => {
            let day = 86_400_000_000;
            Value::Instant(Timestamp::from_micros(at.micros().div_euclid(day) * day))
        }
        T::Utc => Value::Instant(at),
        _ => return Err(Fault::null()),
    })
}

fn span(op: TimeOp, micros: i64) -> Result<Value, Fault> {
    use TimeOp as T;
    let micros_f = micros as f64;
    Ok(match op {
        T::TotalMilliseconds => Value::Double(micros_f / 1e3),
        T::TotalSeconds => Value::Double(micros_f / 1e6),
        T::TotalMinutes => Value::Double(micros_f / 60e6),
        T::TotalHours => Value::Double(micros_f / 3600e6),
        T::TotalDays => Value::Double(micros_f / 86_400e6),
        T::SpanToString => Value::Text(Value::Span(micros).display()),
        _ => return Err(Fault::null()),
    })
}
