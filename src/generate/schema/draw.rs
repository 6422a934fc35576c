//! Values that keep a schema, from a seed.

use rand::Rng;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::facts::same;
use super::model::{Kind, ListShape, Node, NodeId};
use super::target::{Aim, Hop, Target};
use super::text::{self, Medium};

/// How a value is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'t> {
    /// Same seed, same value.
    pub(crate) seed: u64,
    /// What its strings travel in.
    pub(crate) medium: Medium,
    /// How many elements the outermost list has; none: as it comes.
    pub(crate) items: Option<usize>,
    /// What it is aimed at.
    pub(crate) target: Option<&'t Target>,
    /// Where a list leads on to the target: at its last element, or anywhere.
    pub(crate) last: bool,
}

impl Ask<'_> {
    /// A value as it comes.
    pub(crate) fn any(seed: u64) -> Self {
        Self { seed, medium: Medium::Any, items: None, target: None, last: false }
    }
}

/// Deepest nesting before only what must be there is made.
const DEEP: u32 = 6;

/// Deepest nesting at all.
const DEEPEST: u32 = 200;

/// Values in one document before only what must be there is made.
const MANY: u32 = 60_000;

/// How often places of one document are drawn anew before it is given up:
/// places within places would be drawn anew without end.
const MOST_FAILED: u32 = 2_000;

/// How often one place is drawn anew.
const TRIES: u32 = 24;

/// One document in the making.
pub(super) struct Draw<'a> {
    pub(super) nodes: &'a [Node],
    pub(super) ask: Ask<'a>,
    pub(super) rng: ChaCha8Rng,
    /// Where the target was met.
    pub(super) hit: Option<String>,
    pub(super) path: Vec<String>,
    left: u32,
    pub(super) failed: u32,
    pub(super) lists: u32,
}

/// Which optional properties are there.
pub(super) enum Lean<'p> {
    /// As it comes.
    Some,
    /// None.
    Bare,
    /// All.
    Full,
    /// All but this.
    Without(&'p str),
    /// Only this.
    Alone(&'p str),
    /// As it comes, but this surely.
    Holding(&'p str),
    /// As it comes, but this surely not, even where it is required.
    Lacking(&'p str),
}

impl<'a> Draw<'a> {
    pub(super) fn new(nodes: &'a [Node], ask: Ask<'a>) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(ask.seed);
        Self { nodes, ask, rng, hit: None, path: Vec::new(), left: MANY, failed: 0, lists: 0 }
    }

    /// A value for a node; with a way, one that leads to the target. None
    /// where none was found.
    pub(super) fn node(&mut self, id: NodeId, depth: u32, way: Option<(&'a [Hop], &'a Aim)>) -> Option<Value> {
        self.left = self.left.saturating_sub(1);
        if depth > DEEPEST || self.failed > MOST_FAILED {
            return None;
        }
        let node = &self.nodes[id];
        match way {
            Some((hops, aim)) => self.led(node, depth, hops, aim),
            None => self.free(node, depth),
        }
    }

    fn led(&mut self, node: &'a Node, depth: u32, hops: &'a [Hop], aim: &'a Aim) -> Option<Value> {
        let Some((hop, rest)) = hops.split_first() else {
            self.hit = Some(self.path.concat());
            return self.aimed(node, aim, depth);
        };
        match hop {
            Hop::Branch(index) => {
                let branch = *node.choice.as_ref()?.branches.get(*index)?;
                self.node(branch, depth, Some((rest, aim)))
            }
            Hop::Property(name) => node
                .kinds
                .iter()
                .find_map(|kind| match kind {
                    Kind::Record(shape) => Some(shape),
                    _ => None,
                })
                .and_then(|shape| self.record(shape, depth, &Lean::Holding(name), Some((rest, aim)))),
            Hop::Item | Hop::Prefix(_) => {
                let shape = list_of(node)?;
                self.list(shape, depth, None, Some((hop, rest, aim)))
            }
        }
    }

    fn free(&mut self, node: &'a Node, depth: u32) -> Option<Value> {
        if !node.examples.is_empty() && self.ask.medium == Medium::Any && self.rng.random_range(0..12) == 0 {
            return node.examples.choose(&mut self.rng).cloned();
        }
        if node.excluded.is_empty() && node.check.is_none() {
            return self.some(node, depth);
        }
        (0..TRIES).find_map(|_| {
            let value = self.some(node, depth)?;
            let right = !node.excluded.iter().any(|e| same(e, &value))
                && node.check.as_ref().is_none_or(|check| check.is_valid(&value));
            self.failed += u32::from(!right);
            right.then_some(value)
        })
    }

    /// A value that keeps all but what the node excludes.
    fn some(&mut self, node: &'a Node, depth: u32) -> Option<Value> {
        if let Some((_, values)) = &node.values {
            return values.choose(&mut self.rng).cloned();
        }
        let Some(choice) = &node.choice else {
            let first =
                if self.sparing(depth) { node.kinds.get(node.spare) } else { node.kinds.choose(&mut self.rng) }?;
            let made = self.kind(first, depth);
            self.failed += u32::from(made.is_none());
            return made.or_else(|| node.kinds.iter().find_map(|kind| self.kind(kind, depth)));
        };
        for attempt in 0..TRIES {
            let branch = if self.sparing(depth) && attempt == 0 {
                *choice.branches.iter().min_by_key(|b| self.nodes[**b].height.unwrap_or(u32::MAX))?
            } else {
                *choice.branches.choose(&mut self.rng)?
            };
            if self.nodes[branch].height.is_none() {
                continue;
            }
            if let Some(value) = self.node(branch, depth, None)
                && choice.check.as_ref().is_none_or(|check| check.is_valid(&value))
            {
                return Some(value);
            }
            self.failed += 1;
        }
        None
    }

    pub(super) fn sparing(&self, depth: u32) -> bool {
        depth > DEEP || self.left == 0
    }

    /// A value of a type.
    pub(super) fn kind(&mut self, kind: &'a Kind, depth: u32) -> Option<Value> {
        match kind {
            Kind::Null => Some(Value::Null),
            Kind::Boolean => Some(Value::Bool(self.rng.random())),
            Kind::Number(shape) => shape.draw(&mut self.rng),
            Kind::Text(shape) => text::draw(shape, None, self.ask.medium, &mut self.rng).map(Value::String),
            Kind::List(shape) => self.list(shape, depth, None, None),
            Kind::Record(shape) => self.record(shape, depth, &Lean::Some, None),
        }
    }
}

/// The list among a node's types.
pub(super) fn list_of(node: &Node) -> Option<&ListShape> {
    node.kinds.iter().find_map(|kind| match kind {
        Kind::List(shape) => Some(shape),
        _ => None,
    })
}
