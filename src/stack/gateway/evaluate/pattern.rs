//! Members of regular expressions.

use std::sync::Arc;

use super::super::collection::Collection;
use super::super::library::{Found, Library};
use super::super::value::Value;
use super::{Exception, Fault, Work, operate};
use crate::policy::expression::{Pattern, PatternOp, Type};

/// What a member gives.
pub(super) fn member(op: PatternOp, operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    use PatternOp as P;
    match (op, operands) {
        (P::Escape | P::Unescape, [Value::Text(text)]) => {
            Ok(Value::text(if op == P::Escape { escape(text) } else { text.replace('\\', "") }))
        }
        (P::EmptyMatch, _) => Ok(library(Library::Match(Found { pattern: None, text: "".into(), groups: Vec::new() }))),
        (P::New, [Value::Text(pattern), ..]) => Ok(library(Library::Regex(compiled(pattern, operands)?))),
        (P::New, _) => Err(Fault::null_argument("pattern")),
        (
            P::StaticIsMatch | P::StaticMatch | P::StaticMatches | P::StaticReplace | P::StaticSplit,
            [Value::Text(text), Value::Text(pattern), rest @ ..],
        ) => applied(op, &compiled(pattern, operands)?, text, rest, work),
        (P::StaticIsMatch | P::StaticMatch | P::StaticMatches | P::StaticReplace | P::StaticSplit, [text, ..]) => {
            Err(Fault::null_argument(if text.is_null() { "input" } else { "pattern" }))
        }
        (_, [Value::Library(object), rest @ ..]) => match &**object {
            Library::Regex(pattern) => of_regex(op, pattern, rest, work),
            Library::Match(found) => of_match(op, object, found, rest),
            Library::Group(of, at) => of_group(op, of, *at),
            _ => Err(Fault::null()),
        },
        _ => Err(Fault::null()),
    }
}

fn library(object: Library) -> Value {
    Value::Library(Arc::new(object))
}

/// The pattern, with the options that stand among the operands.
fn compiled(pattern: &Arc<str>, operands: &[Value]) -> Result<Arc<Pattern>, Fault> {
    let options = operands.iter().find_map(|o| match o {
        Value::Constant(Type::RegexOptions, bits) => Some(*bits),
        _ => None,
    });
    Pattern::of(pattern, options.unwrap_or(0))
        .map_err(|e| Fault::of(Exception::Argument, format!("parsing \"{pattern}\" - {e}")))
}

fn of_regex(op: PatternOp, pattern: &Arc<Pattern>, rest: &[Value], work: &mut Work) -> Result<Value, Fault> {
    match (op, rest) {
        (PatternOp::ToString, _) => Ok(Value::Text(Arc::clone(pattern.text()))),
        (_, [Value::Text(text), rest @ ..]) => applied(op, pattern, text, rest, work),
        _ => Err(Fault::null_argument("input")),
    }
}

/// A pattern on a text.
fn applied(
    op: PatternOp,
    pattern: &Arc<Pattern>,
    text: &Arc<str>,
    rest: &[Value],
    work: &mut Work,
) -> Result<Value, Fault> {
    use PatternOp as P;
    work.spend_text(text.len())?;
    match op {
        P::IsMatch | P::StaticIsMatch => Ok(Value::Bool(pattern.is_match(text))),
        P::Match | P::StaticMatch => Ok(library(Library::Match(found(pattern, text, 0)))),
        P::Matches | P::StaticMatches => {
            let all = all(pattern, text, work)?.into_iter().map(|found| library(Library::Match(found))).collect();
            Collection::of_items(Type::list(Type::Match), all, work).map(Value::Collection)
        }
        P::Split | P::StaticSplit => split(pattern, text, work),
        _ => {
            let Some(Value::Text(with)) = rest.first() else { return Err(Fault::null_argument("replacement")) };
            let count = match rest.get(1) {
                Some(Value::Int(count)) => usize::try_from(*count).unwrap_or(usize::MAX),
                _ => usize::MAX,
            };
            replaced(pattern, text, with, count, work)
        }
    }
}

fn found(pattern: &Arc<Pattern>, text: &Arc<str>, from: usize) -> Found {
    let groups = if from <= text.len() { pattern.find(text, from) } else { None };
    Found { pattern: Some(Arc::clone(pattern)), text: Arc::clone(text), groups: groups.unwrap_or_default() }
}

/// Where the search goes on after a match: one character on where it is empty.
fn after(found: &Found) -> usize {
    let (from, to) = found.whole().unwrap_or_default();
    let step = found.text[to..].chars().next().map_or(1, char::len_utf8);
    if from == to { to + step } else { to }
}

fn all(pattern: &Arc<Pattern>, text: &Arc<str>, work: &mut Work) -> Result<Vec<Found>, Fault> {
    let mut matches = Vec::new();
    let mut from = 0;
    loop {
        work.spend(10)?;
        let next = found(pattern, text, from);
        if next.whole().is_none() {
            return Ok(matches);
        }
        from = after(&next);
        matches.push(next);
    }
}

