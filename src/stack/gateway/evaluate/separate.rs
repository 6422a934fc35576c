//! `Split`, `Trim`: characters and texts that are separators.

use std::sync::Arc;

use super::super::value::Value;
use super::text::piece;
use super::{Fault, Work};
use crate::policy::expression::Type;

pub(super) fn trimmed(rest: &[Value]) -> impl Fn(char) -> bool + Copy + '_ {
    move |c| {
        if rest.is_empty() || matches!(rest, [Value::Null]) {
            return c.is_whitespace();
        }
        in_sets(rest, c)
    }
}

/// Whether a character is one of those given: alone, in texts, in arrays.
pub(super) fn in_sets(sets: &[Value], c: char) -> bool {
    sets.iter().any(|set| match set {
        Value::Char(one) => *one == c,
        Value::Text(text) => text.contains(c),
        Value::Collection(set) => (0..set.len()).any(|at| matches!(set.item(at), Some(Value::Char(one)) if one == c)),
        _ => false,
    })
}

/// The separators of `Split`: characters and texts, alone and in arrays.
fn separators(rest: &[Value], work: &mut Work) -> Result<Vec<Arc<str>>, Fault> {
    let mut all = Vec::new();
    for value in rest {
        match value {
            Value::Texts(texts) => all.extend(texts.iter().map(Arc::clone)),
            Value::Collection(set) => all.extend(set.elements(work)?.iter().filter_map(|v| piece(Some(v)))),
            other => all.extend(piece(Some(other))),
        }
    }
    all.retain(|separator| !separator.is_empty());
    Ok(all)
}

/// By any of the separators; by white space where there are none.
pub(super) fn split(text: &str, rest: &[Value], work: &mut Work) -> Result<Value, Fault> {
    let count = rest.iter().find_map(Value::integer);
    let count = count.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(0));
    let options = rest.iter().find_map(|v| match v {
        Value::Constant(Type::SplitOptions, bits) => Some(*bits),
        _ => None,
    });
    let (drops_empty, trims) = (options.unwrap_or(0) & 1 != 0, options.unwrap_or(0) & 2 != 0);
    let separators = separators(rest, work)?;
    let mut parts: Vec<Arc<str>> = Vec::new();
    let mut keep = |part: &str| {
        let part = if trims { part.trim() } else { part };
        if !(drops_empty && part.is_empty()) {
            parts.push(part.into());
        }
        parts.len()
    };
    let (mut from, mut at, mut kept) = (0, 0, 0);
    while at < text.len() && kept + 1 < count {
        let tail = &text[at..];
        let found = match separators.iter().find(|s| tail.starts_with(&***s)) {
            Some(separator) => separator.len(),
            None if separators.is_empty() && tail.starts_with(char::is_whitespace) => first_length(tail),
            None => 0,
        };
        if found > 0 {
            kept = keep(&text[from..at]);
            from = at + found;
            at = from;
        } else {
            at += first_length(tail);
        }
    }
    if count > 0 {
        keep(&text[from..]);
    }
    Ok(Value::Texts(parts.into()))
}

fn first_length(text: &str) -> usize {
    text.chars().next().map_or(1, char::len_utf8)
}
