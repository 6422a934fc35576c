//! Filters on lists, and those between texts and lists.

use serde_json::Value as Json;

use super::filters::argument;
use super::values::{child, equal, order, text_of};
use crate::policy::Filter;

/// Applies one of them.
pub(super) fn apply(filter: Filter, value: Json, arguments: &[Json]) -> Json {
    let first = argument(arguments, 0);
    match (filter, value) {
        (Filter::Split, value) => split(&text_of(&value), &text_of(&first)),
        (Filter::Join, Json::Array(elements)) => {
            let glue = if first.is_null() { " ".to_owned() } else { text_of(&first) };
            Json::String(elements.iter().map(text_of).collect::<Vec<_>>().join(&glue))
        }
        (Filter::First, Json::Array(elements)) => elements.into_iter().next().unwrap_or(Json::Null),
        (Filter::Last, Json::Array(mut elements)) => elements.pop().unwrap_or(Json::Null),
        (Filter::Reverse, Json::Array(mut elements)) => {
            elements.reverse();
            Json::Array(elements)
        }
        (Filter::Compact, Json::Array(elements)) => elements.into_iter().filter(|e| !e.is_null()).collect(),
        (Filter::Concat, Json::Array(mut elements)) => {
            elements.extend(first.as_array().cloned().unwrap_or_default());
            Json::Array(elements)
        }
        (Filter::Map, Json::Array(elements)) => {
            let name = text_of(&first);
            elements.iter().map(|e| child(e, &name, true).cloned().unwrap_or(Json::Null)).collect()
        }
        (Filter::Uniq, Json::Array(elements)) => {
            let mut distinct: Vec<Json> = Vec::new();
            for element in elements {
                if !distinct.iter().any(|d| equal(d, &element)) {
                    distinct.push(element);
                }
            }
            Json::Array(distinct)
        }
        (Filter::Sort, Json::Array(elements)) => sorted(elements, &first),
        (Filter::Slice, Json::Array(elements)) => {
            let length = argument(arguments, 1).as_u64().unwrap_or(1) as usize;
            let begin = begin(first.as_i64().unwrap_or(0), elements.len());
            elements.into_iter().skip(begin).take(length).collect()
        }
        (_, other) => other,
    }
}

/// Where a slice begins; a negative position counts from the end.
pub(super) fn begin(at: i64, length: usize) -> usize {
    if at < 0 { length.saturating_sub(at.unsigned_abs() as usize) } else { at as usize }
}

fn split(text: &str, separator: &str) -> Json {
    if text.is_empty() {
        return Json::Array(Vec::new());
    }
    if separator.is_empty() {
        return text.chars().map(|c| Json::from(c.to_string())).collect();
    }
    // DotLiquid drops what is empty.
    text.split(separator).filter(|part| !part.is_empty()).map(Json::from).collect()
}

fn sorted(mut elements: Vec<Json>, by: &Json) -> Json {
    let name = by.as_str();
    let key = |of: &Json| match name {
        Some(name) => child(of, name, true).cloned().unwrap_or(Json::Null),
        None => of.clone(),
    };
    elements.sort_by(|a, b| order(&key(a), &key(b)).unwrap_or(std::cmp::Ordering::Equal));
    Json::Array(elements)
}
