//! The exact place of a limit: how large a call may be, and not one larger.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::{Bench, Sequence};
use crate::contract::behaviour::{Behaviour, Selector};
use crate::generate::payload::{Made, OperationGenerator, Spelling, places};
use crate::generate::{Call, CouldNotMake, Expect, Knob, Search, Step, Via};

/// How far a search goes where nothing is declared.
const HEADERS: u64 = 128 * 1024;
const LEVELS: u64 = 4096;

/// What can be searched.
#[derive(Clone, Debug)]
enum Place {
    Body(u64),
    Items(Selector, u64),
    Nesting(Option<u64>),
    Headers(Option<u64>),
}

fn searched(operation: &OperationGenerator) -> bool {
    !operation.operation.is_safe() && !operation.bodies.is_empty()
}

/// What is searched at the gateway.
fn places_of(operation: &OperationGenerator, behaviour: &Behaviour) -> Vec<Place> {
    let Some(limits) = behaviour.limits.as_ref().filter(|_| searched(operation)) else { return Vec::new() };
    let mut found: Vec<Place> = limits.body.map(Place::Body).into_iter().collect();
    found.extend(limits.items.iter().map(|(selector, most)| Place::Items(selector.clone(), *most)));
    found.push(Place::Headers(limits.headers));
    if operation.bodies[0].is_json() {
        found.push(Place::Nesting(limits.nesting));
    }
    found
}

/// What is searched straight at the service: only what is declared for it, and
/// nothing where it refuses whatever comes past the gateway.
fn places_behind(operation: &OperationGenerator, behaviour: &Behaviour) -> Vec<Place> {
    if behaviour.identity.as_ref().is_some_and(|identity| identity.through_gateway_only) {
        return Vec::new();
    }
    let sizes = behaviour.limits.as_ref().and_then(|l| l.behind).filter(|_| searched(operation));
    let Some(sizes) = sizes else { return Vec::new() };
    let mut found: Vec<Place> = sizes.body.map(Place::Body).into_iter().collect();
    found.extend(sizes.nesting.map(|most| Place::Nesting(Some(most))));
    found.extend(sizes.headers.map(|most| Place::Headers(Some(most))));
    found
}

pub(super) fn count(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    places_of(operation, behaviour).len() as u32
}

pub(super) fn count_behind(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    places_behind(operation, behaviour).len() as u32
}

/// A search at the gateway.
pub(super) fn at_gateway(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    search(bench, &places_of(bench.operation, bench.behaviour), Via::Gateway)
}

/// A search straight at the service.
pub(super) fn behind(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    search(bench, &places_behind(bench.operation, bench.behaviour), Via::Service)
}

fn search(bench: &Bench<'_>, places: &[Place], via: Via) -> Result<Sequence, CouldNotMake> {
    let none = || bench.fault("no limit can be searched");
    let place = places.get(bench.index as usize).ok_or_else(none)?;
    let made = bench.conforming(0, 1, 0)?;
    let size = made.request.body.len();
    let (knob, low, high, declared) = match place {
        Place::Body(most) => (body(&made), size + 4, most * 2, Some(*most)),
        Place::Items(selector, most) => (items(bench, selector, *most).ok_or_else(none)?, 1, most + 1, Some(*most)),
        Place::Nesting(most) => (nesting(&made).ok_or_else(none)?, 2, most.map_or(LEVELS, |m| m * 2 + 2), *most),
        Place::Headers(most) => (Knob::Headers, 4096, most.map_or(HEADERS, |m| (m * 2).max(8192)), *most),
    };
    let title = match (declared, via) {
        (Some(declared), Via::Gateway) => format!("how many {} pass; {declared} are declared", words(&knob)),
        (Some(declared), Via::Service | Via::AsGateway) => {
            format!("how many {} the service takes; {declared} are declared", words(&knob))
        }
        (None, _) => format!("how many {} pass", words(&knob)),
    };
    let call = Call { via, items: Vec::new(), ..bench.call("search", &made, Expect::Nothing) };
    Ok(Sequence::new(title, vec![Step::Search(Search { call, knob, low, high, declared })]))
}

