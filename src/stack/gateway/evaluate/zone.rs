//! Members of `TimeZoneInfo`.

use std::sync::Arc;

use super::super::dotnet::{Kind, Moment, Zone};
use super::super::library::Library;
use super::super::value::Value;
use super::time::unreachable_date;
use super::{Exception, Fault};
use crate::policy::expression::TimeOp;

/// What a member gives; `None` where the member is another's.
pub(super) fn member(op: TimeOp, operands: &[Value]) -> Option<Result<Value, Fault>> {
    use TimeOp as T;
    Some(match (op, operands) {
        (T::ZoneUtc | T::ZoneLocal, _) => Ok(library(Zone::utc())),
        (T::ZoneNamed, [id]) => named(id).map(library),
        (T::ZoneToUtc | T::ZoneFromUtc | T::ZoneConvert | T::ZoneConvertById, operands) => converted(op, operands),
        (
            T::ZoneId
            | T::ZoneToString
            | T::ZoneBase
            | T::ZoneChanges
            | T::ZoneOffset
            | T::ZoneDaylight
            | T::ZoneInvalid,
            [of, rest @ ..],
        ) => zone(of).map(|zone| told(op, zone, rest)),
        _ => return None,
    })
}

fn library(zone: &'static Zone) -> Value {
    Value::Library(Arc::new(Library::Zone(zone)))
}

fn zone(of: &Value) -> Result<&'static Zone, Fault> {
    match of {
        Value::Library(object) => match &**object {
            Library::Zone(zone) => Ok(zone),
            _ => Err(Fault::null()),
        },
        _ => Err(Fault::null()),
    }
}

fn named(id: &Value) -> Result<&'static Zone, Fault> {
    let Value::Text(id) = id else { return Err(Fault::null_argument("id")) };
    Zone::named(id).ok_or_else(|| Fault::new(format!("The time zone ID '{id}' was not found on the local computer.")))
}

fn told(op: TimeOp, zone: &Zone, rest: &[Value]) -> Value {
    use TimeOp as T;
    // An instant of another kind is meant in this zone.
    let at = match rest.first() {
        Some(Value::Instant(at)) => *at,
        _ => Moment::MIN,
    };
    let offset = match at.kind {
        Kind::Unspecified => zone.offset_of(at.ticks),
        _ => Some(zone.offset_at(at.utc_ticks())),
    };
    match op {
        T::ZoneBase => Value::Span(zone.base()),
        T::ZoneChanges => Value::Bool(zone.changes()),
        T::ZoneOffset => Value::Span(offset.unwrap_or_else(|| zone.base())),
        T::ZoneDaylight => Value::Bool(offset.is_some_and(|offset| offset != zone.base())),
        T::ZoneInvalid => Value::Bool(offset.is_none()),
        _ => Value::text(zone.id),
    }
}

/// An instant in another zone: from where it is meant to where it is wanted.
fn converted(op: TimeOp, operands: &[Value]) -> Result<Value, Fault> {
    use TimeOp as T;
    let [Value::Instant(at), zones @ ..] = operands else { return Err(Fault::null_argument("dateTime")) };
    let by_name = op == T::ZoneConvertById;
    let zones: Vec<&Zone> = zones.iter().map(|z| if by_name { named(z) } else { zone(z) }).collect::<Result<_, _>>()?;
    let (from, to) = match (op, zones.as_slice()) {
        (T::ZoneToUtc, [from]) => (Some(*from), Zone::utc()),
        (T::ZoneToUtc, _) => (None, Zone::utc()),
        (_, [from, to, ..]) => (Some(*from), *to),
        (_, [to]) => (None, *to),
        (_, []) => return Err(Fault::null()),
    };
    let is_utc = |zone: &Zone| zone.id == Zone::utc().id;
    let mismatched = match at.kind {
        Kind::Utc | Kind::Local => from.is_some_and(|zone| !is_utc(zone)),
        _ => false,
    };
    if mismatched || (op == T::ZoneFromUtc && at.kind == Kind::Local) {
        let text = "The conversion could not be completed because the supplied DateTime did not have the Kind property set correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone must be TimeZoneInfo.Local.";
        return Err(Fault::of(Exception::Argument, text));
    }
    let offset = from.unwrap_or_else(Zone::utc).offset_of(at.ticks).ok_or_else(|| {
        let text = "The supplied DateTime represents an invalid time.  For example, when the clock is adjusted forward, any time in the period that is skipped is invalid.";
        Fault::of(Exception::Argument, text)
    })?;
    let utc = at.utc_ticks() - offset;
    let kind = if is_utc(to) { Kind::Utc } else { Kind::Unspecified };
    Moment::new(utc + to.offset_at(utc), kind).map(Value::Instant).ok_or_else(unreachable_date)
}

