//! What the live version says of its own end, against what its contract says.

use crate::clock::Timestamp;
use crate::contract::behaviour::Lifecycle;
use crate::wire::Headers;

/// What is wrong with the Deprecation (RFC 9745) and Sunset (RFC 8594) fields
/// of an answer, in plain sentences.
pub(super) fn faults(headers: &Headers, lifecycle: &Lifecycle) -> Vec<String> {
    let mut faults = Vec::new();
    let deprecation = take("Deprecation", headers, parse_deprecation, lifecycle.since, &mut faults);
    let sunset = take("Sunset", headers, parse_sunset, lifecycle.sunset, &mut faults);
    if let (Some(deprecation), Some(sunset)) = (deprecation, sunset)
        && sunset < deprecation
    {
        faults
            .push("the Sunset field names a time before the one of the Deprecation field (RFC 9745 forbids it)".into());
    }
    faults
}

fn take(
    name: &str,
    headers: &Headers,
    parse: fn(&str) -> Result<Timestamp, String>,
    declared: Option<Timestamp>,
    faults: &mut Vec<String>,
) -> Option<Timestamp> {
    let Some(value) = headers.get(name) else {
        faults.push(format!("the live version sends no {name} field"));
        return None;
    };
    match (parse(value.trim()), declared) {
        (Err(why), _) => {
            faults.push(format!("the {name} field `{value}` {why}"));
            None
        }
        (Ok(sent), None) => {
            faults.push(format!("the live version sends {name} {}, the contract says nothing of it", day(sent)));
            Some(sent)
        }
        (Ok(sent), Some(declared)) => {
            if !agree(sent, declared) {
                faults.push(format!("the {name} field says {}, the contract {}", day(sent), day(declared)));
            }
            Some(sent)
        }
    }
}

/// A contract that gives a day leaves the time of the day open.
fn agree(sent: Timestamp, declared: Timestamp) -> bool {
    const DAY: i64 = 86_400;
    let whole_day = declared.seconds().rem_euclid(DAY) == 0;
    sent.seconds() == declared.seconds()
        || (whole_day && sent.seconds().div_euclid(DAY) == declared.seconds().div_euclid(DAY))
}

fn parse_deprecation(value: &str) -> Result<Timestamp, String> {
    if let Some(seconds) = value.strip_prefix('@').and_then(|seconds| seconds.parse().ok()) {
        return Ok(Timestamp::from_seconds(seconds));
    }
    Err(match value {
        "true" | "?1" => "comes from an old draft: RFC 9745 wants `@` and seconds".into(),
        value if Timestamp::parse_http_date(value).is_some() => {
            "is an HTTP-date, from an old draft: RFC 9745 wants `@` and seconds".into()
        }
        _ => "is no date of RFC 9745 (`@` and seconds)".into(),
    })
}

fn parse_sunset(value: &str) -> Result<Timestamp, String> {
    Timestamp::parse_http_date(value).ok_or_else(|| "is no HTTP-date (RFC 8594)".into())
}

/// A day for people.
fn day(instant: Timestamp) -> String {
    instant.utc().format("%Y-%m-%d").to_string()
}
