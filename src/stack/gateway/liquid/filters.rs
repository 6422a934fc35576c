//! The filters, sorted to what they work on.

use serde_json::Value as Json;

use super::values::{holds, is_empty, size, text_of};
use super::{lists, numbers, texts};
use crate::clock::Timestamp;
use crate::policy::Filter;
use crate::stack::gateway::dotnet::Moment;

/// Applies a filter. One that does not fit a value leaves it as it is.
pub(super) fn apply(filter: Filter, value: Json, arguments: &[Json], now: Timestamp) -> Json {
    use Filter as F;
    match filter {
        F::Default => {
            if holds(&value) && !is_empty(&value) {
                value
            } else {
                argument(arguments, 0)
            }
        }
        F::Size => Json::from(size(&value)),
        F::Date => date(value, &text_of(&argument(arguments, 0)), now),
        F::Abs
        | F::AtLeast
        | F::AtMost
        | F::Ceil
        | F::DividedBy
        | F::Floor
        | F::Minus
        | F::Modulo
        | F::Plus
        | F::Round
        | F::Times => numbers::apply(filter, value, arguments),
        F::Compact | F::Concat | F::First | F::Join | F::Last | F::Map | F::Reverse | F::Sort | F::Split | F::Uniq => {
            lists::apply(filter, value, arguments)
        }
        F::Slice if value.is_array() => lists::apply(filter, value, arguments),
        _ if value.is_null() => texts::apply(filter, "", arguments),
        _ => texts::apply(filter, &text_of(&value), arguments),
    }
}

/// An argument; one that is missing is nil.
pub(super) fn argument(arguments: &[Json], at: usize) -> Json {
    arguments.get(at).cloned().unwrap_or(Json::Null)
}

/// An instant in a format of .NET. What is no instant stays as it is.
fn date(value: Json, format: &str, now: Timestamp) -> Json {
    let instant = match &value {
        Json::String(text) if text == "now" || text == "today" => Some(now.into()),
        Json::String(text) => Moment::parse(text, Moment::MIN),
        Json::Number(seconds) => seconds.as_i64().map(|s| Moment::from(Timestamp::from_seconds(s))),
        _ => None,
    };
    match instant {
        Some(instant) if !format.is_empty() => Json::String(instant.format(format).unwrap_or_default()),
        _ => value,
    }
}
