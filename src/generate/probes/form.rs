//! The same content in another media type, about other rows.

use super::{Bench, Sequence};
use crate::contract::behaviour::Behaviour;
use crate::generate::payload::{Draft, Made, OperationGenerator, Sealing};
use crate::generate::{CouldNotMake, Expect, Step};

/// How many contents are tried.
const VARIANTS: u32 = 6;

/// How often a content is drawn until each form can carry it.
const DRAWS: u64 = 12;

pub(super) fn count(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let forms = operation.bodies.iter().filter(|body| body.schema.is_some()).count();
    let known = behaviour.correlation.is_some() && behaviour.effects.is_some();
    if operation.writes() && known && forms > 1 { VARIANTS } else { 0 }
}

/// The content in the first media type, then in another one: under another ID,
/// and with other values from the pools, so that it is no repetition.
pub(super) fn other(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let none = || bench.fault("no content can be written in two media types");
    let (first, second) = (0..DRAWS).find_map(|part| pair(bench, part)).ok_or_else(none)?;
    let form = |made: &Made| made.request.headers.get("content-type").unwrap_or_default().to_owned();
    let title = format!("the same content as {} and as {}", form(&first), form(&second));
    let steps = vec![
        Step::Call(bench.call("one form", &first, Expect::Success)),
        Step::Call(bench.call("another form", &second, Expect::Success)),
    ];
    Ok(Sequence::new(title, steps))
}

fn pair(bench: &Bench<'_>, part: u64) -> Option<(Made, Made)> {
    let items = bench.size();
    let first = bench.conforming(part, items, 0).ok()?;
    let (index, value) = first.draft.body.clone()?;
    let others = bench.operation.bodies.len() - 1;
    let other = (index + 1 + bench.index as usize % others.max(1)) % bench.operation.bodies.len();
    let id = bench.nonce.identity(bench.seed, "another form").to_string();
    let draft = Draft { body: Some((other, value)), ..first.draft.clone() };
    let sealing = Sealing { correlation: Some(&id), ..bench.sealing(items) };
    let second = bench.operation.seal(draft, None, &sealing).ok()?;
    Some((first, second))
}
