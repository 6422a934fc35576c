//! The contents that a sequence's numbers stand for.

use serde_json::Value;

use crate::contract::behaviour::{Idempotency, Selector};
use crate::generate::CouldNotMake;
use crate::generate::payload::{BodyGenerator, Draft, Made, OperationGenerator, places};
use crate::generate::probes::Bench;

use super::Part;

/// How many elements are drawn for the items of a sequence.
const ELEMENTS: usize = 12;

/// Pool values that one whole body may use up.
const PER_BODY: usize = 8;

/// Rows or elements of one whole body.
const BODY_ELEMENTS: usize = 2;

/// Whether items of this operation can be told apart and put together.
pub(super) fn is_possible(operation: &OperationGenerator, idempotency: &Idempotency) -> bool {
    match &idempotency.item {
        Some(Selector::Body(path)) => {
            operation.bodies.first().is_some_and(BodyGenerator::is_json)
                && path.iter().filter(|token| *token == "*").count() == 1
        }
        Some(Selector::Digest) | None => !operation.bodies.is_empty(),
        Some(_) => false,
    }
}

/// What a sequence's calls are made from.
pub(super) enum Material {
    /// Items are elements of one list in the body.
    Listed {
        /// The request around them.
        frame: Draft,
        /// Where the list stands.
        list: String,
        /// First and second content of each item.
        elements: Vec<[Value; 2]>,
    },
    /// Each item is a whole body.
    Whole(Vec<Draft>),
}

impl Material {
    /// Draws what these items stand for.
    pub(super) fn of(bench: &Bench<'_>, items: u8) -> Result<Self, CouldNotMake> {
        if let Some(selector @ Selector::Body(path)) = &bench.idempotency()?.item {
            return Self::listed(bench, selector, path);
        }
        let whole = |item: u8| {
            let skip = usize::from(item) * PER_BODY;
            bench.conforming(u64::from(item), BODY_ELEMENTS, skip).map(|made| made.draft)
        };
        (0..items).map(whole).collect::<Result<_, _>>().map(Self::Whole)
    }

    fn listed(bench: &Bench<'_>, selector: &Selector, path: &[String]) -> Result<Self, CouldNotMake> {
        let fault = || bench.fault("the items' list could not be made");
        let star = path.iter().position(|token| token == "*").ok_or_else(fault)?;
        let list = path[..star].iter().fold(String::new(), |at, token| format!("{at}/{token}"));
        let below = path[star + 1..].iter().fold(String::new(), |at, token| format!("{at}/{token}"));
        let mut frame = bench.conforming(0, ELEMENTS, 0)?.draft;
        bench.operation.refuse_all(&mut frame);
        let first = elements(&frame, &list).ok_or_else(fault)?;
        let ids: Vec<String> = places(selector, body(&frame).ok_or_else(fault)?);
        if ids.len() != first.len() || first.is_empty() {
            return Err(fault());
        }
        let mut both = Vec::with_capacity(first.len());
        let others = bench.conforming(1, ELEMENTS, 0)?.draft;
        let others = elements(&others, &list).ok_or_else(fault)?;
        for (number, element) in first.iter().enumerate() {
            let identity = element.pointer(&below).ok_or_else(fault)?;
            // Any other element will do, under this identity.
            let other = (0..others.len()).find_map(|step| {
                let mut other = others[(number + step) % others.len()].clone();
                *other.pointer_mut(&below)? = identity.clone();
                (other != *element).then_some(other)
            });
            both.push([element.clone(), other.unwrap_or_else(|| element.clone())]);
        }
        Ok(Self::Listed { frame, list, elements: both })
    }

    /// The request for these parts, proven.
    pub(super) fn request(&self, bench: &Bench<'_>, parts: &[Part]) -> Result<Made, CouldNotMake> {
        match self {
            Self::Whole(bodies) => {
                let item = parts.first().map_or(0, |part| usize::from(part.item));
                bench.again(bodies[item % bodies.len().max(1)].clone())
            }
            Self::Listed { frame, list, elements } => {
                let chosen: Vec<Value> = parts
                    .iter()
                    .filter_map(|part| {
                        elements.get(usize::from(part.item)).map(|e| e[usize::from(part.content > 0)].clone())
                    })
                    .collect();
                let mut draft = frame.clone();
                let slot = draft.body.as_mut().and_then(|(_, body)| body.pointer_mut(list));
                *slot.ok_or_else(|| bench.fault("the items' list is gone"))? = Value::Array(chosen);
                bench.again(draft)
            }
        }
    }
}

fn body(draft: &Draft) -> Option<&Value> {
    draft.body.as_ref().map(|(_, value)| value)
}

fn elements(draft: &Draft, list: &str) -> Option<Vec<Value>> {
    body(draft)?.pointer(list)?.as_array().cloned()
}