/// What stands between the matches, and what their groups found.
fn split(pattern: &Arc<Pattern>, text: &Arc<str>, work: &mut Work) -> Result<Value, Fault> {
    let mut parts: Vec<Arc<str>> = Vec::new();
    let mut begin = 0;
    for found in all(pattern, text, work)? {
        let (from, to) = found.whole().unwrap_or_default();
        parts.push(text[begin..from].into());
        parts.extend(found.groups.iter().skip(1).filter(|g| g.is_some()).map(|g| Arc::from(found.slice(*g))));
        begin = to;
    }
    parts.push(text[begin..].into());
    Ok(Value::Texts(parts.into()))
}

fn replaced(
    pattern: &Arc<Pattern>,
    text: &Arc<str>,
    with: &str,
    count: usize,
    work: &mut Work,
) -> Result<Value, Fault> {
    let mut out = String::new();
    let mut begin = 0;
    for found in all(pattern, text, work)?.into_iter().take(count) {
        let (from, to) = found.whole().unwrap_or_default();
        out.push_str(&text[begin..from]);
        expand(with, &found, &mut out);
        work.spend_text(out.len())?;
        begin = to;
    }
    out.push_str(&text[begin..]);
    Ok(Value::text(out))
}

/// `$1`, `${name}`, `$&`, `$$`, `` $` ``, `$'`, `$_`.
fn expand(with: &str, found: &Found, out: &mut String) {
    let (from, to) = found.whole().unwrap_or_default();
    let mut rest = with;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let named = rest.strip_prefix('{').and_then(|r| r.split_once('}'));
        let group = |name: &str| found.pattern.as_ref().and_then(|p| p.group(name));
        if let Some((name, after)) = named
            && let Some(group) = group(name)
        {
            out.push_str(found.slice(found.groups[group]));
            rest = after;
        } else if let Some(group) = group(&rest[..digits]).filter(|_| digits > 0) {
            out.push_str(found.slice(found.groups[group]));
            rest = &rest[digits..];
        } else {
            let whole = match rest.as_bytes().first() {
                Some(b'$') => "$",
                Some(b'&') => &found.text[from..to],
                Some(b'`') => &found.text[..from],
                Some(b'\'') => &found.text[to..],
                Some(b'_') => &found.text,
                _ => {
                    out.push('$');
                    continue;
                }
            };
            out.push_str(whole);
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
}

#[expect(clippy::unnecessary_wraps, reason = "like the other members")]
fn of_match(op: PatternOp, object: &Arc<Library>, found: &Found, rest: &[Value]) -> Result<Value, Fault> {
    use PatternOp as P;
    Ok(match (op, rest.first()) {
        (P::MatchSuccess, _) => Value::Bool(found.whole().is_some()),
        (P::MatchIndex, _) => Value::Int(units(found, found.whole().map_or(0, |(from, _)| from))),
        (P::MatchLength, _) => Value::Int(super::text::length(found.slice(found.whole()))),
        (P::Groups, _) => Value::Library(Arc::clone(object)),
        (P::GroupsCount, _) => Value::Int(found.groups.len().max(1) as i64),
        (P::NextMatch, _) => match &found.pattern {
            Some(pattern) if found.whole().is_some() => {
                library(Library::Match(self::found(pattern, &found.text, after(found))))
            }
            _ => Value::Library(Arc::clone(object)),
        },
        (P::Result, Some(Value::Text(with))) => {
            let mut out = String::new();
            expand(with, found, &mut out);
            Value::text(out)
        }
        _ => Value::text(found.slice(found.whole())),
    })
}

fn units(found: &Found, byte: usize) -> i64 {
    super::text::length(found.text.get(..byte).unwrap_or_default())
}

fn of_group(op: PatternOp, of: &Library, at: Option<(usize, usize)>) -> Result<Value, Fault> {
    use PatternOp as P;
    let Library::Match(found) = of else { return Err(Fault::null()) };
    Ok(match op {
        P::GroupSuccess => Value::Bool(at.is_some()),
        P::GroupIndex => Value::Int(units(found, at.map_or(0, |(from, _)| from))),
        P::GroupLength => Value::Int(super::text::length(found.slice(at))),
        _ => Value::text(found.slice(at)),
    })
}

/// `match.Groups["name"]`: a group that is none has found nothing.
pub(super) fn index(of: &Arc<Library>, by: &Value) -> Result<Value, Fault> {
    let Library::Match(found) = &**of else { return Err(Fault::null()) };
    let group = match by {
        Value::Text(name) => found.pattern.as_ref().and_then(|p| p.group(name)),
        number if operate::double(number).is_some() => number.integer().and_then(|n| usize::try_from(n).ok()),
        _ => return Err(Fault::null_argument("groupname")),
    };
    let at = group.and_then(|group| found.groups.get(group).copied()).flatten();
    Ok(library(Library::Group(Arc::clone(of), at)))
}

/// `Regex.Escape`.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' | '*' | '+' | '?' | '|' | '{' | '[' | '(' | ')' | '^' | '$' | '.' | '#' | ' ' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}
