//! From demands on an object to its shape.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::compile::{Compiler, Goal};
use super::draw::{Ask, Draw};
use super::facts::{Cover, Demand, Facts, Lit, RestRule, STRING};
use super::keyword::size;
use super::model::{Additional, Property, RecordShape};
use super::pattern::Pattern;
use crate::generate::{CouldNotMake, Obstacle};

/// What stands under which name.
struct Names<'r> {
    /// By name; further ones are added where something must be there.
    properties: Vec<(String, Lit)>,
    patterns: Vec<(&'r str, Pattern)>,
    patterned: Vec<(usize, Lit)>,
    rests: Vec<RestRule<'r>>,
}

/// Most patterns of which pairs are tried.
const MOST_PATTERNS: usize = 12;

impl<'r> Names<'r> {
    fn of(facts: &Facts<'r>, at: &str) -> Result<Self, CouldNotMake> {
        let mut names = Self {
            properties: facts.properties.iter().map(|(name, lit)| ((*name).to_owned(), lit.clone())).collect(),
            patterns: Vec::new(),
            patterned: Vec::new(),
            rests: facts.rests.clone(),
        };
        for (frame, items, lit) in &facts.unevaluated {
            if !items {
                names.rests.extend(uncovered(facts, *frame, lit));
            }
        }
        let sources = facts.patterned.iter().map(|(pattern, _)| *pattern);
        let more = names.rests.iter().flat_map(|rest| rest.patterns.clone()).collect::<Vec<_>>();
        let sought = facts.demands.iter().flat_map(|demand| match demand {
            Demand::Matching(pattern, _) => vec![*pattern],
            Demand::Beside(rest) => rest.patterns.clone(),
            _ => Vec::new(),
        });
        for source in sources.chain(more).chain(sought) {
            if !names.patterns.iter().any(|(known, _)| *known == source) && names.patterns.len() < 31 {
                let pattern = Pattern::parse(source).map_err(|reason| CouldNotMake::not_found(at, reason))?;
                names.patterns.push((source, pattern));
            }
        }
        for (source, lit) in &facts.patterned {
            if let Some(index) = names.patterns.iter().position(|(known, _)| known == source) {
                names.patterned.push((index, lit.clone()));
            }
        }
        Ok(names)
    }

    /// Which patterns a name matches.
    fn class(&self, name: &str) -> u32 {
        let matching = self.patterns.iter().enumerate().filter(|(_, (_, pattern))| pattern.matches(name));
        matching.fold(0, |class, (index, _)| class | (1 << index))
    }

    /// What holds under names of a class; with a name, under that one.
    fn goal(&self, name: Option<&str>, class: u32) -> Goal {
        let named = self.properties.iter().filter(|(known, _)| name == Some(known)).map(|(_, lit)| lit.clone());
        let matching = self.patterned.iter().filter(|(index, _)| class & (1 << index) != 0).map(|(_, lit)| lit.clone());
        let rests = self.rests.iter().filter(|rest| self.is_beside(rest, name, class)).map(|rest| rest.lit.clone());
        named.chain(matching).chain(rests).collect()
    }

    fn is_beside(&self, rest: &RestRule<'_>, name: Option<&str>, class: u32) -> bool {
        let matches = |source: &&str| {
            let index = self.patterns.iter().position(|(known, _)| known == source);
            index.is_some_and(|index| class & (1 << index) != 0)
        };
        !name.is_some_and(|name| rest.names.contains(&name)) && !rest.patterns.iter().any(matches)
    }
}

/// The names that a frame does not evaluate; none where it evaluates all.
fn uncovered<'r>(facts: &Facts<'r>, frame: u32, lit: &Lit) -> Option<RestRule<'r>> {
    let mut rest = RestRule { names: Vec::new(), patterns: Vec::new(), lit: lit.clone() };
    for (frames, cover) in &facts.covers {
        match cover {
            _ if !frames.contains(&frame) => {}
            Cover::Name(name) => rest.names.push(name),
            Cover::Pattern(pattern) => rest.patterns.push(pattern),
            Cover::AllNames => return None,
            _ => {}
        }
    }
    Some(rest)
}

