//! Filters on texts.

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use super::filters::argument;
use super::lists;
use super::values::text_of;
use crate::policy::Filter;

/// Applies one of them.
pub(super) fn apply(filter: Filter, text: &str, arguments: &[Json]) -> Json {
    let first = text_of(&argument(arguments, 0));
    let second = text_of(&argument(arguments, 1));
    Json::String(match filter {
        Filter::Append => format!("{text}{first}"),
        Filter::Prepend => format!("{first}{text}"),
        Filter::Upcase => text.to_uppercase(),
        Filter::Downcase => text.to_lowercase(),
        Filter::Capitalize => capitalized(text),
        Filter::Strip => text.trim().to_owned(),
        Filter::Lstrip => text.trim_start().to_owned(),
        Filter::Rstrip => text.trim_end().to_owned(),
        Filter::Replace | Filter::Remove if first.is_empty() => text.to_owned(),
        Filter::Replace => text.replace(&first, &second),
        Filter::Remove => text.replace(&first, ""),
        Filter::ReplaceFirst => text.replacen(&first, &second, 1),
        Filter::RemoveFirst => text.replacen(&first, "", 1),
        Filter::Escape | Filter::H => escaped(text),
        Filter::NewlineToBr => text.replace("\r\n", "\n").replace('\n', "<br />\n"),
        Filter::StripNewlines => text.replace(['\r', '\n'], ""),
        Filter::StripHtml => without_tags(text),
        Filter::UrlEncode => url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        Filter::UrlDecode => percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned(),
        Filter::Slice => {
            let characters: Vec<char> = text.chars().collect();
            let begin = lists::begin(argument(arguments, 0).as_i64().unwrap_or(0), characters.len());
            let length = argument(arguments, 1).as_u64().unwrap_or(1) as usize;
            characters.into_iter().skip(begin).take(length).collect()
        }
        Filter::Truncate => {
            let length = argument(arguments, 0).as_u64().unwrap_or(50) as usize;
            let end = if arguments.len() > 1 { second } else { "...".to_owned() };
            truncated(text, length, &end)
        }
        Filter::TruncateWords => {
            let words: Vec<&str> = text.split(' ').collect();
            let length = argument(arguments, 0).as_u64().unwrap_or(15) as usize;
            let end = if arguments.len() > 1 { second } else { "...".to_owned() };
            if words.len() > length { format!("{}{end}", words[..length].join(" ")) } else { text.to_owned() }
        }
        _ => text.to_owned(),
    })
}

/// Each word begins with a capital, as .NET's title case has it.
fn capitalized(text: &str) -> String {
    let mut begins = true;
    text.chars()
        .flat_map(|c| {
            let cased: Vec<char> = if begins { c.to_uppercase().collect() } else { vec![c] };
            begins = c.is_whitespace();
            cased
        })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn without_tags(text: &str) -> String {
    let (mut out, mut inside) = (String::new(), false);
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

fn truncated(text: &str, length: usize, end: &str) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let kept = length.saturating_sub(end.chars().count());
    text.chars().take(kept).chain(end.chars()).collect()
}
