//! Whether no value keeps two branches at once, so that `oneOf` needs no
//! looking back.

use serde_json::Value;

use super::super::model::{Additional, Kind, Node, NodeId, RecordShape};
use crate::generate::canonical;

/// Whether each two of the branches exclude each other.
pub(super) fn all(nodes: &[Node], branches: &[NodeId]) -> bool {
    branches.iter().enumerate().all(|(at, one)| branches[..at].iter().all(|other| apart(nodes, *one, *other)))
}

fn apart(nodes: &[Node], one: NodeId, other: NodeId) -> bool {
    let (a, b) = (&nodes[one], &nodes[other]);
    if a.choice.is_some() || b.choice.is_some() {
        return false;
    }
    if let (Some((_, these)), Some((_, those))) = (&a.values, &b.values) {
        return !these.iter().any(|value| those.iter().any(|that| same(value, that)));
    }
    if !types(a).iter().any(|name| types(b).contains(name)) {
        return true;
    }
    match (a.kinds.as_slice(), b.kinds.as_slice()) {
        ([Kind::Record(this)], [Kind::Record(that)]) if a.values.is_none() && b.values.is_none() => {
            told_apart(nodes, this, that) || lacks(this, that) || lacks(that, this)
        }
        _ => false,
    }
}

fn same(a: &Value, b: &Value) -> bool {
    canonical::text(a) == canonical::text(b)
}

/// The types of a node's values, integers among the numbers.
fn types(node: &Node) -> Vec<&'static str> {
    let of_value = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match &node.values {
        Some((_, values)) => values.iter().map(of_value).collect(),
        None => node.kinds.iter().map(|kind| if kind.name() == "integer" { "number" } else { kind.name() }).collect(),
    }
}

/// Whether a property that one of them must have takes other values in each.
fn told_apart(nodes: &[Node], this: &RecordShape, that: &RecordShape) -> bool {
    this.properties.iter().any(|property| {
        let Some(twin) = that.properties.iter().find(|p| p.name == property.name) else { return false };
        let (Some((_, these)), Some((_, those))) = (&nodes[property.node].values, &nodes[twin.node].values) else {
            return false;
        };
        (property.required || twin.required) && !these.iter().any(|v| those.iter().any(|w| same(v, w)))
    })
}

/// Whether one must have a property that the other may not have.
fn lacks(this: &RecordShape, that: &RecordShape) -> bool {
    let closed = that.additional == Additional::Forbidden && that.patterns.is_empty();
    this.properties.iter().any(|property| {
        let described = that.properties.iter().any(|p| p.name == property.name);
        property.required && (that.absent.contains(&property.name) || (closed && !described))
    })
}
