//! Arrays from a seed.

use std::collections::HashSet;

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::Value;

use super::draw::Draw;
use super::model::{ListShape, NodeId};
use super::target::{Aim, Hop};
use crate::generate::canonical;

/// The way on from an element to the target.
type ElementWay<'a> = (&'a Hop, &'a [Hop], &'a Aim);

impl<'a> Draw<'a> {
    /// A list; with a count, of that many elements.
    pub(super) fn list(
        &mut self,
        shape: &'a ListShape,
        depth: u32,
        count: Option<usize>,
        way: Option<ElementWay<'a>>,
    ) -> Option<Value> {
        let least = match way {
            Some((Hop::Prefix(index), ..)) => index + 1,
            Some(_) => shape.prefix.len() + 1,
            None => 0,
        };
        let exact = count.is_some();
        let count = count.unwrap_or_else(|| self.count(shape, depth).max(least));
        let counted = if shape.contains.is_empty() || exact { None } else { Some(self.counted(shape, count)?) };
        let led = way.map(|(hop, ..)| match hop {
            Hop::Prefix(index) => *index,
            _ if self.ask.last => count - 1,
            _ => self.rng.random_range(shape.prefix.len()..count),
        });
        self.lists += 1;
        let mut items = Vec::with_capacity(count);
        let mut seen = HashSet::new();
        for index in 0..count {
            let plain = shape.prefix.get(index).copied().or(shape.items);
            let node = counted.as_ref().and_then(|nodes| nodes.get(index).copied()).or(plain)?;
            let way = if led == Some(index) { way.map(|(_, rest, aim)| (rest, aim)) } else { None };
            let item = self.element(node, depth, (index, shape.unique), way, &mut seen)?;
            items.push(item);
        }
        self.lists -= 1;
        if shape.repeated && count > 1 {
            let from = self.rng.random_range(0..count);
            let to = (from + self.rng.random_range(1..count)) % count;
            items[to] = items[from].clone();
        }
        Some(Value::Array(items))
    }

    /// What each element is, so that as many count for each `contains` as it
    /// says.
    fn counted(&mut self, shape: &'a ListShape, count: usize) -> Option<Vec<NodeId>> {
        let options = |index: usize| shape.counted.get(index).or(shape.counted.last());
        for _ in 0..64 {
            let mut chosen: Vec<(u32, NodeId)> = Vec::with_capacity(count);
            for index in 0..count {
                chosen.push(*options(index)?.choose(&mut self.rng)?);
            }
            for (number, rule) in shape.contains.iter().enumerate() {
                self.adjust_count(&mut chosen, 1 << number, (rule.min, rule.max), &options)?;
            }
            let right = shape.contains.iter().enumerate().all(|(number, rule)| {
                let counting = chosen.iter().filter(|(counts, _)| counts & (1 << number) != 0).count();
                counting >= rule.min && rule.max.is_none_or(|max| counting <= max)
            });
            if right {
                return Some(chosen.into_iter().map(|(_, node)| node).collect());
            }
        }
        None
    }

    fn adjust_count<'o>(
        &mut self,
        chosen: &mut [(u32, NodeId)],
        bit: u32,
        (min, max): (usize, Option<usize>),
        options: &dyn Fn(usize) -> Option<&'o Vec<(u32, NodeId)>>,
    ) -> Option<()> {
        let mut counting = chosen.iter().filter(|(counts, _)| counts & bit != 0).count();
        let start = self.rng.random_range(0..chosen.len().max(1));
        for step in 0..chosen.len() {
            let index = (start + step) % chosen.len();
            let counts = chosen[index].0 & bit != 0;
            let flip = (counting < min && !counts) || (max.is_some_and(|max| counting > max) && counts);
            let others: Vec<&(u32, NodeId)> =
                options(index)?.iter().filter(|(c, _)| (c & bit != 0) != counts).collect();
            // Rather one that changes nothing else.
            let alike = others.iter().find(|(c, _)| c ^ bit == chosen[index].0).or(others.first());
            if let Some(other) = alike.filter(|_| flip) {
                chosen[index] = **other;
                if counts {
                    counting -= 1;
                } else {
                    counting += 1;
                }
            }
        }
        Some(())
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
            if !unique || seen.insert(canonical::text(&item)) {
                return Some(item);
            }
            self.failed += 1;
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
}
