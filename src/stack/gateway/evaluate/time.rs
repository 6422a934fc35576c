//! Members of instants.

use std::cmp::Ordering;

use chrono::{Datelike, Timelike};

use super::super::call::Call;
use super::super::dotnet::{Kind, Moment, TICKS_PER_MILLISECOND, TICKS_PER_SECOND};
use super::super::value::Value;
use super::statics::parsed;
use super::{Exception, Fault, format, operate, span, zone};
use crate::policy::expression::{TimeOp, Type};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What a member gives.
pub(super) fn member(op: TimeOp, operands: &[Value], call: &Call) -> Result<Value, Fault> {
    if let Some(result) = statics(op, operands, call).or_else(|| zone::member(op, operands)) {
        return result;
    }
    match operands {
        [Value::Instant(at), rest @ ..] => instant(op, *at, rest),
        [Value::Span(ticks), rest @ ..] => span::member(op, *ticks, rest),
        [kind @ Value::Constant(..), ..] if op == TimeOp::KindToString => Ok(Value::Text(kind.display())),
        [Value::Constant(_, a), Value::Constant(_, b)] => Ok(Value::Bool(a == b)),
        _ => Err(Fault::null()),
    }
}

/// A date that the calendar does not reach.
pub(super) fn unreachable_date() -> Fault {
    Fault::out_of_range("The added or subtracted value results in an un-representable DateTime.", "value")
}

fn no_date() -> Fault {
    Fault::of(Exception::ArgumentOutOfRange, "Year, Month, and Day parameters describe an un-representable DateTime.")
}

/// An amount of a unit in ticks, to the millisecond, as .NET rounds it.
pub(super) fn amount(value: Option<&Value>, unit: i64) -> Result<i64, Fault> {
    let amount = value.and_then(operate::double).ok_or_else(Fault::null)?;
    let millis = amount * (unit / TICKS_PER_MILLISECOND) as f64;
    if millis.abs() > (i64::MAX / TICKS_PER_MILLISECOND) as f64 {
        return Err(unreachable_date());
    }
    Ok(millis.round() as i64 * TICKS_PER_MILLISECOND)
}

/// Ticks in a unit, for `AddX` and `FromX`.
fn unit(op: TimeOp) -> Option<i64> {
    use TimeOp as T;
    Some(match op {
        T::AddMilliseconds | T::OffsetAddMilliseconds | T::FromMilliseconds => TICKS_PER_MILLISECOND,
        T::AddSeconds | T::OffsetAddSeconds | T::FromSeconds => TICKS_PER_SECOND,
        T::AddMinutes | T::OffsetAddMinutes | T::FromMinutes => MINUTE,
        T::AddHours | T::OffsetAddHours | T::FromHours => HOUR,
        T::AddDays | T::OffsetAddDays | T::FromDays => DAY,
        _ => return None,
    })
}

pub(super) fn integer(operands: &[Value], at: usize) -> i64 {
    operands.get(at).and_then(Value::integer).unwrap_or(0)
}

