//! What boundary and violating values can be aimed at: every edge and every
//! keyword of a schema, in a stable order.

use std::fmt::Write;

use super::model::{Additional, Kind, ListShape, Node, NodeId, RecordShape, TextShape};
use super::number::Edge;
use super::text::{self, LONGEST};

/// One step from the root of a value to the place that is aimed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    /// Into a property.
    Property(String),
    /// Into some element that `items` describes.
    Item,
    /// Into an element that `prefixItems` describes.
    Prefix(usize),
    /// Into a branch of `anyOf` or `oneOf`: the place stays the same.
    Branch(usize),
}

/// What is done at the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Anything that keeps the schema.
    Any,
    /// This one of the `enum`.
    Value(usize),
    /// A truth value.
    Boolean(bool),
    /// Null, where it is right or not.
    Null,
    /// A number at an edge.
    Number(Edge),
    /// A string of this many code points.
    Length(usize),
    /// A list of this many elements.
    Count(usize),
    /// Only the required properties.
    Bare,
    /// All properties.
    Full,
    /// All but this property.
    Without(String),
    /// This one beside the required ones.
    Alone(String),
    /// Not matching the pattern.
    OffPattern,
    /// Breaking the format.
    OffFormat,
    /// None of the values.
    OffValues,
    /// Another type, by name.
    WrongType(&'static str),
    /// A required property is not there.
    Missing(String),
    /// A property too many by name.
    Extra,
    /// So many properties, too few or too many.
    Properties(usize),
    /// An element twice.
    Repeated,
}

/// One thing to aim at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The way.
    pub(crate) hops: Vec<Hop>,
    /// What is done there.
    pub(crate) aim: Aim,
    /// The keyword that must fail; empty for boundary values.
    pub(crate) keyword: &'static str,
}

impl Target {
    /// The place as a JSON Pointer with `*` for every element.
    pub(crate) fn place(&self) -> String {
        self.hops.iter().fold(String::new(), |mut path, hop| {
            match hop {
                Hop::Property(name) => path = path + "/" + &escape(name),
                Hop::Item => path.push_str("/*"),
                Hop::Prefix(index) => {
                    let _ = write!(path, "/{index}");
                }
                Hop::Branch(_) => {}
            }
            path
        })
    }

    /// Whether the way leads through `anyOf` or `oneOf`.
    pub(crate) fn takes_a_branch(&self) -> bool {
        self.hops.iter().any(|hop| matches!(hop, Hop::Branch(_)))
    }

    /// How many elements it asks for.
    pub(crate) fn items(&self) -> usize {
        if let Aim::Count(count) = self.aim { count } else { 0 }
    }

    /// What is tried, in plain words.
    pub(crate) fn title(&self) -> String {
        match &self.aim {
            Aim::Any => "taking another branch".to_owned(),
            Aim::Value(index) => format!("with value {} of its enum", index + 1),
            Aim::Boolean(value) => format!("{value}"),
            Aim::Null => "null".to_owned(),
            Aim::Number(edge) => number_words(*edge).to_owned(),
            Aim::Length(length) => format!("{length} characters long"),
            Aim::Count(count) => format!("with {count} items"),
            Aim::Bare => "with required properties only".to_owned(),
            Aim::Full => "with all properties".to_owned(),
            Aim::Without(name) => format!("without `{name}`"),
            Aim::Alone(name) => format!("with `{name}` alone"),
            Aim::OffPattern => "off its pattern".to_owned(),
            Aim::OffFormat => "off its format".to_owned(),
            Aim::OffValues => "with a value that is not listed".to_owned(),
            Aim::WrongType(name) => format!("as {name}"),
            Aim::Missing(name) => format!("without the required `{name}`"),
            Aim::Extra => "with a property that is not declared".to_owned(),
            Aim::Properties(count) => format!("with {count} properties"),
            Aim::Repeated => "with an item twice".to_owned(),
        }
    }
}

fn number_words(edge: Edge) -> &'static str {
    match edge {
        Edge::Min => "at its minimum",
        Edge::AboveMin => "just above its minimum",
        Edge::BelowMax => "just below its maximum",
        Edge::Max => "at its maximum",
        Edge::Zero => "zero",
        Edge::UnderMin => "below its minimum",
        Edge::OverMax => "above its maximum",
        Edge::OffStep => "off its multiples",
    }
}

/// A token of a JSON Pointer.
pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

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
    above: Vec<NodeId>,
    found: Targets,
}

impl<'n> Walk<'n> {
    /// Lists what can be aimed at below a node.
    pub(super) fn targets(nodes: &'n [Node], root: NodeId) -> Targets {
        let mut walk = Self { nodes, hops: Vec::new(), above: Vec::new(), found: Targets::default() };
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
        if self.above.contains(&id) || self.hops.len() > DEEPEST {
            return;
        }
        self.above.push(id);
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
        self.above.pop();
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
            Kind::Number(shape) => {
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
            Kind::Text(shape) => self.text(shape),
            Kind::List(shape) => self.list(shape),
            Kind::Record(shape) => self.record(shape),
        }
    }

    fn text(&mut self, shape: &TextShape) {
        let spans = shape.patterns.iter().map(super::pattern::Pattern::span);
        let (least, most) =
            spans.fold((shape.min, shape.max.unwrap_or(usize::MAX)), |a, b| (a.0.max(b.0), a.1.min(b.1)));
        let fixed = shape.format.as_deref().is_some_and(text::is_known);
        if !fixed {
            for length in [least, least + 1, most.saturating_sub(1), most] {
                let aim = Aim::Length(length);
                if (least..=most).contains(&length) && length <= LONGEST && !self.aimed(&aim) {
                    self.edge(aim);
                }
            }
        }
        if shape.min > 0 {
            self.fault("minLength", Aim::Length(shape.min - 1));
        }
        if let Some(max) = shape.max.filter(|max| *max < LONGEST) {
            self.fault("maxLength", Aim::Length(max + 1));
        }
        if !shape.patterns.is_empty() {
            self.fault("pattern", Aim::OffPattern);
        }
        if fixed {
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
        if shape.min > 0 {
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
        if shape.additional == Additional::Forbidden {
            self.fault("additionalProperties", Aim::Extra);
        }
        if shape.min > 0 {
            self.fault("minProperties", Aim::Properties(shape.min - 1));
        }
        if let Some(max) = shape.max.filter(|max| *max < LONGEST_LIST) {
            self.fault("maxProperties", Aim::Properties(max + 1));
        }
        for property in &shape.properties {
            self.into(Hop::Property(property.name.clone()), property.node);
        }
    }
}
