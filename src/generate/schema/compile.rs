//! From demands to nodes.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::expand::{Expansion, Twist};
use super::facts::{self, ARRAY, BOOLEAN, FRACTION, Facts, Lit, NULL, NUMBER, OBJECT, STRING, Types, WHOLE, same};
use super::format;
use super::model::{Additional, Choice, Kind, Node, NodeId, TextShape};
use super::number::{NumberDemands, NumberShape, Unfit};
use super::pattern::Pattern;
use super::source::Source;
use crate::generate::{CouldNotMake, Obstacle};

/// The validator of a schema whose references are absolute.
pub(super) type Checks<'c> = dyn Fn(&Value) -> Option<Arc<jsonschema::Validator>> + 'c;

/// Demands taken together, in order and each once.
pub(super) type Goal = Vec<Lit>;

/// Builds the arena.
pub(super) struct Compiler<'c, 'r> {
    pub(super) source: Source<'r>,
    checks: &'c Checks<'c>,
    pub(super) nodes: Vec<Node>,
    /// The goal of each node that was made for one.
    pub(super) goals: Vec<Option<Goal>>,
    known: HashMap<Goal, Result<NodeId, CouldNotMake>>,
    depth: usize,
    work: u32,
    /// Whether types were left out that no keyword speaks of.
    pub(super) narrowed: bool,
    /// Optional parts that are left out because they can't be made.
    pub(super) notices: Vec<CouldNotMake>,
    /// Whether what is built breaks a keyword: then the goal's own validator
    /// says nothing.
    pub(super) twisting: bool,
}

/// Deepest nesting of schemas that is compiled.
const DEEPEST: usize = 80;

/// Most nodes of one schema.
const MOST_NODES: usize = 12_000;

/// Most choices taken for one schema.
const MOST_WORK: u32 = 200_000;

impl<'c, 'r> Compiler<'c, 'r> {
    pub(super) fn new(source: Source<'r>, checks: &'c Checks<'c>) -> Self {
        Self {
            source,
            checks,
            nodes: Vec::new(),
            goals: Vec::new(),
            known: HashMap::new(),
            depth: 0,
            work: 0,
            narrowed: false,
            notices: Vec::new(),
            twisting: false,
        }
    }

    /// The node of demands taken together.
    pub(super) fn node(&mut self, mut goal: Goal) -> Result<NodeId, CouldNotMake> {
        goal.sort();
        goal.dedup();
        if let Some(known) = self.known.get(&goal) {
            return known.clone();
        }
        if self.depth > DEEPEST || self.nodes.len() > MOST_NODES || self.work > MOST_WORK {
            return Err(CouldNotMake::not_found(self.place(&goal), "its schemas are too many or nested too deep"));
        }
        let id = self.push(Node::default());
        self.goals[id] = Some(goal.clone());
        self.known.insert(goal.clone(), Ok(id));
        self.depth += 1;
        let twisting = std::mem::take(&mut self.twisting);
        let made = self.fill(id, &goal, None);
        self.twisting = twisting;
        self.depth -= 1;
        if let Err(reason) = made {
            self.goals[id] = None;
            self.known.insert(goal, Err(reason.clone()));
            return Err(reason);
        }
        Ok(id)
    }

    /// A node that breaks one keyword of a schema and keeps the other demands.
    pub(super) fn twisted(&mut self, goal: &Goal, twist: Twist<'r>) -> Result<NodeId, CouldNotMake> {
        let id = self.push(Node::default());
        self.twisting = true;
        let made = self.fill(id, goal, Some(twist));
        self.twisting = false;
        made.map(|()| id)
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.goals.push(None);
        self.nodes.len() - 1
    }

    /// Where a goal stands, as a JSON Pointer.
    pub(super) fn place(&self, goal: &[Lit]) -> String {
        let place = goal.iter().find_map(|lit| match lit {
            Lit::Is(loc) | Lit::Not(loc) => Some(self.source.pointer(*loc).to_owned()),
            _ => None,
        });
        place.unwrap_or_default()
    }

    fn fill(&mut self, id: NodeId, goal: &Goal, twist: Option<Twist<'r>>) -> Result<(), CouldNotMake> {
        let mut expansion = Expansion::new(&mut self.source, twist);
        let ways = expansion.ways(goal);
        let cut = expansion.cut;
        self.work += expansion.steps;
        let at = self.place(goal);
        let mut obstacle = CouldNotMake::empty(at.as_str(), "no value keeps this schema");
        if cut {
            obstacle = CouldNotMake::not_found(at.as_str(), "too many combinations of its schemas");
        }
        let mut made = Vec::new();
        for facts in ways? {
            match self.build(&facts, goal, &at) {
                Ok(node) => made.push(node),
                Err(reason) if reason.obstacle != Obstacle::Empty || obstacle.obstacle == Obstacle::Empty => {
                    obstacle = reason;
                }
                Err(_) => {}
            }
        }
        let mut node = match made.len() {
            0 => return Err(obstacle),
            1 => made.remove(0),
            _ => {
                let branches = made.into_iter().map(|node| self.push(node)).collect();
                Node { choice: Some(Choice { branches, check: None }), ..Node::default() }
            }
        };
        if !self.twisting {
            node.examples = self.examples(goal);
        }
        self.nodes[id] = node;
        Ok(())
    }

