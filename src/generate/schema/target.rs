//! What boundary and violating values can be aimed at: every edge and every
//! keyword of a schema, in a stable order.

use std::fmt::Write;

use super::number::{Edge, MachineEdge};

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
    /// As this node of the arena has it, which breaks the keyword.
    Twisted(usize),
    /// This text.
    Text(String),
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

    /// Whether the value is the same each time.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self.aim, Aim::Text(_))
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
            Aim::Twisted(_) => format!("breaking `{}`", self.keyword),
            Aim::Text(text) => format!("as {}", serde_json::Value::from(text.as_str())),
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
        Edge::Machine(edge) => match edge {
            MachineEdge::Int32Min => "-2147483648",
            MachineEdge::Int32Max => "2147483647",
            MachineEdge::OverInt32 => "2147483648",
            MachineEdge::Safe => "9007199254740991",
            MachineEdge::OverSafe => "9007199254740993",
            MachineEdge::Int64Min => "-9223372036854775808",
            MachineEdge::Int64Max => "9223372036854775807",
        },
        Edge::UnderMin => "below its minimum",
        Edge::OverMax => "above its maximum",
        Edge::OffStep => "off its multiples",
    }
}

/// A token of a JSON Pointer.
pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
