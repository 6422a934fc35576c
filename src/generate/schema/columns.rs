//! A schema of rows as columns.

use super::draw::list_of;
use super::generator::SchemaGenerator;
use super::model::{Kind, Node, NodeId};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// The JSON types of its cells.
    pub(crate) types: Vec<&'static str>,
    /// Whether its cells are dates.
    pub(crate) dates: bool,
}

impl SchemaGenerator {
    /// Properties of the objects in the root's list.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let nodes = self.nodes();
        let Some(items) = list_of(&nodes[self.root()]).and_then(|list| list.items) else { return Vec::new() };
        let records = nodes[items].kinds.iter().filter_map(|kind| match kind {
            Kind::Record(shape) => Some(shape),
            _ => None,
        });
        let column = |name: &str, node: NodeId| Column {
            name: name.to_owned(),
            types: types(nodes, node),
            dates: are_dates(&nodes[node]),
        };
        records.flat_map(|shape| &shape.properties).map(|p| column(&p.name, p.node)).collect()
    }
}

/// The JSON types that a node and its branches admit.
fn types(nodes: &[Node], id: NodeId) -> Vec<&'static str> {
    let node = &nodes[id];
    let mut found: Vec<&'static str> = node.kinds.iter().map(Kind::name).collect();
    for value in node.values.iter().flat_map(|(_, values)| values) {
        found.push(match value {
            serde_json::Value::Null => "null",
            serde_json::Value::Bool(_) => "boolean",
            serde_json::Value::Number(_) => "number",
            serde_json::Value::String(_) => "string",
            serde_json::Value::Array(_) => "array",
            serde_json::Value::Object(_) => "object",
        });
    }
    found.extend(node.choice.iter().flat_map(|c| &c.branches).flat_map(|b| types(nodes, *b)));
    found
}

fn are_dates(node: &Node) -> bool {
    let dated = |kind: &Kind| matches!(kind, Kind::Text(shape) if shape.format.as_deref() == Some("date"));
    node.kinds.iter().any(dated)
}