    /// The validator of demands taken together, where they can be named.
    pub(super) fn check(&self, goal: &[Lit]) -> Option<Arc<jsonschema::Validator>> {
        if self.source.dynamic {
            return None;
        }
        let all: Vec<Value> = goal.iter().map(|lit| self.entry(lit)).collect::<Option<_>>()?;
        (self.checks)(&if all.len() == 1 { all.into_iter().next()? } else { json!({ "allOf": all }) })
    }

    fn entry(&self, lit: &Lit) -> Option<Value> {
        Some(match lit {
            Lit::Is(loc) => json!({ "$ref": self.source.address(*loc)? }),
            Lit::Not(loc) => json!({ "not": { "$ref": self.source.address(*loc)? } }),
            Lit::Any(lits) => json!({ "anyOf": lits.iter().map(|l| self.entry(l)).collect::<Option<Vec<_>>>()? }),
            Lit::Types(types) if *types == STRING => json!({ "type": "string" }),
            Lit::Types(_) => return None,
        })
    }

    /// Those examples that keep the schema.
    fn examples(&self, goal: &Goal) -> Vec<Value> {
        let [Lit::Is(loc)] = goal.as_slice() else { return Vec::new() };
        let Value::Object(map) = self.source.schema(*loc) else { return Vec::new() };
        let mut found: Vec<Value> = map.get("example").cloned().into_iter().collect();
        found.extend(map.get("examples").and_then(Value::as_array).into_iter().flatten().cloned());
        if found.is_empty() {
            return found;
        }
        let Some(check) = self.check(goal) else { return Vec::new() };
        found.retain(|example| check.is_valid(example));
        found
    }

    /// One way as a node.
    fn build(&mut self, facts: &Facts<'r>, goal: &Goal, at: &str) -> Result<Node, CouldNotMake> {
        let excluded: Vec<Value> = facts.excluded.iter().map(|v| (*v).clone()).collect();
        if let Some((keyword, values)) = &facts.values {
            let values = self.listed(facts, values, goal);
            if values.is_empty() {
                return Err(CouldNotMake::empty(at, "none of its values keeps the rest of the schema"));
            }
            let kinds = if facts.typed { declared_kinds(facts.types) } else { Vec::new() };
            return Ok(Node { kinds, typed: facts.typed, values: Some((keyword, values)), ..Node::default() });
        }
        let mut kinds = Vec::new();
        let mut obstacle = CouldNotMake::empty(at, "no type is left");
        let hinted = if facts.typed { facts.types } else { hinted(facts) & facts.types };
        for types in [hinted, facts.types & !hinted] {
            for one in split(types) {
                match self.kind(one, facts, at) {
                    Ok(kind) => kinds.push(kind),
                    Err(reason) if kinds.is_empty() => obstacle = reason,
                    Err(_) => {}
                }
            }
            // What is spoken of only to be closed is not all there is.
            if !kinds.iter().all(is_tiny) {
                self.narrowed |= types != facts.types;
                break;
            }
        }
        kinds.retain(|kind| match kind {
            Kind::Null => !excluded.contains(&Value::Null),
            Kind::Boolean => ![true, false].iter().all(|b| excluded.contains(&Value::Bool(*b))),
            _ => true,
        });
        if kinds.is_empty() {
            return Err(obstacle);
        }
        Ok(Node { kinds, typed: facts.typed, excluded, ..Node::default() })
    }

    /// Those listed values that keep the rest.
    fn listed(&self, facts: &Facts<'r>, values: &[&'r Value], goal: &Goal) -> Vec<Value> {
        let mut kept: Vec<Value> = Vec::new();
        for value in values {
            if !kept.iter().any(|k| same(k, value)) {
                kept.push((*value).clone());
            }
        }
        let simple = facts.positive.iter().all(|loc| {
            let keys = self.source.schema(*loc).as_object().into_iter().flatten().map(|(key, _)| key.as_str());
            keys.into_iter()
                .all(|k| matches!(k, "type" | "const" | "enum" | "$ref" | "allOf" | "description" | "title"))
        });
        if (!simple || goal.len() > 1)
            && !self.twisting
            && let Some(check) = self.check(goal)
        {
            kept.retain(|value| check.is_valid(value));
        }
        kept
    }

    fn kind(&mut self, types: Types, facts: &Facts<'r>, at: &str) -> Result<Kind, CouldNotMake> {
        Ok(match types {
            NULL => Kind::Null,
            BOOLEAN => Kind::Boolean,
            STRING => Kind::Text(text(facts, at)?),
            ARRAY => Kind::List(self.list(facts, at)?),
            OBJECT => Kind::Record(self.record(facts, at)?),
            _ => {
                let demands = NumberDemands {
                    limits: &facts.limits,
                    said: Some(&facts.said),
                    integer: types == WHOLE,
                    fraction: types == FRACTION,
                    off: &facts.off_multiples,
                    format: facts.formats.first().copied(),
                };
                Kind::Number(NumberShape::compile(&demands).map_err(|unfit| match unfit {
                    Unfit::Empty(reason) => CouldNotMake::empty(at, reason),
                    Unfit::OutOfReach(reason) => CouldNotMake::not_found(at, reason),
                })?)
            }
        })
    }
}

