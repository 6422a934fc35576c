//! Objects from a seed.

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use serde_json::{Map, Value};

use super::draw::{Draw, Lean};
use super::model::{Additional, NodeId, Property, RecordShape};
use super::target::{Aim, Hop, escape};
use super::text::{self, Medium};

impl<'a> Draw<'a> {
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
            match value {
                Some(value) => {
                    members.insert(property.name.clone(), value);
                }
                None if property.required || led.is_some() || !matches!(lean, Lean::Some) => return None,
                None => {}
            }
        }
        let more = match shape.additional {
            _ if self.sparing(depth) || !matches!(lean, Lean::Some) => 0,
            Additional::Like(_) => self.rng.random_range(0..3),
            _ if !shape.classes.is_empty() || shape.names.is_some() || shape.properties.is_empty() => {
                self.rng.random_range(0..3)
            }
            _ => 0,
        };
        let least = shape.min.max(members.len() + more).min(shape.max.unwrap_or(usize::MAX).max(members.len()));
        if self.extend(&mut members, shape, least, depth).is_none() && members.len() < shape.min {
            return None;
        }
        Some(Value::Object(members))
    }

    /// Adds properties that are not described by name.
    pub(super) fn extend(
        &mut self,
        members: &mut Map<String, Value>,
        shape: &'a RecordShape,
        count: usize,
        depth: u32,
    ) -> Option<()> {
        for _ in 0..count.saturating_mul(8).min(20_000) {
            if members.len() >= count {
                break;
            }
            let number = members.len() + 1;
            let (name, node) = self.other(shape, number)?;
            if shape.properties.iter().any(|p| p.name == name) || shape.absent.contains(&name) {
                continue;
            }
            let value = match node {
                Some(node) => self.node(node, depth + 1, None)?,
                None => Value::from(self.rng.random_range(0..100)),
            };
            members.insert(name, value);
        }
        (members.len() >= count).then_some(())
    }

    /// A name that is not listed, and what stands there; none: anything.
    fn other(&mut self, shape: &'a RecordShape, number: usize) -> Option<(String, Option<NodeId>)> {
        for _ in 0..64 {
            let by_class = shape.classes.choose(&mut self.rng);
            let closed = shape.additional == Additional::Forbidden;
            let name = match (by_class, shape.names) {
                (Some((class, _)), None) if closed || self.rng.random() => self.matching(shape, *class)?,
                (_, Some(names)) => match self.node(names, 0, None)? {
                    Value::String(name) => name,
                    _ => return None,
                },
                (_, None) if closed => return None,
                (_, None) => format!("{}{number}", text::plain(4, Medium::Segment, &mut self.rng)),
            };
            if shape.name_check.as_ref().is_some_and(|check| !check.is_valid(&Value::from(name.as_str()))) {
                continue;
            }
            let matching = shape.patterns.iter().enumerate().filter(|(_, pattern)| pattern.matches(&name));
            let class = matching.fold(0, |class, (index, _)| class | (1 << index));
            if class == 0 {
                match shape.additional {
                    Additional::Forbidden => {}
                    Additional::Like(node) => return Some((name, Some(node))),
                    Additional::Unsaid => return Some((name, None)),
                }
            } else if let Some((_, node)) = shape.classes.iter().find(|(c, _)| *c == class) {
                return Some((name, Some(*node)));
            }
        }
        None
    }

    /// A name that matches the patterns of a class.
    fn matching(&mut self, shape: &'a RecordShape, class: u32) -> Option<String> {
        let index = class.trailing_zeros() as usize;
        let pattern = shape.patterns.get(index)?;
        let (least, most) = pattern.span();
        let length = text::length(least, (most < usize::MAX).then_some(most), &mut self.rng);
        pattern.draw(length, &mut self.rng).or_else(|| pattern.draw(least, &mut self.rng))
    }

    /// Which properties are there: at least `minProperties`, at most
    /// `maxProperties`.
    fn choose(&mut self, shape: &RecordShape, depth: u32, lean: &Lean<'_>) -> Vec<bool> {
        let odds =
            if self.sparing(depth) { 0.0 } else { *[0.0, 0.3, 0.6, 1.0].choose(&mut self.rng).expect("not empty") };
        // What holds itself in many ways would grow without end.
        let again = shape.properties.iter().filter(|p| self.nodes[p.node].recursive).count().max(1) as f64;
        let odds_again = (if depth == 0 { 4.0 } else { 1.5 } / again).min(odds);
        let mut chosen: Vec<bool> = Vec::with_capacity(shape.properties.len());
        for property in &shape.properties {
            let there = match lean {
                Lean::Some | Lean::Holding(_) | Lean::Lacking(_) => {
                    self.rng.random_bool(if self.nodes[property.node].recursive { odds_again } else { odds })
                }
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
