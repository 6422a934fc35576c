//! Bodies, lists and media types beyond what is declared.

use bytes::Bytes;

use super::{Bench, Sequence};
use crate::contract::behaviour::{Behaviour, TypeName};
use crate::generate::expectation::is_item_limit;
use crate::generate::payload::{Aimed, Made, OperationGenerator, Sealing, Wish};
use crate::generate::{CouldNotMake, Expect, Step};
use crate::wire::Body;

fn body_limit(behaviour: &Behaviour) -> Option<u64> {
    behaviour.limits.as_ref().and_then(|l| l.body)
}

fn has_body(operation: &OperationGenerator) -> bool {
    !operation.operation.is_safe() && !operation.bodies.is_empty()
}

pub(super) fn count_over(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let said = has_body(operation) && body_limit(behaviour).is_some() && !operation.final_types(&[413]).is_empty();
    if said { 2 } else { 0 }
}

pub(super) fn count_without_length(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let said = has_body(operation) && body_limit(behaviour).is_some();
    if said && !operation.final_types(&[411]).is_empty() { 2 } else { 0 }
}

/// A body over the limit, with its length: by one byte, and twice as large.
pub(super) fn over(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let limit = body_limit(bench.behaviour).ok_or_else(|| bench.fault("no body limit is declared"))?;
    let mut made = bench.conforming(0, 1, 0)?;
    let size = if bench.index == 0 { limit + 1 } else { limit * 2 };
    made.request.body = filled(&made, size, true);
    let call = bench.call("oversized", &made, Expect::Refused(bench.operation.final_types(&[413])));
    Ok(Sequence::new(format!("a body of {size} bytes, {limit} are allowed"), vec![Step::Call(call)]))
}

/// A body in chunks, without its length: a small one, and one over the limit.
pub(super) fn without_length(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let limit = body_limit(bench.behaviour).ok_or_else(|| bench.fault("no body limit is declared"))?;
    let mut made = bench.conforming(0, 1, 0)?;
    let small = bench.index == 0;
    made.request.body = match made.request.body.bytes() {
        Some(bytes) if small => Body::Chunked(bytes.clone()),
        _ => filled(&made, limit + 1, false),
    };
    let call = bench.call("in chunks", &made, Expect::Refused(bench.operation.final_types(&[411])));
    let what = if small { "a small body" } else { "a body over the limit" };
    Ok(Sequence::new(format!("{what} in chunks, without Content-Length"), vec![Step::Call(call)]))
}

/// The request's content made so long by filling bytes in its middle: JSON
/// stays JSON, a table stays a table.
pub(in crate::generate) fn filled(made: &Made, size: u64, length: bool) -> Body {
    let content = made.request.body.bytes().cloned().unwrap_or_default();
    let object = content.last() == Some(&b'}') && content.len() > 2;
    let (head, tail) = if object {
        let inner = &content[..content.len() - 1];
        (Bytes::from([inner, br#","filler":""#].concat()), Bytes::from_static(b"\"}"))
    } else {
        (content, Bytes::from_static(b"\r\n"))
    };
    let fill = size.saturating_sub(head.len() as u64 + tail.len() as u64);
    Body::Filler { head, fill, tail, length }
}

fn item_aims(operation: &OperationGenerator) -> Vec<&Aimed> {
    let counts = |aimed: &&Aimed| aimed.target().is_some_and(|t| t.keyword == "maxItems");
    let Some(behaviour) = &operation.behaviour else { return Vec::new() };
    operation.violating.iter().filter(counts).filter(|aimed| is_item_limit(aimed, behaviour)).collect()
}

pub(super) fn count_items(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let declared = behaviour.limits.as_ref().is_some_and(|l| !l.items.is_empty());
    if declared && has_body(operation) { item_aims(operation).len() as u32 } else { 0 }
}

/// One more item than is allowed.
pub(super) fn too_many(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let aims = item_aims(bench.operation);
    let aimed = *aims.get(bench.index as usize).ok_or_else(|| bench.fault("no list can be too long"))?;
    let made = too_many_of(bench.operation, bench.part(0), aimed, &bench.sealing(0))?;
    let expect = bench.operation.refusal(aimed, &made);
    let title = format!("one more item than is allowed: {}", aimed.title(bench.operation));
    let call = bench.call("too many items", &made, expect);
    Ok(Sequence { title, steps: vec![Step::Call(call)], labels: made.labels })
}

/// A request with too long a list. Where a pool has too few values for it,
/// identities need not exist: the length is what counts.
pub(in crate::generate) fn too_many_of(
    operation: &OperationGenerator,
    seed: u64,
    aimed: &Aimed,
    sealing: &Sealing<'_>,
) -> Result<Made, CouldNotMake> {
    let wish = Wish { target: Some(aimed), plain: true, ..Wish::default() };
    let sealing = Sealing { breaks: true, ..*sealing };
    operation.make(seed, &wish, &sealing).or_else(|_| operation.make(seed, &wish, &Sealing { pools: None, ..sealing }))
}

fn media_types(operation: &OperationGenerator) -> Vec<&'static str> {
    let accepted = operation.operation.request.iter().flat_map(|r| &r.content).map(|m| m.name.as_str());
    let accepted: Vec<&str> = accepted.collect();
    let open = accepted.iter().any(|name| name.ends_with("/*"));
    let wrong = ["text/plain", "application/xml"].into_iter();
    wrong.filter(|name| !open && !accepted.contains(name)).collect()
}

pub(super) fn count_media(operation: &OperationGenerator) -> u32 {
    let refused: Vec<TypeName> = operation.final_types(&[415]);
    if has_body(operation) && !refused.is_empty() { media_types(operation).len() as u32 } else { 0 }
}

/// A media type that is not declared.
pub(super) fn media_type(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let wrong = media_types(bench.operation);
    let name = *wrong.get(bench.index as usize).ok_or_else(|| bench.fault("every media type is declared"))?;
    let mut made = bench.conforming(0, 1, 0)?;
    made.request.headers.set("Content-Type", name);
    let call = bench.call("refused", &made, Expect::Refused(bench.operation.final_types(&[415])));
    Ok(Sequence::new(format!("a body declared as {name}"), vec![Step::Call(call)]))
}
