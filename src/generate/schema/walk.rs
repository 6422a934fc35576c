//! Finds what boundary and violating values can be aimed at.

use std::collections::HashSet;

use super::format;
use super::model::{Additional, Kind, ListShape, Node, NodeId, RecordShape, TextShape};
use super::number::{Edge, MachineEdge, NumberShape};
use super::target::{Aim, Hop, Target};
use super::text::{LONGEST, PECULIAR};

/// Most targets of one schema.
const MOST_TARGETS: usize = 4000;

/// Longest list that is aimed at.
const LONGEST_LIST: usize = 20_000;

/// Deepest way.
const DEEPEST: usize = 12;

/// All targets of a schema.
#[derive(Debug, Default)]
pub(super) struct Targets {
    pub(super) boundary: Vec<Target>,
    pub(super) violating: Vec<Target>,
}

/// Walks an arena from a node.
pub(super) struct Walk<'n> {
    nodes: &'n [Node],
    hops: Vec<Hop>,
    /// Nodes above, each with how many hops led to it.
    above: Vec<(NodeId, usize)>,
    met: HashSet<NodeId>,
    found: Targets,
}

impl<'n> Walk<'n> {
    /// Lists what can be aimed at below a node.
    pub(super) fn targets(nodes: &'n [Node], root: NodeId) -> Targets {
        let mut walk =
            Self { nodes, hops: Vec::new(), above: Vec::new(), met: HashSet::new(), found: Targets::default() };
        walk.node(root);
        walk.found
    }

    fn edge(&mut self, aim: Aim) {
        if self.found.boundary.len() < MOST_TARGETS {
            self.found.boundary.push(Target { hops: self.hops.clone(), aim, keyword: "" });
        }
    }

    fn fault(&mut self, keyword: &'static str, aim: Aim) {
        if self.found.violating.len() < MOST_TARGETS {
            self.found.violating.push(Target { hops: self.hops.clone(), aim, keyword });
        }
    }

    fn into(&mut self, hop: Hop, node: NodeId) {
        self.hops.push(hop);
        self.node(node);
        self.hops.pop();
    }

    fn node(&mut self, id: NodeId) {
        if let Some((_, at)) = self.above.iter().find(|(above, _)| *above == id) {
            self.again(*at);
            return;
        }
        let full = self.found.boundary.len() >= MOST_TARGETS && self.found.violating.len() >= MOST_TARGETS;
        if full || self.hops.len() > DEEPEST {
            return;
        }
        // What holds itself is aimed at where it is met first.
        if self.nodes[id].recursive && !self.met.insert(id) {
            return;
        }
        self.above.push((id, self.hops.len()));
        let node = &self.nodes[id];
        if let Some(choice) = &node.choice {
            for (index, branch) in choice.branches.iter().enumerate() {
                self.hops.push(Hop::Branch(index));
                self.edge(Aim::Any);
                self.node(*branch);
                self.hops.pop();
            }
        } else if let Some((keyword, values)) = &node.values {
            (0..values.len()).for_each(|index| self.edge(Aim::Value(index)));
            self.fault(keyword, Aim::OffValues);
            self.wrong_types(node);
        } else {
            node.kinds.iter().for_each(|kind| self.kind(kind));
            self.wrong_types(node);
        }
        for (keyword, twist) in &node.twists {
            self.fault(keyword, Aim::Twisted(*twist));
        }
        self.above.pop();
    }

    /// A schema that holds itself, nested as often as fits.
    fn again(&mut self, from: usize) {
        let cycle: Vec<Hop> = self.hops[from..].to_vec();
        if cycle.is_empty() {
            return;
        }
        let mut hops = self.hops[..from].to_vec();
        for _ in 0..(DEEPEST / cycle.len()).max(2) {
            hops.extend(cycle.iter().cloned());
        }
        if self.found.boundary.len() < MOST_TARGETS {
            self.found.boundary.push(Target { hops, aim: Aim::Any, keyword: "" });
        }
    }