/// Whether a type has one value only.
fn is_tiny(kind: &Kind) -> bool {
    match kind {
        Kind::List(shape) => shape.max == Some(0),
        Kind::Record(shape) => {
            let closed = shape.additional == Additional::Forbidden && shape.classes.is_empty();
            shape.max == Some(0) || (closed && shape.properties.is_empty())
        }
        _ => false,
    }
}

/// Single types, numbers as one.
fn split(types: Types) -> impl Iterator<Item = Types> {
    // In the order of the old: likelier ones first.
    let number = types & NUMBER;
    [types & OBJECT, types & ARRAY, types & STRING, number, types & BOOLEAN, types & NULL]
        .into_iter()
        .filter(|one| *one != 0)
}

fn text(facts: &Facts<'_>, at: &str) -> Result<TextShape, CouldNotMake> {
    let parse = |list: &[&str]| -> Result<Vec<Pattern>, CouldNotMake> {
        list.iter().map(|p| Pattern::parse(p).map_err(|reason| CouldNotMake::not_found(at, reason))).collect()
    };
    let limit = |keyword: &str| facts.limits.get(keyword).and_then(super::keyword::size);
    let (min, max) = (limit("minLength").unwrap_or(0), limit("maxLength"));
    if max.is_some_and(|max| max < min) {
        return Err(CouldNotMake::empty(at, "no string is so short and so long"));
    }
    if facts.off_formats.iter().any(|f| facts.formats.contains(f))
        || facts.off_patterns.iter().any(|p| facts.patterns.contains(p))
    {
        return Err(CouldNotMake::empty(at, "no string keeps and breaks the same"));
    }
    let mut formats = facts.formats.iter().map(|f| (*f).to_owned());
    let format = formats.next();
    Ok(TextShape {
        min,
        max,
        patterns: parse(&facts.patterns)?,
        format,
        more_formats: formats.filter(|f| format::is_known(f)).collect(),
        off_patterns: parse(&facts.off_patterns)?,
        off_formats: facts.off_formats.iter().map(|f| (*f).to_owned()).collect(),
        said: facts.said.clone(),
    })
}

/// The types beside an `enum`, without demands: only their names are needed.
fn declared_kinds(types: Types) -> Vec<Kind> {
    let free = serde_json::Map::new();
    let number = |integer: bool| {
        let demands = NumberDemands { limits: &free, said: None, integer, fraction: false, off: &[], format: None };
        NumberShape::compile(&demands).ok().map(Kind::Number)
    };
    let kinds = split(types).filter_map(|one| match one {
        NULL => Some(Kind::Null),
        BOOLEAN => Some(Kind::Boolean),
        STRING => Some(Kind::Text(TextShape::default())),
        ARRAY => Some(Kind::List(super::model::ListShape::default())),
        OBJECT => Some(Kind::Record(super::model::RecordShape::default())),
        types => number(types == WHOLE),
    });
    kinds.collect()
}

/// The types a schema without `type` speaks of; any scalar where it speaks of
/// none.
fn hinted(facts: &Facts<'_>) -> Types {
    let limited = |names: &[&str]| names.iter().any(|n| facts.limits.contains_key(*n));
    let mut types = 0;
    if !(facts.properties.is_empty() && facts.patterned.is_empty() && facts.rests.is_empty() && facts.names.is_empty())
        || !(facts.required.is_empty() && facts.absent.is_empty() && facts.demands.is_empty())
        || facts.unevaluated.iter().any(|(_, items, _)| !items)
        || limited(&["minProperties", "maxProperties"])
    {
        types |= OBJECT;
    }
    if !(facts.lists.is_empty() && facts.contains.is_empty() && facts.elements.is_empty())
        || facts.unique
        || facts.unevaluated.iter().any(|(_, items, _)| *items)
        || limited(&["minItems", "maxItems"])
    {
        types |= ARRAY;
    }
    let textual = facts.formats.iter().any(|f| !matches!(*f, "int32" | "int64" | "float" | "double"));
    if textual || !(facts.patterns.is_empty() && facts.off_patterns.is_empty()) || limited(&["minLength", "maxLength"])
    {
        types |= STRING;
    }
    if limited(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"])
        || (!facts.formats.is_empty() && !textual)
    {
        types |= NUMBER;
    }
    if types == 0 { STRING | facts::WHOLE | BOOLEAN } else { types }
}