fn statics(op: TimeOp, operands: &[Value], call: &Call) -> Option<Result<Value, Fault>> {
    use TimeOp as T;
    let now = || Moment::from(call.clock.now());
    let text = || operands.first().unwrap_or(&Value::Null);
    let unix = |scale: i64| {
        let moment = integer(operands, 0).checked_mul(scale).and_then(Moment::of_unix);
        moment.map(Value::Instant).ok_or_else(unreachable_date)
    };
    let span = |ticks: i64| Ok(Value::Span(ticks));
    Some(match op {
        T::UtcNow => Ok(Value::Instant(now())),
        T::Now => Ok(Value::Instant(Moment { kind: Kind::Local, ..now() })),
        T::OffsetUtcNow | T::OffsetNow => Ok(Value::Instant(now().with_offset())),
        T::Today => Ok(Value::Instant(Moment { kind: Kind::Local, ..now().day() })),
        T::MinInstant => Ok(Value::Instant(Moment::MIN)),
        T::MaxInstant => Ok(Value::Instant(Moment::MAX)),
        T::MinOffset => Ok(Value::Instant(Moment::MIN.with_offset())),
        T::MaxOffset => Ok(Value::Instant(Moment::MAX.with_offset())),
        T::Parse | T::OffsetParse => {
            let ty = if op == T::Parse { Type::Instant } else { Type::Offset };
            let today = |text: &str| match op {
                T::Parse => Moment::parse(text, now()),
                _ => Moment::parse_offset(text, now()),
            };
            match text() {
                Value::Text(text) if today(text).is_some() => Ok(today(text).map_or(Value::Null, Value::Instant)),
                other => parsed(ty, other),
            }
        }
        T::FromUnixSeconds => unix(TICKS_PER_SECOND),
        T::FromUnixMilliseconds => unix(TICKS_PER_MILLISECOND),
        T::NewInstant | T::OffsetOfParts => of_parts(op, operands),
        T::InstantOfTicks => {
            let kind = operands.get(1).map_or(Kind::Unspecified, kind_of);
            Moment::new(integer(operands, 0), kind).map(Value::Instant).ok_or_else(no_date)
        }
        T::NewOffset => new_offset(operands),
        T::SpecifyKind => match operands {
            [Value::Instant(at), kind] => Ok(Value::Instant(Moment { kind: kind_of(kind), ..*at })),
            _ => Err(Fault::null()),
        },
        T::DaysInMonth => days_in_month(operands),
        T::IsLeapYear => Ok(Value::Bool(Moment::of_day(integer(operands, 0) as i32, 2, 29).is_some())),
        T::CompareInstants => match operands {
            [Value::Instant(a), Value::Instant(b)] => Ok(ordered(a.order(*b))),
            _ => Err(Fault::null()),
        },
        T::FromMilliseconds | T::FromSeconds | T::FromMinutes | T::FromHours | T::FromDays => {
            amount(operands.first(), unit(op).unwrap_or(1)).and_then(span)
        }
        T::FromTicks | T::SpanOfTicks => span(integer(operands, 0)),
        T::ZeroSpan => span(0),
        T::MaxSpan => span(i64::MAX),
        T::MinSpan => span(i64::MIN),
        T::SpanParse => parsed(Type::Span, text()),
        T::NewSpan => span::of_parts(operands),
        _ => return None,
    })
}

pub(super) fn ordered(order: Ordering) -> Value {
    Value::Int(order as i64)
}

fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Constant(Type::DateKind, 1) => Kind::Utc,
        Value::Constant(Type::DateKind, 2) => Kind::Local,
        _ => Kind::Unspecified,
    }
}

fn days_in_month(operands: &[Value]) -> Result<Value, Fault> {
    let (year, month) = (integer(operands, 0) as i32, integer(operands, 1) as u32);
    let last = (28..=31).rev().find(|day| Moment::of_day(year, month, *day).is_some());
    let none = || Fault::out_of_range("Month must be between one and twelve.", "month");
    last.map(|day| Value::Int(day.into())).ok_or_else(none)
}

/// `new DateTime(…)` and `new DateTimeOffset(…)` of numbers.
fn of_parts(op: TimeOp, operands: &[Value]) -> Result<Value, Fault> {
    let number = |at: usize| operands.get(at).and_then(Value::integer).unwrap_or(0);
    let day = Moment::of_day(number(0) as i32, number(1) as u32, number(2) as u32).ok_or_else(no_date)?;
    let (hour, minute, second, milli) = (number(3), number(4), number(5), number(6));
    if !((0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second)) {
        let text = "Hour, Minute, and Second parameters describe an un-representable DateTime.";
        return Err(Fault::of(Exception::ArgumentOutOfRange, text));
    }
    let time = hour * HOUR + minute * MINUTE + second * TICKS_PER_SECOND + milli * TICKS_PER_MILLISECOND;
    let kind = match operands.last() {
        Some(Value::Span(offset)) if op == TimeOp::OffsetOfParts => Kind::Offset((offset / MINUTE) as i16),
        Some(kind) => kind_of(kind),
        None => Kind::Unspecified,
    };
    Moment::new(day.ticks + time, kind).map(Value::Instant).ok_or_else(no_date)
}

fn new_offset(operands: &[Value]) -> Result<Value, Fault> {
    match operands {
        [Value::Instant(at)] => Ok(Value::Instant(at.with_offset())),
        [Value::Instant(at), Value::Span(offset)] => {
            Ok(Value::Instant(Moment { kind: Kind::Offset((offset / MINUTE) as i16), ..*at }))
        }
        _ => Err(Fault::null()),
    }
}

