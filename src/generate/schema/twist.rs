//! Nodes that break one keyword: made for the keywords that the shapes alone
//! don't say how to break.

use serde_json::Value;

use super::compile::Compiler;
use super::expand::{Expansion, Twist};
use super::model::NodeId;

/// Keywords that are broken by a node of their own.
const TWISTED: [&str; 19] = [
    "not",
    "if",
    "anyOf",
    "oneOf",
    "contains",
    "minContains",
    "maxContains",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "propertyNames",
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "items",
    "prefixItems",
    "properties",
    "const",
];

/// Most such nodes of one schema.
const MOST: usize = 400;

impl Compiler<'_, '_> {
    /// Makes the nodes that break a keyword, for every node so far.
    pub(super) fn twist_all(&mut self) {
        let (before, mut made) = (self.nodes.len(), 0);
        for id in 0..before {
            if made >= MOST {
                return;
            }
            let Some(goal) = self.goals[id].clone() else { continue };
            let mut expansion = Expansion::new(&mut self.source, None);
            let Ok(ways) = expansion.ways(&goal) else { continue };
            let mut seen = Vec::new();
            for loc in ways.iter().flat_map(|facts| &facts.positive) {
                if !seen.contains(loc) {
                    seen.push(*loc);
                }
            }
            let mut twists: Vec<(&'static str, NodeId)> = Vec::new();
            for loc in seen {
                let Value::Object(map) = self.source.schema(loc) else { continue };
                for keyword in TWISTED.iter().filter(|k| map.get(**k).is_some_and(|v| breaks(k, v))) {
                    let twist = Twist { loc, keyword };
                    if let Ok(node) = self.twisted(&goal, twist) {
                        twists.push((keyword, node));
                        made += 1;
                    }
                }
            }
            self.nodes[id].twists = twists;
        }
    }
}

/// Whether a keyword needs a node of its own: what a schema below it says is
/// broken there.
fn breaks(keyword: &str, value: &Value) -> bool {
    match keyword {
        "items" => *value == Value::Bool(false),
        "additionalProperties" => !value.is_boolean(),
        "properties" => value.as_object().into_iter().flatten().any(|(_, schema)| *schema == Value::Bool(false)),
        "prefixItems" => value.as_array().into_iter().flatten().any(|schema| *schema == Value::Bool(false)),
        "const" => value.is_array() || value.is_object(),
        _ => true,
    }
}