fn words(knob: &Knob) -> &'static str {
    match knob {
        Knob::Body { .. } => "bytes of content",
        Knob::Items { .. } => "items",
        Knob::Nesting { .. } => "levels of nesting",
        Knob::Headers => "bytes of header fields",
    }
}

/// White space fills JSON, and changes nothing; a table gets a last row that
/// is none.
fn body(made: &Made) -> Knob {
    let content = made.request.body.bytes().cloned().unwrap_or_default();
    match content.split_last() {
        Some((b'}' | b']', rest)) => {
            Knob::Body { head: content.slice(..rest.len()), fill: b' ', tail: content.slice(rest.len()..) }
        }
        _ => Knob::Body { head: content, fill: b'x', tail: Bytes::from_static(b"\r\n") },
    }
}

/// Lists in a member that the schema may not know.
fn nesting(made: &Made) -> Option<Knob> {
    let content = made.request.body.bytes()?.clone();
    let rest = content.strip_suffix(b"}").filter(|rest| rest.len() > 1)?.len();
    let head = [&content[..rest], b",\"nested\":"].concat();
    Some(Knob::Nesting { head: head.into(), tail: content.slice(rest..) })
}

/// One item more than is declared, each of its own, and what surrounds them.
fn items(bench: &Bench<'_>, selector: &Selector, most: u64) -> Option<Knob> {
    let most = usize::try_from(most).ok()?;
    let (all, one) = (bench.conforming(0, most, 0).ok()?, bench.conforming(1, 1, most).ok()?);
    let (index, value) = all.draft.body.as_ref()?;
    let body = &bench.operation.bodies[*index];
    if body.is_csv() {
        return rows(&all, &one);
    }
    let place = places(selector, value).into_iter().next()?;
    let list = |value: &Value| value.pointer(&place).and_then(Value::as_array).cloned();
    let mut elements = list(value)?;
    elements.extend(list(&one.draft.body.as_ref()?.1)?.into_iter().next());
    if elements.len() != most + 1 {
        return None;
    }
    let mut marked = value.clone();
    *marked.pointer_mut(&place)? = serde_json::json!([MARK]);
    let text = body.write(&marked, Spelling::PLAIN)?;
    let mark = format!("\"{MARK}\"");
    let at = text.windows(mark.len()).position(|window| window == mark.as_bytes())?;
    Some(Knob::Items {
        head: text.slice(..at),
        items: elements.iter().map(|item| Bytes::from(item.to_string())).collect::<Arc<[_]>>(),
        between: Bytes::from_static(b","),
        tail: text.slice(at + mark.len()..),
    })
}

/// Stands where the items are to stand.
const MARK: &str = "\u{e000}";

/// The rows of a table, each as it is written.
fn rows(all: &Made, one: &Made) -> Option<Knob> {
    let (mut lines, more) = (lines(all.request.body.bytes()?)?, lines(one.request.body.bytes()?)?);
    lines.extend(more.get(1).cloned());
    let head = [&lines.first()?[..], b"\r\n"].concat();
    Some(Knob::Items {
        head: head.into(),
        items: lines[1..].into(),
        between: Bytes::from_static(b"\r\n"),
        tail: Bytes::from_static(b"\r\n"),
    })
}

/// The records of a table, its header first; a quoted cell may break lines.
fn lines(content: &Bytes) -> Option<Vec<Bytes>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&content[..]);
    let mut starts = Vec::new();
    for record in reader.byte_records() {
        starts.push(usize::try_from(record.ok()?.position()?.byte()).ok()?);
    }
    let ends = starts.iter().skip(1).copied().chain([content.len()]);
    let bare = |(start, end): (&usize, usize)| {
        let record = &content[*start..end];
        let first = record.iter().position(|byte| !b"\r\n".contains(byte))?;
        let last = record.iter().rposition(|byte| !b"\r\n".contains(byte))?;
        Some(content.slice(start + first..=start + last))
    };
    starts.iter().zip(ends).map(bare).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_taken_apart_as_it_is_written() {
        let content = Bytes::from_static(b"a,b\r\n\"x\r\ny\", \"\"\r\n1, 2 \r\n");
        let lines = lines(&content).expect("a table");
        assert_eq!(lines, [&b"a,b"[..], b"\"x\r\ny\", \"\"", b"1, 2 "]);
    }
}
