//! Filters on numbers. Two integers give an integer, as in C#.

use serde_json::Value as Json;

use super::filters::argument;
use super::values::number_of;
use crate::policy::Filter;

/// Applies one of them.
pub(super) fn apply(filter: Filter, value: Json, arguments: &[Json]) -> Json {
    let Some(left) = number_of(&value) else { return value };
    match filter {
        Filter::Abs => exact(&value).map_or_else(|| from(left.abs()), |n| Json::from(n.saturating_abs())),
        Filter::Ceil => from(left.ceil()),
        Filter::Floor => from(left.floor()),
        Filter::Round => {
            let places = argument(arguments, 0).as_i64().unwrap_or(0).clamp(0, 15);
            let factor = 10f64.powi(places as i32);
            from((left * factor).round_ties_even() / factor)
        }
        _ => two(filter, value, left, &argument(arguments, 0)),
    }
}

fn two(filter: Filter, value: Json, left: f64, argument: &Json) -> Json {
    let Some(right) = number_of(argument) else { return value };
    let integers = exact(&value).zip(exact(argument));
    let whole = |op: fn(i64, i64) -> Option<i64>| integers.and_then(|(a, b)| op(a, b)).map(Json::from);
    let (integer, double) = match filter {
        Filter::Plus => (whole(i64::checked_add), left + right),
        Filter::Minus => (whole(i64::checked_sub), left - right),
        Filter::Times => (whole(i64::checked_mul), left * right),
        Filter::DividedBy => (whole(i64::checked_div), left / right),
        Filter::Modulo => (whole(i64::checked_rem), left % right),
        Filter::AtLeast => (whole(|a, b| Some(a.max(b))), left.max(right)),
        _ => (whole(|a, b| Some(a.min(b))), left.min(right)),
    };
    integer.unwrap_or_else(|| from(double))
}

/// The value, where it is written as an integer.
fn exact(value: &Json) -> Option<i64> {
    match value {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A number that has no fraction is an integer; one that is none is nil.
fn from(number: f64) -> Json {
    if number.fract() == 0.0 && number.abs() < 9e15 { Json::from(number as i64) } else { Json::from(number) }
}
