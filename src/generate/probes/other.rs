//! What one correlation ID must keep apart: other content, other items, other
//! calls, other principals.

use serde_json::Value;

use super::bench::body_of;
use super::{Bench, Sequence, table};
use crate::contract::behaviour::{Behaviour, OtherContent, Scope, Selector};
use crate::generate::generators::Generators;
use crate::generate::payload::{Draft, Made, OperationGenerator, places};
use crate::generate::{Call, Caller, CouldNotMake, Expect, Step};

/// Whether the file says what other content of the same item means. A digest
/// changes with the content: then it is another item.
pub(super) fn has_content(operation: &OperationGenerator, behaviour: &Behaviour) -> bool {
    let declared = behaviour.idempotency.as_ref().is_some_and(|i| i.other_content.is_some());
    let item = table::item(behaviour);
    declared && !operation.bodies.is_empty() && !matches!(item, Some(Selector::Digest))
}

pub(super) fn has_principal(behaviour: &Behaviour) -> bool {
    behaviour.idempotency.as_ref().is_some_and(|i| i.scope.contains(&Scope::Principal))
}

/// First, then the same ID and item with other content.
pub(super) fn content(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let mut first = bench.conforming(0, bench.size(), 0)?;
    // Where invalid items are skipped, a conflict is the item's outcome; the
    // promise for the whole call is the plainer one.
    bench.operation.refuse_all(&mut first.draft);
    let first = bench.again(first.draft)?;
    let second = (1..24)
        .find_map(|part| changed(bench, &first, part))
        .ok_or_else(|| bench.fault("no other content was found for the same item"))?;
    let expect = match bench.idempotency()?.other_content.clone() {
        Some(OtherContent::Type(name)) => Expect::Refused(vec![name]),
        _ => Expect::Success,
    };
    let steps = vec![
        Step::Call(bench.call("first", &first, Expect::Success)),
        Step::Call(bench.call("other content", &second, expect)),
    ];
    Ok(Sequence::new("the same item with other content under the same correlation ID", steps))
}

/// The same items, at least one with other content; odd numbers change only
/// the last one.
fn changed(bench: &Bench<'_>, first: &Made, part: u64) -> Option<Made> {
    let other = bench.conforming(part, bench.size(), 0).ok()?;
    let mut draft = first.draft.clone();
    let Some(selector @ Selector::Body(path)) = table::item(bench.behaviour) else {
        draft.body = other.draft.body;
        let made = bench.again(draft).ok()?;
        return (made.request.body != first.request.body).then_some(made);
    };
    let found = places(selector, body_of(&draft)?);
    let below = path.iter().rev().take_while(|token| *token != "*").count();
    let last = found.len().checked_sub(1)?;
    for (number, place) in found.iter().enumerate() {
        if bench.index % 2 == 1 && number != last {
            continue;
        }
        let container = (0..below).fold(place.as_str(), |at, _| at.rfind('/').map_or("", |cut| &at[..cut]));
        replace(&mut draft, body_of(&other.draft)?, place, container)?;
    }
    let made = bench.again(draft).ok()?;
    let same_items = made.items.iter().map(|i| &i.id).eq(first.items.iter().map(|i| &i.id));
    (same_items && made.items.last()?.content != first.items.last()?.content).then_some(made)
}

/// Puts another draft's item in, under the identity that stands there.
fn replace(draft: &mut Draft, other: &Value, place: &str, container: &str) -> Option<()> {
    let (_, body) = draft.body.as_mut()?;
    let identity = body.pointer(place)?.clone();
    *body.pointer_mut(container)? = other.pointer(container)?.clone();
    *body.pointer_mut(place)? = identity;
    Some(())
}

/// First, then another item under the same ID.
pub(super) fn item(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let first = bench.conforming(0, bench.size(), 0)?;
    let second = bench.conforming(1, bench.size(), first.items.len().max(bench.size()))?;
    if first.items.iter().any(|item| second.items.iter().any(|other| other.id == item.id)) {
        return Err(bench.fault("no other item was found"));
    }
    let steps = vec![
        Step::Call(bench.call("first", &first, Expect::Success)),
        Step::Call(bench.call("other item", &second, Expect::Success)),
    ];
    Ok(Sequence::new("other items under the same correlation ID", steps))
}

/// The ways in which a call can be another one under the same ID.
enum Another<'o> {
    Step(&'o str),
    Operation(&'o OperationGenerator),
}

fn others<'o>(
    generators: &'o Generators,
    operation: &OperationGenerator,
    behaviour: &'o Behaviour,
) -> Vec<Another<'o>> {
    let idempotency = behaviour.idempotency.as_ref();
    let mut found = Vec::new();
    if let Some(Selector::Header(name)) = idempotency.and_then(|i| i.step.as_ref()) {
        found.push(Another::Step(name));
    }
    let apart = idempotency.is_some_and(|i| i.scope.contains(&Scope::Operation));
    let operations = generators.operations.values().filter_map(|o| o.as_ref().ok());
    found.extend(
        operations
            .filter(|o| o.operation.id != operation.operation.id && (o.operation.is_safe() || apart))
            .map(Another::Operation),
    );
    found
}

pub(super) fn calls(generators: &Generators, operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    others(generators, operation, behaviour).len() as u32 * 2
}

/// First, then another step or operation under the same ID.
pub(super) fn call(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let others = others(bench.generators, bench.operation, bench.behaviour);
    let other = others.get(bench.index as usize % others.len().max(1)).ok_or_else(|| bench.fault("nothing differs"))?;
    let mut first = bench.conforming(0, bench.size(), 0)?;
    let (title, second) = match other {
        Another::Step(header) => {
            let mut second = first.clone();
            first.request.headers.set(*header, "step-1");
            second.request.headers.set(*header, "step-2");
            let call = bench.call("other step", &second, Expect::Success);
            ("another step of the same run about the same items".to_owned(), call)
        }
        Another::Operation(operation) => {
            let made = bench.of(operation, 1, 1, 0)?;
            let call = bench.call_of(operation, "other operation", &made, operation.promised());
            (format!("another operation, {}, under the same correlation ID", operation.operation.id), call)
        }
    };
    let steps = vec![Step::Call(bench.call("first", &first, Expect::Success)), Step::Call(second)];
    Ok(Sequence::new(title, steps))
}

/// The same from two principals.
pub(super) fn principal(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let made = bench.conforming(0, bench.size(), 0)?;
    let by =
        |role, number| Step::Call(Call { caller: Caller::Own(number), ..bench.call(role, &made, Expect::Success) });
    let steps = vec![by("first", 0), by("other principal", 1)];
    Ok(Sequence::new("the same call under the same correlation ID from two principals", steps))
}