    fn wrong_types(&mut self, node: &Node) {
        if !node.typed {
            return;
        }
        let names: Vec<&str> = node.kinds.iter().map(Kind::name).collect();
        let whole = names.contains(&"integer") && !names.contains(&"number");
        let order: [&'static str; 4] =
            if whole { ["string", "number", "boolean", "object"] } else { ["string", "integer", "object", "array"] };
        let right = |t: &str| names.contains(&t) || (t == "integer" && names.contains(&"number"));
        order.into_iter().filter(|t| !right(t)).take(2).for_each(|name| self.fault("type", Aim::WrongType(name)));
        if !names.contains(&"null") {
            self.fault("type", Aim::Null);
        }
    }

    fn kind(&mut self, kind: &Kind) {
        match kind {
            Kind::Null => self.edge(Aim::Null),
            Kind::Boolean => [false, true].into_iter().for_each(|value| self.edge(Aim::Boolean(value))),
            Kind::Number(shape) => self.number(shape),
            Kind::Text(shape) => self.text(shape),
            Kind::List(shape) => self.list(shape),
            Kind::Record(shape) => self.record(shape),
        }
    }

    fn number(&mut self, shape: &NumberShape) {
        for edge in [Edge::Min, Edge::AboveMin, Edge::Zero, Edge::BelowMax, Edge::Max] {
            let declared = match edge {
                Edge::Min | Edge::AboveMin => shape.lower.is_some(),
                Edge::Max | Edge::BelowMax => shape.upper.is_some(),
                _ => true,
            };
            if declared && shape.at(edge).is_some() {
                self.edge(Aim::Number(edge));
            }
        }
        for machine in MachineEdge::ALL {
            if shape.at(Edge::Machine(machine)).is_some() {
                self.edge(Aim::Number(Edge::Machine(machine)));
            }
        }
        if let Some(keyword) = shape.lower {
            self.fault(keyword, Aim::Number(Edge::UnderMin));
        }
        if let Some(keyword) = shape.upper {
            self.fault(keyword, Aim::Number(Edge::OverMax));
        }
        if shape.multiple {
            self.fault("multipleOf", Aim::Number(Edge::OffStep));
        }
    }

    /// Texts that are hard to carry, and those at the edges of a format.
    fn peculiar(&mut self, shape: &TextShape) {
        let format = shape.format.as_deref().unwrap_or_default();
        let free = shape.off_patterns.is_empty() && shape.off_formats.is_empty() && shape.more_formats.is_empty();
        let fits = |text: &&&str| {
            let length = text.chars().count();
            free && length >= shape.min
                && shape.max.is_none_or(|max| length <= max)
                && shape.patterns.iter().all(|p| p.matches(text))
        };
        let plain: &[&str] = if shape.format.is_none() { &PECULIAR } else { &[] };
        let texts: Vec<String> =
            format::edges(format).iter().chain(plain).filter(fits).map(|text| (*text).to_owned()).collect();
        texts.into_iter().for_each(|text| self.edge(Aim::Text(text)));
    }

    fn text(&mut self, shape: &TextShape) {
        let spans = shape.patterns.iter().map(super::pattern::Pattern::span);
        let (least, most) =
            spans.fold((shape.min, shape.max.unwrap_or(usize::MAX)), |a, b| (a.0.max(b.0), a.1.min(b.1)));
        let fixed = shape.format.as_deref().is_some_and(format::is_made);
        let said = |keyword: &str| shape.said.contains(&keyword);
        if !fixed {
            for length in [least, least + 1, most.saturating_sub(1), most] {
                let aim = Aim::Length(length);
                if (least..=most).contains(&length) && length <= LONGEST && !self.aimed(&aim) {
                    self.edge(aim);
                }
            }
        }
        self.peculiar(shape);
        if shape.min > 0 && said("minLength") {
            self.fault("minLength", Aim::Length(shape.min - 1));
        }
        if let Some(max) = shape.max.filter(|max| *max < LONGEST && said("maxLength")) {
            self.fault("maxLength", Aim::Length(max + 1));
        }
        if !shape.patterns.is_empty() {
            self.fault("pattern", Aim::OffPattern);
        }
        if shape.said.contains(&"format") && shape.format.as_deref().is_some_and(format::is_known) {
            self.fault("format", Aim::OffFormat);
        }
    }

    fn aimed(&self, aim: &Aim) -> bool {
        self.found.boundary.last().is_some_and(|t| t.aim == *aim && t.hops == self.hops)
    }

    fn list(&mut self, shape: &ListShape) {
        self.edge(Aim::Count(shape.min));
        if let Some(max) = shape.max.filter(|max| *max != shape.min && *max <= LONGEST_LIST) {
            self.edge(Aim::Count(max));
        }
        if shape.min > 0 && shape.said.contains(&"minItems") {
            self.fault("minItems", Aim::Count(shape.min - 1));
        }
        if let Some(max) = shape.max.filter(|max| shape.max_declared && *max < LONGEST_LIST) {
            self.fault("maxItems", Aim::Count(max + 1));
        }
        if shape.unique && shape.max.is_none_or(|max| max > 1) {
            self.fault("uniqueItems", Aim::Repeated);
        }
        for (index, node) in shape.prefix.iter().enumerate() {
            self.into(Hop::Prefix(index), *node);
        }
        if let Some(items) = shape.items.filter(|_| shape.max.is_none_or(|max| max > shape.prefix.len())) {
            self.into(Hop::Item, items);
        }
    }

    fn record(&mut self, shape: &RecordShape) {
        self.edge(Aim::Bare);
        self.edge(Aim::Full);
        for property in &shape.properties {
            if property.required {
                self.fault("required", Aim::Missing(property.name.clone()));
            } else {
                self.edge(Aim::Without(property.name.clone()));
                self.edge(Aim::Alone(property.name.clone()));
            }
        }
        if shape.additional == Additional::Forbidden && shape.said.contains(&"additionalProperties") {
            self.fault("additionalProperties", Aim::Extra);
        }
        if shape.min > 0 && shape.said.contains(&"minProperties") {
            self.fault("minProperties", Aim::Properties(shape.min - 1));
        }
        if let Some(max) = shape.max.filter(|max| *max < LONGEST_LIST && shape.said.contains(&"maxProperties")) {
            self.fault("maxProperties", Aim::Properties(max + 1));
        }
        for property in &shape.properties {
            self.into(Hop::Property(property.name.clone()), property.node);
        }
    }
}
