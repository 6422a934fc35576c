//! Values that keep a schema, from a seed.

use std::collections::HashSet;

use rand::Rng;
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};

use super::model::{Additional, Kind, ListShape, Node, NodeId, Property, RecordShape};
use super::target::{Aim, Hop, Target, escape};
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

/// Values in one document before only what must be there is made.
const MANY: u32 = 60_000;

/// One document in the making.
pub(super) struct Draw<'a> {
    pub(super) nodes: &'a [Node],
    pub(super) ask: Ask<'a>,
    pub(super) rng: ChaCha8Rng,
    /// Where the target was met.
    pub(super) hit: Option<String>,
    path: Vec<String>,
    left: u32,
    lists: u32,
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
        Self { nodes, ask, rng, hit: None, path: Vec::new(), left: MANY, lists: 0 }
    }

    /// A value for a node; with a way, one that leads to the target. None
    /// where none was found.
    pub(super) fn node(&mut self, id: NodeId, depth: u32, way: Option<(&'a [Hop], &'a Aim)>) -> Option<Value> {
        self.left = self.left.saturating_sub(1);
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
        if let Some((_, values)) = &node.values {
            return values.choose(&mut self.rng).cloned();
        }
        let Some(choice) = &node.choice else {
            let kind = if self.sparing(depth) {
                node.kinds.iter().min_by_key(|k| matches!(k, Kind::List(_) | Kind::Record(_)))
            } else {
                node.kinds.choose(&mut self.rng)
            }?;
            return self.kind(kind, depth);
        };
        for _ in 0..24 {
            let branch = if self.sparing(depth) {
                *choice.branches.iter().min_by_key(|b| self.nodes[**b].height.unwrap_or(u32::MAX))?
            } else {
                *choice.branches.choose(&mut self.rng)?
            };
            let value = self.node(branch, depth, None)?;
            if choice.check.as_ref().is_none_or(|check| check.is_valid(&value)) {
                return Some(value);
            }
        }
        None
    }

    fn sparing(&self, depth: u32) -> bool {
        depth > DEEP || self.left == 0
    }

    /// A value of a type.
    pub(super) fn kind(&mut self, kind: &'a Kind, depth: u32) -> Option<Value> {
        match kind {
            Kind::Null => Some(Value::Null),
            Kind::Boolean => Some(Value::Bool(self.rng.random())),
            Kind::Number(shape) => Some(shape.draw(&mut self.rng)),
            Kind::Text(shape) => text::draw(shape, None, self.ask.medium, &mut self.rng).map(Value::String),
            Kind::List(shape) => self.list(shape, depth, None, None),
            Kind::Record(shape) => self.record(shape, depth, &Lean::Some, None),
        }
    }

    /// A list; with a count, of that many elements.
    pub(super) fn list(
        &mut self,
        shape: &'a ListShape,
        depth: u32,
        count: Option<usize>,
        way: Option<(&'a Hop, &'a [Hop], &'a Aim)>,
    ) -> Option<Value> {
        let least = match way {
            Some((Hop::Prefix(index), ..)) => index + 1,
            Some(_) => shape.prefix.len() + 1,
            None => 0,
        };
        let count = count.unwrap_or_else(|| self.count(shape, depth).max(least));
        let led = way.map(|(hop, ..)| match hop {
            Hop::Prefix(index) => *index,
            _ if self.ask.last => count - 1,
            _ => self.rng.random_range(shape.prefix.len()..count),
        });
        self.lists += 1;
        let mut items = Vec::with_capacity(count);
        let mut seen = HashSet::new();
        for index in 0..count {
            let node = shape.prefix.get(index).copied().or(shape.items)?;
            let way = if led == Some(index) { way.map(|(_, rest, aim)| (rest, aim)) } else { None };
            let item = self.element(node, depth, (index, shape.unique), way, &mut seen)?;
            items.push(item);
        }
        self.lists -= 1;
        Some(Value::Array(items))
    }

    fn element(
        &mut self,
        node: NodeId,
        depth: u32,
        (index, unique): (usize, bool),
        way: Option<(&'a [Hop], &'a Aim)>,
        seen: &mut HashSet<String>,
    ) -> Option<Value> {
        for _ in 0..24 {
            let led = way.is_some();
            if led {
                self.path.push(format!("/{index}"));
            }
            let item = self.node(node, depth + 1, way);
            if led {
                self.path.pop();
            }
            let item = item?;
            if !unique || seen.insert(crate::generate::canonical::text(&item)) {
                return Some(item);
            }
        }
        None
    }

    fn count(&mut self, shape: &ListShape, depth: u32) -> usize {
        let most = shape.max.unwrap_or(usize::MAX);
        if let Some(wanted) = self.ask.items.filter(|_| self.lists == 0) {
            return wanted.clamp(shape.min, most);
        }
        let open = if shape.items.is_some() { most } else { most.min(shape.prefix.len()) };
        let least = shape.min.max(shape.prefix.len().min(open));
        if self.sparing(depth) {
            return shape.min;
        }
        let more = match self.rng.random_range(0..128) {
            0 if self.lists == 0 => 200,
            1..=6 if self.lists == 0 => 40,
            _ if self.lists > 0 => 3,
            _ => 5,
        };
        let first = if least == 0 && self.rng.random_range(0..8) > 0 { 1.min(open) } else { least };
        self.rng.random_range(first..=least.saturating_add(more).min(open).max(first))
    }

    /// An object.
    pub(super) fn record(
        &mut self,
        shape: &'a RecordShape,
        depth: u32,
        lean: &Lean<'_>,
        way: Option<(&'a [Hop], &'a Aim)>,
    ) -> Option<Value> {
        let chosen = self.choose(shape, depth, lean);
        let mut members = Map::with_capacity(chosen.len());
        for (property, there) in shape.properties.iter().zip(chosen) {
            if !there {
                continue;
            }
            let led = way.filter(|_| matches!(lean, Lean::Holding(name) if *name == property.name));
            if led.is_some() {
                self.path.push(format!("/{}", escape(&property.name)));
            }
            let value = self.node(property.node, depth + 1, led);
            if led.is_some() {
                self.path.pop();
            }
            members.insert(property.name.clone(), value?);
        }
        let more = match shape.additional {
            Additional::Like(_) if matches!(lean, Lean::Some) && !self.sparing(depth) => self.rng.random_range(0..3),
            _ => 0,
        };
        let least = shape.min.max(members.len() + more).min(shape.max.unwrap_or(usize::MAX).max(members.len()));
        self.extend(&mut members, shape, least, depth)?;
        Some(Value::Object(members))
    }

    /// Adds properties that are not described by name.
    pub(super) fn extend(
        &mut self,
        members: &mut Map<String, Value>,
        shape: &RecordShape,
        count: usize,
        depth: u32,
    ) -> Option<()> {
        let mut number = 0;
        while members.len() < count {
            let value = match shape.additional {
                Additional::Forbidden => return None,
                Additional::Like(node) => self.node(node, depth + 1, None)?,
                Additional::Unsaid => Value::from(self.rng.random_range(0..100)),
            };
            number += 1;
            let name = format!("{}{number}", text::plain(4, Medium::Segment, &mut self.rng));
            if !shape.properties.iter().any(|p| p.name == name) && !shape.absent.contains(&name) {
                members.insert(name, value);
            }
        }
        Some(())
    }

    /// Which properties are there: at least `minProperties`, at most
    /// `maxProperties`.
    fn choose(&mut self, shape: &RecordShape, depth: u32, lean: &Lean<'_>) -> Vec<bool> {
        let odds =
            if self.sparing(depth) { 0.0 } else { *[0.0, 0.3, 0.6, 1.0].choose(&mut self.rng).expect("not empty") };
        let mut chosen: Vec<bool> = Vec::with_capacity(shape.properties.len());
        for property in &shape.properties {
            let there = match lean {
                Lean::Some | Lean::Holding(_) | Lean::Lacking(_) => self.rng.random_bool(odds),
                Lean::Bare => false,
                Lean::Full => true,
                Lean::Without(name) => property.name != *name,
                Lean::Alone(name) => property.name == *name,
            };
            let endless = self.nodes[property.node].height.is_none();
            chosen.push(surely(lean, property).unwrap_or(there && !endless));
        }
        let kept = |lean: &Lean<'_>, property: &Property| surely(lean, property).is_some();
        let free: Vec<usize> = (0..chosen.len()).filter(|i| !kept(lean, &shape.properties[*i])).collect();
        self.adjust(&mut chosen, free, (shape.min, shape.max.unwrap_or(usize::MAX)));
        chosen
    }

    /// Adds or takes away optional properties until their number is right.
    fn adjust(&mut self, chosen: &mut [bool], mut free: Vec<usize>, (min, max): (usize, usize)) {
        free.shuffle(&mut self.rng);
        let mut count = chosen.iter().filter(|c| **c).count();
        for index in free {
            if count < min && !chosen[index] {
                chosen[index] = true;
                count += 1;
            } else if count > max && chosen[index] {
                chosen[index] = false;
                count -= 1;
            }
        }
    }
}

/// Whether a property must be there, or must not, whatever the odds.
fn surely(lean: &Lean<'_>, property: &Property) -> Option<bool> {
    match lean {
        Lean::Lacking(name) | Lean::Without(name) if property.name == *name => Some(false),
        Lean::Holding(name) | Lean::Alone(name) if property.name == *name => Some(true),
        _ if property.required => Some(true),
        _ => None,
    }
}

/// The list among a node's types.
pub(super) fn list_of(node: &Node) -> Option<&ListShape> {
    node.kinds.iter().find_map(|kind| match kind {
        Kind::List(shape) => Some(shape),
        _ => None,
    })
}