#[cfg(test)]
mod tests {
    use super::super::idioms::given;

    #[test]
    fn instants_go_from_zone_to_zone() {
        let zone = |id: &str| format!("TimeZoneInfo.FindSystemTimeZoneById(\"{id}\")");
        let to_utc = |at: &str, id: &str| {
            format!("@(TimeZoneInfo.ConvertTimeToUtc(DateTime.Parse(\"{at}\"), {}).ToString(\"o\"))", zone(id))
        };
        let from_utc = |at: &str, id: &str| {
            format!("@(TimeZoneInfo.ConvertTimeFromUtc(DateTime.Parse(\"{at}\"), {}).ToString(\"s\"))", zone(id))
        };
        let cases = [
            (to_utc("2026-01-15T12:00:00", "Central European Standard Time"), "2026-01-15T11:00:00.0000000Z"),
            (to_utc("2026-07-15T12:00:00", "Europe/Rome"), "2026-07-15T10:00:00.0000000Z"),
            // Shown twice: winter is meant.
            (to_utc("2026-10-25T02:30:00", "Romance Standard Time"), "2026-10-25T01:30:00.0000000Z"),
            (to_utc("2026-10-25T01:59:59", "Romance Standard Time"), "2026-10-24T23:59:59.0000000Z"),
            (to_utc("2026-03-08T03:00:00", "Eastern Standard Time"), "2026-03-08T07:00:00.0000000Z"),
            (from_utc("2026-03-08T06:59:59", "Eastern Standard Time"), "2026-03-08T01:59:59"),
            (from_utc("2026-03-08T07:00:00", "Eastern Standard Time"), "2026-03-08T03:00:00"),
            (from_utc("2026-11-01T06:00:00", "America/New_York"), "2026-11-01T01:00:00"),
            (from_utc("2026-01-01T00:00:00", "AUS Eastern Standard Time"), "2026-01-01T11:00:00"),
            (from_utc("2026-07-01T00:00:00", "AUS Eastern Standard Time"), "2026-07-01T10:00:00"),
            (from_utc("2026-07-01T00:00:00", "india standard time"), "2026-07-01T05:30:00"),
            (
                "@(TimeZoneInfo.ConvertTimeBySystemTimeZoneId(DateTime.Parse(\"2026-07-01T09:00:00\"), \"Tokyo Standard Time\", \"UTC\").Hour)".to_owned(),
                "0",
            ),
            ("@(TimeZoneInfo.ConvertTimeToUtc(DateTime.Now) == DateTime.UtcNow)".to_owned(), "True"),
            (format!("@({}.BaseUtcOffset.TotalHours)", zone("Pacific Standard Time")), "-8"),
            (format!("@({}.IsDaylightSavingTime(new DateTime(2026, 7, 1)))", zone("GMT Standard Time")), "True"),
            (
                to_utc("2026-03-29T02:30:00", "Romance Standard Time"),
                "! The supplied DateTime represents an invalid time.  For example, when the clock is adjusted forward, any time in the period that is skipped is invalid.",
            ),
            (format!("@({}.Id)", zone("Mars")), "! The time zone ID 'Mars' was not found on the local computer."),
        ];
        for (text, expected) in cases {
            assert_eq!(given(&text), expected, "{text}");
        }
    }

    #[test]
    fn the_gateway_is_managed() {
        assert_eq!(given("@(context.Deployment.Gateway.Id + context.Deployment.Gateway.IsManaged)"), "managedTrue");
    }
}
