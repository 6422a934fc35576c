//! Takes a set of demands apart into the ways to keep them all.
//!
//! Works like a tableau: what must hold is taken at once, what leaves a choice
//! waits; then the choice with the fewest open ends is tried in each of its
//! ends. A way that contradicts itself is given up.

use std::collections::HashSet;
use std::rc::Rc;

use serde_json::Value;

use super::facts::{
    self, ContainsRule, Cover, Demand, EVERY, Facts, Frames, ListRule, Lit, OBJECT, RestRule, Types, same, type_of,
    types_in,
};
use super::source::{LocId, Source};
use crate::generate::CouldNotMake;

/// One thing that an alternative says.
#[derive(Clone, Debug)]
pub(super) enum Step<'r> {
    /// A demand.
    Lit(Lit, Frames),
    /// A schema but for one keyword.
    But(LocId, &'r str, Frames),
    Types(Types),
    Absent(&'r str),
    Present(&'r str),
    Property(&'r str, Lit),
    Element(usize, Lit),
    Limit(&'static str, Value),
    OffPattern(&'r str),
    OffFormat(&'r str),
    Exclude(&'r Value),
    OffMultiple(&'r Value),
    Repeated,
    Contains(ContainsRule),
    Demand(Demand<'r>),
}

/// Things that are said together.
pub(super) type Alternative<'r> = Vec<Step<'r>>;

/// One way, not yet at its end.
#[derive(Clone)]
pub(super) struct Way<'r> {
    pub(super) facts: Facts<'r>,
    pub(super) todo: Vec<Step<'r>>,
    pub(super) choices: Vec<Vec<Alternative<'r>>>,
    seen: HashSet<(Lit, Frames)>,
    pub(super) dead: bool,
}

/// A keyword that is to be broken at one schema.
#[derive(Clone, Copy)]
pub(super) struct Twist<'r> {
    pub(super) loc: LocId,
    pub(super) keyword: &'r str,
}

/// Takes demands apart.
pub(super) struct Expansion<'s, 'r> {
    pub(super) source: &'s mut Source<'r>,
    pub(super) twist: Option<Twist<'r>>,
    next_frame: u32,
    pub(super) steps: u32,
    /// Whether ways were left out.
    pub(super) cut: bool,
    fault: Option<CouldNotMake>,
}

/// Most ways of one set of demands.
const MOST_WAYS: usize = 64;

/// Most choices taken on the way.
const MOST_STEPS: u32 = 4000;

/// How often one schema is entered at one place.
const MOST_ENTRIES: usize = 3;

impl<'s, 'r> Expansion<'s, 'r> {
    pub(super) fn new(source: &'s mut Source<'r>, twist: Option<Twist<'r>>) -> Self {
        Self { source, twist, next_frame: 0, steps: 0, cut: false, fault: None }
    }

    /// All ways to keep the demands, at most [`MOST_WAYS`].
    pub(super) fn ways(&mut self, goal: &[Lit]) -> Result<Vec<Facts<'r>>, CouldNotMake> {
        let frames: Frames = Rc::from([]);
        let todo = goal.iter().rev().map(|lit| Step::Lit(lit.clone(), frames.clone())).collect();
        let facts = Facts { types: EVERY, ..Facts::default() };
        let way = Way { facts, todo, choices: Vec::new(), seen: HashSet::new(), dead: false };
        let mut found = Vec::new();
        self.explore(way, MOST_WAYS, &mut found);
        match self.fault.take() {
            Some(fault) if found.is_empty() => Err(fault),
            _ => Ok(found),
        }
    }

    fn explore(&mut self, mut way: Way<'r>, quota: usize, found: &mut Vec<Facts<'r>>) {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            self.cut = true;
            return;
        }
        while let Some(step) = way.todo.pop() {
            self.take(&mut way, step);
            if way.dead {
                return;
            }
        }
        if !way.facts.settle() || !self.prune(&mut way) {
            return;
        }
        let Some(next) = (0..way.choices.len()).min_by_key(|i| way.choices[*i].len()) else {
            if self.twist.is_none() || way.facts.twisted {
                found.push(way.facts);
            }
            return;
        };
        let alternatives = way.choices.swap_remove(next);
        let quota = if quota == MOST_WAYS { quota.max(alternatives.len()) } else { quota };
        let (count, start) = (alternatives.len(), found.len());
        for (index, mut alternative) in alternatives.into_iter().enumerate() {
            let left = quota.saturating_sub(found.len() - start);
            if left == 0 {
                self.cut = true;
                return;
            }
            let mut branch = way.clone();
            alternative.reverse();
            branch.todo = alternative;
            self.explore(branch, left.div_ceil(count - index), found);
        }
    }

    /// Drops alternatives that can't be, and choices that are made already.
    fn prune(&mut self, way: &mut Way<'r>) -> bool {
        let mut choices = std::mem::take(&mut way.choices);
        let mut open = Vec::with_capacity(choices.len());
        for mut choice in choices.drain(..) {
            let mut made = false;
            choice.retain(|alternative| match self.verdict(way, alternative) {
                Some(true) => {
                    made = true;
                    true
                }
                Some(false) => false,
                None => true,
            });
            match choice.len() {
                _ if made => {}
                0 => return false,
                _ => open.push(choice),
            }
        }
        way.choices = open;
        true
    }

    /// Whether an alternative holds already, or can't.
    fn verdict(&mut self, way: &Way<'r>, alternative: &Alternative<'r>) -> Option<bool> {
        let mut all = true;
        for step in alternative {
            match self.step_verdict(way, step) {
                Some(false) => return Some(false),
                None => all = false,
                Some(true) => {}
            }
        }
        all.then_some(true)
    }

    fn step_verdict(&mut self, way: &Way<'r>, step: &Step<'r>) -> Option<bool> {
        let facts = &way.facts;
        let of_types = |types: Types| match facts.types & types {
            0 => Some(false),
            left if left == facts.types => Some(true),
            _ => None,
        };
        let requires = |name: &&str| facts.types == OBJECT && facts.required.contains(name);
        match step {
            Step::Types(types) | Step::Lit(Lit::Types(types), _) => of_types(*types),
            Step::Absent(_) if facts.types & OBJECT == 0 => Some(true),
            Step::Absent(name) if requires(name) => Some(false),
            Step::Absent(name) => facts.absent.contains(name).then_some(true),
            Step::Present(name) if facts.types & OBJECT == 0 || facts.absent.contains(name) => Some(false),
            Step::Present(name) => requires(name).then_some(true),
            Step::Property(name, lit) => {
                let known = facts.properties.iter().filter(|(n, _)| n == name);
                let known: Vec<Lit> = known.map(|(_, l)| l.clone()).collect();
                known.iter().find_map(|own| self.follows(own, lit))
            }
            Step::Lit(lit, frames) => {
                let opposite = match lit {
                    Lit::Is(loc) => Lit::Not(*loc),
                    Lit::Not(loc) => Lit::Is(*loc),
                    _ => return None,
                };
                if way.seen.iter().any(|(l, _)| *l == opposite) {
                    return Some(false);
                }
                if way.seen.contains(&(lit.clone(), frames.clone())) {
                    return Some(true);
                }
                match lit {
                    Lit::Is(loc) if facts.types & self.peek(*loc, 0) == 0 => Some(false),
                    Lit::Not(loc) if facts.types & self.peek(*loc, 0) == 0 => Some(true),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a demand on a property settles another one on it.
    fn follows(&mut self, own: &Lit, other: &Lit) -> Option<bool> {
        if own == other {
            return Some(true);
        }
        match (own, other) {
            (Lit::Is(a), Lit::Not(b)) if a == b => Some(false),
            (Lit::Is(a), Lit::Not(b)) => self.disjoint(*a, *b).then_some(true),
            (Lit::Is(a), Lit::Is(b)) => self.disjoint(*a, *b).then_some(false),
            _ => None,
        }
    }

    /// Whether `const`, `enum` or `type` of two schemas have nothing in common.
    fn disjoint(&mut self, a: LocId, b: LocId) -> bool {
        if self.peek(a, 0) & self.peek(b, 0) == 0 {
            return true;
        }
        match (facts::listed(self.source.schema(a)), facts::listed(self.source.schema(b))) {
            (Some(a), Some(b)) => !a.iter().any(|x| b.iter().any(|y| same(x, y))),
            _ => false,
        }
    }

    /// The types that a schema leaves, at a glance.
    fn peek(&mut self, loc: LocId, depth: u32) -> Types {
        let Value::Object(map) = self.source.schema(loc) else {
            return if *self.source.schema(loc) == Value::Bool(false) { 0 } else { EVERY };
        };
        let mut types = map.get("type").map_or(EVERY, types_in);
        if let Some(values) = facts::listed(self.source.schema(loc)) {
            types &= values.iter().fold(0, |t, v| t | type_of(v));
        }
        if depth < 4
            && let Some(reference) = map.get("$ref").and_then(Value::as_str)
            && let Ok(target) = self.source.follow(loc, reference, false)
        {
            types &= self.peek(target, depth + 1);
        }
        types
    }

    fn take(&mut self, way: &mut Way<'r>, step: Step<'r>) {
        let facts = &mut way.facts;
        match step {
            Step::Lit(lit, frames) => self.take_lit(way, lit, &frames),
            Step::But(loc, keyword, frames) => {
                self.schema(way, loc, &frames, Some(keyword));
            }
            Step::Types(types) => facts.types &= types,
            Step::Absent(name) => facts.absent.push(name),
            Step::Present(name) => {
                facts.types &= OBJECT;
                facts.required.push(name);
            }
            Step::Property(name, lit) => facts.properties.push((name, lit)),
            Step::Element(index, lit) => facts.elements.push((index, lit)),
            Step::Limit(keyword, value) => facts.limit(keyword, value),
            Step::OffPattern(pattern) => facts.off_patterns.push(pattern),
            Step::OffFormat(format) => facts.off_formats.push(format),
            Step::Exclude(value) => facts.excluded.push(value),
            Step::OffMultiple(Value::Number(number)) => facts.off_multiples.push(number),
            Step::OffMultiple(_) => {}
            Step::Repeated => facts.repeated = true,
            Step::Contains(rule) => facts.contains.push(rule),
            Step::Demand(demand) => facts.demands.push(demand),
        }
        way.dead |= way.facts.types == 0;
    }

    fn take_lit(&mut self, way: &mut Way<'r>, lit: Lit, frames: &Frames) {
        // A schema that enters itself opens another frame each time.
        let met = way.seen.iter().filter(|(l, _)| *l == lit).count();
        if met > MOST_ENTRIES || !way.seen.insert((lit.clone(), frames.clone())) {
            return;
        }
        match lit {
            Lit::Types(types) => way.facts.types &= types,
            Lit::Any(lits) => {
                way.choices.push(lits.into_iter().map(|l| vec![Step::Lit(l, frames.clone())]).collect());
            }
            Lit::Is(loc) => {
                way.dead |= way.seen.iter().any(|(l, _)| *l == Lit::Not(loc));
                let skip = self.twist.filter(|t| t.loc == loc && !way.facts.twisted);
                let frame = self.schema(way, loc, frames, skip.map(|t| t.keyword));
                if let Some(twist) = skip {
                    way.facts.twisted = true;
                    let broken = self.deny(loc, twist.keyword, frame);
                    way.choices.push(broken);
                }
            }
            Lit::Not(loc) => {
                way.dead |= way.seen.iter().any(|(l, _)| *l == Lit::Is(loc));
                match self.source.schema(loc) {
                    Value::Bool(true) => way.dead = true,
                    Value::Object(map) => {
                        let mut alternatives = Vec::new();
                        for keyword in map.keys() {
                            alternatives.extend(self.deny(loc, keyword, None));
                        }
                        way.choices.push(alternatives);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Takes a schema's keywords, but for one. Returns the frame it opens.
    fn schema(&mut self, way: &mut Way<'r>, loc: LocId, frames: &Frames, but: Option<&str>) -> Option<u32> {
        let map = match self.source.schema(loc) {
            Value::Object(map) => map,
            Value::Bool(false) => {
                way.dead = true;
                return None;
            }
            _ => return None,
        };
        if !way.facts.positive.contains(&loc) {
            way.facts.positive.push(loc);
        }
        let opens = map.contains_key("unevaluatedProperties") || map.contains_key("unevaluatedItems");
        let frame = opens.then(|| self.open_frame());
        let inner: Frames = frames.iter().copied().chain(frame).collect();
        for (keyword, value) in map {
            if but == Some(keyword) {
                continue;
            }
            match keyword.as_str() {
                "unevaluatedProperties" | "unevaluatedItems" => {
                    let items = keyword == "unevaluatedItems";
                    let lit = Lit::Is(self.source.child(loc, &[keyword], value));
                    way.facts.unevaluated.push((frame.unwrap_or_default(), items, lit));
                    let all = if items { Cover::AllItems } else { Cover::AllNames };
                    way.facts.covers.push((frames.clone(), all));
                }
                _ => self.keyword(way, loc, (keyword, value), &inner),
            }
        }
        frame
    }

    pub(super) fn open_frame(&mut self) -> u32 {
        self.next_frame += 1;
        self.next_frame
    }

    /// What a reference leads to; where it leads nowhere, nothing can be made.
    pub(super) fn target(&mut self, loc: LocId, keyword: &str, value: &'r Value) -> Option<LocId> {
        let followed = self.source.follow(loc, value.as_str()?, keyword == "$dynamicRef");
        followed.map_err(|fault| self.fault = Some(fault)).ok()
    }

    pub(super) fn children(&mut self, loc: LocId, keyword: &str, value: &'r Value) -> Vec<LocId> {
        let list = value.as_array().into_iter().flatten().enumerate();
        list.map(|(index, schema)| self.source.child(loc, &[keyword, &index.to_string()], schema)).collect()
    }

    pub(super) fn members(&mut self, loc: LocId, keyword: &str, value: &'r Value) -> Vec<(&'r str, LocId)> {
        let members = value.as_object().into_iter().flatten();
        members.map(|(name, schema)| (name.as_str(), self.source.child(loc, &[keyword, name], schema))).collect()
    }

    /// The names and patterns that `additionalProperties` beside them leaves
    /// out.
    pub(super) fn rest(&mut self, loc: LocId, lit: Lit) -> RestRule<'r> {
        let keys = |keyword: &str| -> Vec<&'r str> {
            let members = self.source.schema(loc).get(keyword).and_then(Value::as_object);
            members.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
        };
        RestRule { names: keys("properties"), patterns: keys("patternProperties"), lit }
    }

    pub(super) fn list_rule(&mut self, loc: LocId) -> ListRule {
        let schema = self.source.schema(loc);
        let prefix = schema.get("prefixItems").map(|v| self.children(loc, "prefixItems", v)).unwrap_or_default();
        let rest = schema.get("items").map(|v| self.source.child(loc, &["items"], v));
        ListRule { prefix, rest }
    }
}
