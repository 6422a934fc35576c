//! From demands on an array to its shape.

use super::compile::{Compiler, Goal};
use super::facts::{Cover, Demand, Facts, Lit};
use super::keyword::size;
use super::model::{Contains, ListShape, NodeId};
use crate::generate::{CouldNotMake, Obstacle};

/// Most `contains` at one place.
const MOST_CONTAINS: usize = 4;

impl<'r> Compiler<'_, 'r> {
    /// The shape of an array.
    pub(super) fn list(&mut self, facts: &Facts<'r>, at: &str) -> Result<ListShape, CouldNotMake> {
        let elements = demanded(facts, at)?;
        let limit = |keyword: &str| facts.limits.get(keyword).and_then(size);
        let needed = elements.iter().map(|(index, _)| index + 1).max().unwrap_or(0);
        let declared = limit("maxItems");
        let mut shape = ListShape {
            min: limit("minItems").unwrap_or(0).max(needed),
            max: declared,
            max_declared: declared.is_some() && facts.said.contains(&"maxItems"),
            unique: facts.unique,
            repeated: facts.repeated,
            said: facts.said.clone(),
            ..ListShape::default()
        };
        let length = facts.lists.iter().map(|rule| rule.prefix.len()).chain([needed]);
        let covered = facts.covers.iter().filter_map(|(_, c)| if let Cover::Prefix(n) = c { Some(*n) } else { None });
        let prefix = length.chain(covered).max().unwrap_or(0);
        for index in 0..=prefix {
            let goal = element_goal(facts, &elements, index, index == prefix);
            let node = match self.node(goal.clone()) {
                Ok(node) => node,
                Err(reason) if shape.min > index => return Err(reason),
                Err(notice) => {
                    if notice.obstacle != Obstacle::Empty {
                        self.notices.push(notice);
                    }
                    shape.max = Some(shape.max.unwrap_or(usize::MAX).min(index));
                    break;
                }
            };
            if !facts.contains.is_empty() {
                let counted = self.counted(facts, &goal);
                shape.counted.push(counted);
            }
            if index == prefix {
                shape.items = Some(node);
            } else {
                shape.prefix.push(node);
            }
        }
        fit_contains(&mut shape, facts, at)?;
        if facts.repeated {
            shape.min = shape.min.max(2);
        }
        if shape.max.is_some_and(|max| max < shape.min) || (facts.repeated && facts.unique) {
            return Err(CouldNotMake::empty(at, "no array has so few and so many items"));
        }
        Ok(shape)
    }

    /// The nodes that an element may be, by what it counts for.
    fn counted(&mut self, facts: &Facts<'r>, goal: &Goal) -> Vec<(u32, NodeId)> {
        let rules: Vec<usize> = facts.contains.iter().take(MOST_CONTAINS).map(|rule| rule.loc).collect();
        let mut found = Vec::new();
        for counts in 0..1_u32 << rules.len() {
            let mut goal = goal.clone();
            goal.extend(
                rules.iter().enumerate().map(
                    |(index, loc)| {
                        if counts & (1 << index) == 0 { Lit::Not(*loc) } else { Lit::Is(*loc) }
                    },
                ),
            );
            if let Ok(node) = self.node(goal) {
                found.push((counts, node));
            }
        }
        found
    }
}

/// Brings the length in line with what may and must count for `contains`.
fn fit_contains(shape: &mut ListShape, facts: &Facts<'_>, at: &str) -> Result<(), CouldNotMake> {
    let rules = facts.contains.iter().take(MOST_CONTAINS);
    shape.contains = rules.map(|rule| Contains { min: rule.min, max: rule.max }).collect();
    let none = || CouldNotMake::empty(at, "no array has elements that `contains` asks for");
    for (number, rule) in shape.contains.iter().enumerate() {
        let bit = 1_u32 << number;
        let can = |index: usize| shape.counted.get(index).is_some_and(|o| o.iter().any(|(c, _)| c & bit != 0));
        let need_not = |index: usize| shape.counted.get(index).is_some_and(|o| o.iter().any(|(c, _)| c & bit == 0));
        let (last, further) = (shape.counted.len().saturating_sub(1), shape.items.is_some());
        let (mut may, mut must) = (0, 0);
        let mut least = if rule.min == 0 { Some(0) } else { None };
        for index in 0..shape.counted.len() {
            must += usize::from(!need_not(index));
            may += usize::from(can(index));
            if rule.max.is_some_and(|max| must > max) {
                shape.max = Some(shape.max.unwrap_or(usize::MAX).min(index));
                break;
            }
            if may >= rule.min && least.is_none() {
                least = Some(index + 1);
            }
        }
        if further && can(last) && least.is_none() {
            least = Some(shape.counted.len() + rule.min - may);
        }
        if let Some(max) = rule.max.filter(|max| further && !need_not(last) && must <= *max) {
            shape.max = Some(shape.max.unwrap_or(usize::MAX).min(shape.counted.len() + max - must));
        }
        shape.min = shape.min.max(least.ok_or_else(none)?);
    }
    Ok(())
}

/// Elements that must be there.
fn demanded(facts: &Facts<'_>, at: &str) -> Result<Vec<(usize, Lit)>, CouldNotMake> {
    let mut elements = facts.elements.clone();
    for demand in &facts.demands {
        let Demand::UnevaluatedItem(frame, lit) = demand else { continue };
        let mut index = 0;
        for (frames, cover) in &facts.covers {
            match cover {
                _ if !frames.contains(frame) => {}
                Cover::AllItems => return Err(CouldNotMake::empty(at, "every element is evaluated")),
                Cover::Prefix(length) => index = index.max(*length),
                _ => {}
            }
        }
        elements.push((index, lit.clone()));
        for (frames, cover) in &facts.covers {
            if let Cover::Items(loc) = cover
                && frames.contains(frame)
            {
                elements.push((index, Lit::Not(*loc)));
            }
        }
    }
    Ok(elements)
}

/// What holds for the element at an index, or for every further one.
fn element_goal(facts: &Facts<'_>, elements: &[(usize, Lit)], index: usize, further: bool) -> Goal {
    let mut goal: Goal = Vec::new();
    for rule in &facts.lists {
        let loc = rule
            .prefix
            .get(index)
            .copied()
            .filter(|_| !further)
            .or_else(|| rule.rest.filter(|_| further || index >= rule.prefix.len()));
        goal.extend(loc.map(Lit::Is));
    }
    for (frame, items, lit) in &facts.unevaluated {
        if *items {
            goal.extend(unevaluated(facts, *frame, lit, index));
        }
    }
    goal.extend(elements.iter().filter(|(at, _)| *at == index && !further).map(|(_, lit)| lit.clone()));
    goal
}

fn unevaluated(facts: &Facts<'_>, frame: u32, lit: &Lit, index: usize) -> Option<Lit> {
    let mut either = vec![lit.clone()];
    for (frames, cover) in &facts.covers {
        match cover {
            _ if !frames.contains(&frame) => {}
            Cover::AllItems => return None,
            Cover::Prefix(length) if index < *length => return None,
            Cover::Items(loc) => either.push(Lit::Is(*loc)),
            _ => {}
        }
    }
    if either.len() == 1 { either.pop() } else { Some(Lit::Any(either)) }
}