fn instant(op: TimeOp, at: Moment, rest: &[Value]) -> Result<Value, Fault> {
    use TimeOp as T;
    if let Some(unit) = unit(op) {
        return moved(at, amount(rest.first(), unit)?);
    }
    Ok(match (op, rest.first()) {
        (T::AddTicks, _) => return moved(at, integer(rest, 0)),
        (T::Add | T::OffsetAdd, Some(Value::Span(ticks))) => return moved(at, *ticks),
        (T::SubtractSpan | T::OffsetSubtractSpan, Some(Value::Span(ticks))) => {
            return moved(at, ticks.saturating_neg());
        }
        (T::SubtractInstant | T::OffsetSubtract, Some(Value::Instant(other))) => {
            Value::Span(at.utc_ticks() - other.utc_ticks())
        }
        (T::AddMonths | T::OffsetAddMonths | T::AddYears | T::OffsetAddYears, _) => {
            let months = integer(rest, 0) * if matches!(op, T::AddYears | T::OffsetAddYears) { 12 } else { 1 };
            let moved = i32::try_from(months).ok().and_then(|months| at.plus_months(months));
            Value::Instant(moved.ok_or_else(unreachable_date)?)
        }
        (T::CompareTo | T::OffsetCompareTo, Some(Value::Instant(other))) => ordered(at.order(*other)),
        (T::Equals, other) => Value::Bool(matches!(other, Some(Value::Instant(other)) if at.order(*other).is_eq())),
        (T::ToString, Some(Value::Text(pattern))) => Value::Text(format::formatted(&Value::Instant(at), pattern)?),
        (T::ToString, _) => Value::text(at.text()),
        (T::ToOffset, Some(Value::Span(offset))) => {
            let minutes = (offset / MINUTE) as i16;
            let ticks = at.utc_ticks() + i64::from(minutes) * MINUTE;
            Value::Instant(Moment::new(ticks, Kind::Offset(minutes)).ok_or_else(unreachable_date)?)
        }
        _ => return property(op, at).ok_or_else(Fault::null),
    })
}

fn moved(at: Moment, ticks: i64) -> Result<Value, Fault> {
    at.plus(ticks).map(Value::Instant).ok_or_else(unreachable_date)
}

fn property(op: TimeOp, at: Moment) -> Option<Value> {
    use TimeOp as T;
    let calendar = at.calendar();
    let int = |n: u32| Value::Int(n.into());
    let shown = |pattern: &str| Value::text(at.format(pattern).unwrap_or_default());
    let plain = |moment: Moment, kind: Kind| Value::Instant(Moment { kind, ..moment });
    let utc = Moment { ticks: at.utc_ticks(), kind: Kind::Utc };
    Some(match op {
        T::Year => Value::Int(calendar.year().into()),
        T::Month => int(calendar.month()),
        T::Day => int(calendar.day()),
        T::Hour => int(calendar.hour()),
        T::Minute => int(calendar.minute()),
        T::Second => int(calendar.second()),
        T::Millisecond => int(calendar.nanosecond() / 1_000_000),
        T::DayOfYear => int(calendar.ordinal()),
        T::DayOfWeek => shown("dddd"),
        T::Ticks => Value::Long(at.ticks),
        T::UtcTicks => Value::Long(at.utc_ticks()),
        T::Date => Value::Instant(at.day()),
        T::OffsetDate => plain(at.day(), Kind::Unspecified),
        T::TimeOfDay => Value::Span(at.time_of_day()),
        T::Kind => Value::Constant(
            Type::DateKind,
            match at.kind {
                Kind::Utc => 1,
                Kind::Local => 2,
                _ => 0,
            },
        ),
        T::UnixSeconds => Value::Long(at.unix_ticks().div_euclid(TICKS_PER_SECOND)),
        T::UnixMilliseconds => Value::Long(at.unix_ticks().div_euclid(TICKS_PER_MILLISECOND)),
        T::ToUtc | T::UtcDateTime => Value::Instant(utc),
        T::ToLocal | T::LocalDateTime => plain(utc, Kind::Local),
        T::OffsetToUtc | T::OffsetToLocal => plain(utc, Kind::Offset(0)),
        T::OffsetDateTime => plain(at, Kind::Unspecified),
        T::OffsetSpan => Value::Span(at.ticks - at.utc_ticks()),
        T::ShortDate => shown("d"),
        T::LongDate => shown("D"),
        T::ShortTime => shown("t"),
        T::LongTime => shown("T"),
        T::IsDaylightSavingTime => Value::Bool(false),
        _ => return None,
    })
}
