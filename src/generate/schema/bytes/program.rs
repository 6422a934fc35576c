//! A schema as pieces that are written one after the other.

use super::super::model::{Node, NodeId};
use super::build;
use super::text::Text;

/// Documents that are looked at before the others are trusted.
const PROOFS: u64 = 64;

/// How a document of a schema is written.
#[derive(Debug)]
pub(in super::super) struct Program {
    /// One for each node that is reached; the numbers are the nodes'.
    pub(super) pieces: Vec<Piece>,
    pub(super) root: NodeId,
}

impl Program {
    /// From nodes; none where some part is not plain.
    pub(in super::super) fn build(nodes: &[Node], root: NodeId) -> Option<Self> {
        build::program(nodes, root)
    }

    /// Whether some documents of it keep the schema: what a node does not say
    /// shows here.
    pub(in super::super) fn is_proven(&self, validator: &jsonschema::Validator) -> bool {
        let mut out = Vec::new();
        (0..PROOFS).all(|seed| {
            out.clear();
            self.write(seed, &mut out)
                && serde_json::from_slice(&out).is_ok_and(|value: serde_json::Value| validator.is_valid(&value))
        })
    }
}

/// What is written for one node.
#[derive(Debug, Default)]
pub(super) enum Piece {
    /// The node is never reached.
    #[default]
    Nothing,
    /// One of these, ready as JSON.
    Values(Vec<Box<[u8]>>),
    /// One of these nodes; where it is deep already, the first.
    Branches {
        /// The nodes.
        ids: Vec<NodeId>,
        /// The one with the smallest values.
        least: NodeId,
    },
    /// One of these types; where it is deep already, the first.
    Parts(Vec<Part>),
}

/// What is written for one type.
#[derive(Debug)]
pub(super) enum Part {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number(Figures),
    /// A string.
    Text(Text),
    /// An array.
    List(List),
    /// An object.
    Record(Record),
}

/// Numbers `n · step · 10^-scale` for `n` from `first` to `last`.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) step: i64,
    pub(super) scale: u32,
}

/// An array of like elements.
#[derive(Debug)]
pub(super) struct List {
    pub(super) item: NodeId,
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) unique: bool,
}

/// An object.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) fields: Vec<Field>,
    /// How many of the optional fields there are, at least and at most.
    pub(super) optional: (u32, u32),
    /// Nodes of further properties, if there may be some.
    pub(super) more: Option<NodeId>,
    /// Names that further properties don't have.
    pub(super) taken: Vec<String>,
}

/// One property.
#[derive(Debug)]
pub(super) struct Field {
    /// `"name":`
    pub(super) name: Box<[u8]>,
    pub(super) node: NodeId,
    pub(super) required: bool,
}
