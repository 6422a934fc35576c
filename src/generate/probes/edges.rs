//! Items that stand at the edges of their schema, several in one call: each is
//! valid, so each is to be executed.

use super::{Bench, Sequence, invalid};
use crate::generate::payload::{Aimed, Draft, OperationGenerator, Wish};
use crate::generate::{CouldNotMake, Expect, Step};

/// So many items in one call.
const ITEMS: usize = 8;

/// Edges that lie in one item, and in no value that has to exist.
fn aims(operation: &OperationGenerator) -> Vec<&Aimed> {
    let wanted = |aimed: &&Aimed| operation.within_item(aimed) && !operation.aims_at_pool(aimed);
    operation.boundary.iter().filter(wanted).collect()
}

pub(super) fn count(operation: &OperationGenerator) -> u32 {
    let judged = operation.writes() && invalid::ways(operation) > 0;
    if judged { aims(operation).len().div_ceil(ITEMS) as u32 } else { 0 }
}

/// One call with the next few edges, each in an item of its own.
pub(super) fn items(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let none = || bench.fault("no item has an edge that can be made");
    let aims = aims(bench.operation);
    let chosen = aims.chunks(ITEMS).nth(bench.index as usize).ok_or_else(none)?;
    let mut whole: Option<Draft> = None;
    for (number, aimed) in chosen.iter().enumerate() {
        let wish = Wish { target: Some(aimed), items: Some(1), plain: true, ..Wish::default() };
        let Ok(made) = bench.operation.make(bench.part(number as u64), &wish, &bench.sealing(number)) else { continue };
        match &mut whole {
            None => whole = Some(Draft { hit: None, aimed: None, ..made.draft }),
            Some(whole) => join(whole, &made.draft, aimed).ok_or_else(none)?,
        }
    }
    let made = bench.again(whole.ok_or_else(none)?)?;
    let call = bench.call("edges", &made, Expect::Success);
    Ok(Sequence::new("items at the edges of their schema", vec![Step::Call(call)]))
}

/// Adds the items of another draft.
fn join(whole: &mut Draft, more: &Draft, aimed: &Aimed) -> Option<()> {
    let place = aimed.target()?.place();
    let list = place.split_once("/*").map_or("", |(list, _)| list);
    let ((kind, body), (other, from)) = (whole.body.as_mut()?, more.body.as_ref()?);
    if *kind == *other {
        let items = from.pointer(list)?.as_array()?.clone();
        body.pointer_mut(list)?.as_array_mut()?.extend(items);
    }
    Some(())
}