impl<'r> Compiler<'_, 'r> {
    /// The shape of an object.
    pub(super) fn record(&mut self, facts: &Facts<'r>, at: &str) -> Result<RecordShape, CouldNotMake> {
        let mut names = Names::of(facts, at)?;
        let limit = |keyword: &str| facts.limits.get(keyword).and_then(size);
        let mut shape = RecordShape {
            min: limit("minProperties").unwrap_or(0),
            max: limit("maxProperties"),
            said: facts.said.clone(),
            ..RecordShape::default()
        };
        let mut required: Vec<String> = facts.required.iter().map(|name| (*name).to_owned()).collect();
        self.names(&mut shape, facts)?;
        for demand in &facts.demands {
            let name = self.demanded(demand, facts, &mut names, &shape, at)?;
            required.extend(name);
        }
        let mut known: Vec<String> = Vec::new();
        for name in names.properties.iter().map(|(name, _)| name).chain(&required) {
            if !known.contains(name) {
                known.push(name.clone());
            }
        }
        shape.absent = facts.absent.iter().map(|name| (*name).to_owned()).collect();
        for name in known {
            self.property(&mut shape, &names, &name, required.contains(&name), at)?;
        }
        self.others(&mut shape, &names);
        shape.patterns = names.patterns.into_iter().map(|(_, pattern)| pattern).collect();
        let closed = shape.additional == Additional::Forbidden && shape.classes.is_empty();
        let needed = shape.properties.iter().filter(|p| p.required).count();
        if (closed && shape.properties.len() < shape.min) || shape.max.is_some_and(|max| max < needed.max(shape.min)) {
            return Err(CouldNotMake::empty(at, "no object has so few and so many properties"));
        }
        Ok(shape)
    }

    fn names(&mut self, shape: &mut RecordShape, facts: &Facts<'r>) -> Result<(), CouldNotMake> {
        if facts.names.is_empty() {
            return Ok(());
        }
        let mut goal = facts.names.clone();
        shape.name_check = self.check(&goal);
        goal.push(Lit::Types(STRING));
        match self.node(goal) {
            Ok(node) => shape.names = Some(node),
            // Then the object has no properties.
            Err(reason) if reason.obstacle == Obstacle::Empty => shape.max = Some(0),
            Err(reason) => return Err(reason),
        }
        Ok(())
    }

    fn property(
        &mut self,
        shape: &mut RecordShape,
        names: &Names<'r>,
        name: &str,
        required: bool,
        at: &str,
    ) -> Result<(), CouldNotMake> {
        let named_right = shape.name_check.as_ref().is_none_or(|check| check.is_valid(&Value::from(name)));
        let class = names.class(name);
        let made = if shape.absent.iter().any(|a| a == name) || !named_right {
            Err(CouldNotMake::empty(at, format!("`{name}` may not be there")))
        } else {
            self.node(names.goal(Some(name), class))
        };
        match made {
            Ok(node) => shape.properties.push(Property { name: name.to_owned(), node, required }),
            Err(reason) if required => return Err(reason),
            Err(notice) => {
                if notice.obstacle != Obstacle::Empty {
                    self.notices.push(notice);
                }
                if !shape.absent.iter().any(|a| a == name) {
                    shape.absent.push(name.to_owned());
                }
            }
        }
        Ok(())
    }

    /// What stands under names that are not listed.
    fn others(&mut self, shape: &mut RecordShape, names: &Names<'r>) {
        shape.additional = match names.goal(None, 0) {
            goal if goal.is_empty() => Additional::Unsaid,
            goal => match self.node(goal) {
                Ok(node) => Additional::Like(node),
                Err(notice) => {
                    if notice.obstacle != Obstacle::Empty {
                        self.notices.push(notice);
                    }
                    Additional::Forbidden
                }
            },
        };
        let count = names.patterns.len().min(MOST_PATTERNS);
        let pairs = (0..count).flat_map(|a| (0..a).map(move |b| (1 << a) | (1 << b)));
        let classes: Vec<u32> = (0..count).map(|a| 1 << a).chain(pairs).collect();
        for class in classes {
            match self.node(names.goal(None, class)) {
                Ok(node) => shape.classes.push((class, node)),
                Err(notice) if notice.obstacle != Obstacle::Empty => self.notices.push(notice),
                Err(_) => {}
            }
        }
    }

    /// Puts what is demanded somewhere under a name; the name.
    fn demanded(
        &mut self,
        demand: &Demand<'r>,
        facts: &Facts<'r>,
        names: &mut Names<'r>,
        shape: &RecordShape,
        at: &str,
    ) -> Result<Option<String>, CouldNotMake> {
        let none = || CouldNotMake::empty(at, "no property can break the rule for its name");
        let (candidates, lit) = match demand {
            Demand::UnevaluatedItem(..) => return Ok(None),
            Demand::Matching(pattern, lit) => (Self::matching(pattern, names), Some(lit)),
            Demand::Name(lit) => (self.named(facts, lit), None),
            Demand::Beside(rest) => (beside(names, rest), Some(&rest.lit)),
            Demand::Unevaluated(frame, lit) => {
                let rest = uncovered(facts, *frame, lit).ok_or_else(none)?;
                (beside(names, &rest), Some(lit))
            }
        };
        let mut obstacle = none();
        for name in candidates {
            let wrong = shape.name_check.as_ref().is_some_and(|check| !check.is_valid(&Value::from(name.as_str())));
            if wrong || facts.absent.contains(&name.as_str()) {
                continue;
            }
            let mut goal = names.goal(Some(&name), names.class(&name));
            goal.extend(lit.cloned());
            match self.node(goal) {
                Ok(_) => {
                    let lit = lit.cloned().unwrap_or(Lit::Types(super::facts::EVERY));
                    names.properties.push((name.clone(), lit));
                    return Ok(Some(name));
                }
                // There may be another name.
                Err(reason) => obstacle = CouldNotMake { obstacle: Obstacle::NotFound, ..reason },
            }
        }
        Err(obstacle)
    }

    /// Names that match a pattern: listed ones, and new ones.
    fn matching(source: &str, names: &Names<'r>) -> Vec<String> {
        let Some((_, pattern)) = names.patterns.iter().find(|(known, _)| *known == source) else { return Vec::new() };
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let (least, most) = pattern.span();
        let mut found: Vec<String> =
            (0..12_usize).filter_map(|more| pattern.draw(least.saturating_add(more / 2).min(most), &mut rng)).collect();
        found.extend(names.properties.iter().map(|(name, _)| name.clone()).filter(|name| pattern.matches(name)));
        found
    }

    /// Names that are so.
    fn named(&mut self, facts: &Facts<'r>, lit: &Lit) -> Vec<String> {
        let mut goal = facts.names.clone();
        goal.extend([lit.clone(), Lit::Types(STRING)]);
        let Ok(node) = self.node(goal) else { return Vec::new() };
        let draw = |seed| Draw::new(&self.nodes, Ask::any(seed)).node(node, 0, None);
        (0..12).filter_map(draw).filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }
}

/// Names that a rule for the rest is about: new ones, and listed ones.
fn beside<'r>(names: &Names<'r>, rest: &RestRule<'r>) -> Vec<String> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut found: Vec<String> = (0..8).map(|n| format!("unexpected{n}")).collect();
    for (_, pattern) in &names.patterns {
        let (least, most) = pattern.span();
        found.extend((0..4).filter_map(|_| pattern.draw(least.max(1).min(most), &mut rng)));
    }
    found.extend(names.properties.iter().map(|(name, _)| name.clone()));
    found.retain(|name| names.is_beside(rest, Some(name), names.class(name)));
    found.dedup();
    found
}
