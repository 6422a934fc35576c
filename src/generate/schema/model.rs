//! A schema after compiling: what can stand at each place.

use std::sync::Arc;

use serde_json::Value;

use super::number::NumberShape;
use super::pattern::Pattern;

/// A node's number in its arena.
pub(super) type NodeId = usize;

/// What can stand at one place.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The types that may stand here.
    pub(super) kinds: Vec<Kind>,
    /// Whether the schema says so with `type`.
    pub(super) typed: bool,
    /// `enum` or `const`: the only values.
    pub(super) values: Option<(&'static str, Vec<Value>)>,
    /// Examples that keep the schema.
    pub(super) examples: Vec<Value>,
    /// `anyOf` or `oneOf`; kinds and values are then in the branches.
    pub(super) choice: Option<Choice>,
    /// How deep the smallest value is; none where there is no finite one.
    pub(super) height: Option<u32>,
    /// Which of `kinds` has the smallest value.
    pub(super) spare: usize,
    /// Whether values may hold further values of this node.
    pub(super) recursive: bool,
    /// Values that are right otherwise and may not stand here.
    pub(super) excluded: Vec<Value>,
    /// Says whether a value is right where the rest of the node does not say
    /// it all.
    pub(super) check: Option<Arc<jsonschema::Validator>>,
    /// Nodes that break one keyword each and nothing else where that is
    /// possible: the keyword, the node.
    pub(super) twists: Vec<(&'static str, NodeId)>,
}

impl Node {
    /// Whether types, values, examples and branches say it all, and no type
    /// has demands beyond the plain ones.
    pub(super) fn is_plain(&self) -> bool {
        self.excluded.is_empty() && self.check.is_none() && self.kinds.iter().all(Kind::is_plain)
    }
}

/// `anyOf` or `oneOf`.
#[derive(Debug)]
pub(super) struct Choice {
    /// Its branches, each merged with what stands beside the keyword.
    pub(super) branches: Vec<NodeId>,
    /// Says whether a value keeps the whole choice.
    pub(super) check: Option<Arc<jsonschema::Validator>>,
}

/// One type with what is demanded of it.
#[derive(Debug)]
pub(super) enum Kind {
    /// `null`.
    Null,
    /// `boolean`.
    Boolean,
    /// `integer` or `number`.
    Number(NumberShape),
    /// `string`.
    Text(TextShape),
    /// `array`.
    List(ListShape),
    /// `object`.
    Record(RecordShape),
}

impl Kind {
    /// The name in `type`.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number(shape) if shape.integer => "integer",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Record(_) => "object",
        }
    }

    /// Whether it has none of the rarer demands: several formats or formats
    /// and patterns that must not hold, `contains`, `patternProperties`,
    /// `propertyNames`.
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Self::Null | Self::Boolean => true,
            Self::Number(shape) => shape.is_plain(),
            Self::Text(shape) => {
                shape.off_patterns.is_empty()
                    && shape.off_formats.is_empty()
                    && shape.more_formats.is_empty()
                    && shape.patterns.iter().all(Pattern::is_plain)
            }
            Self::List(shape) => shape.contains.is_empty() && !shape.repeated,
            Self::Record(shape) => shape.classes.is_empty() && shape.names.is_none() && shape.name_check.is_none(),
        }
    }
}

/// What is demanded of a string. Lengths are in code points.
#[derive(Debug, Default)]
pub(super) struct TextShape {
    /// `minLength`.
    pub(super) min: usize,
    /// `maxLength`.
    pub(super) max: Option<usize>,
    /// All `pattern`s.
    pub(super) patterns: Vec<Pattern>,
    /// `format`.
    pub(super) format: Option<String>,
    /// Further formats that must hold as well.
    pub(super) more_formats: Vec<String>,
    /// Patterns that must not match.
    pub(super) off_patterns: Vec<Pattern>,
    /// Formats that must not hold.
    pub(super) off_formats: Vec<String>,
    /// The keywords that stand there; lengths may follow from others.
    pub(super) said: Vec<&'static str>,
}

/// What is demanded of an array.
#[derive(Debug, Default)]
pub(super) struct ListShape {
    /// `prefixItems`.
    pub(super) prefix: Vec<NodeId>,
    /// `items`; none: no further ones, or any.
    pub(super) items: Option<NodeId>,
    /// `minItems`.
    pub(super) min: usize,
    /// `maxItems`, or the length of `prefixItems` where nothing may follow.
    pub(super) max: Option<usize>,
    /// Whether `maxItems` stands there.
    pub(super) max_declared: bool,
    /// `uniqueItems`.
    pub(super) unique: bool,
    /// `contains`, with `minContains` and `maxContains`.
    pub(super) contains: Vec<Contains>,
    /// With `contains`: for each element of `prefix`, and last for every
    /// further one, the nodes it may be. Bit `n` of the number says whether it
    /// counts for `contains` number `n`.
    pub(super) counted: Vec<Vec<(u32, NodeId)>>,
    /// Whether two elements must be equal.
    pub(super) repeated: bool,
    /// The keywords that stand there; counts may follow from others.
    pub(super) said: Vec<&'static str>,
}

/// One `contains`.
#[derive(Debug)]
pub(super) struct Contains {
    /// `minContains`.
    pub(super) min: usize,
    /// `maxContains`.
    pub(super) max: Option<usize>,
}

/// What is demanded of an object.
#[derive(Debug, Default)]
pub(super) struct RecordShape {
    /// `properties` that can be made, in the order of the file.
    pub(super) properties: Vec<Property>,
    /// Names in `properties` that may not, or can't, be there.
    pub(super) absent: Vec<String>,
    /// `additionalProperties`.
    pub(super) additional: Additional,
    /// `minProperties`.
    pub(super) min: usize,
    /// `maxProperties`.
    pub(super) max: Option<usize>,
    /// `patternProperties`: the patterns.
    pub(super) patterns: Vec<Pattern>,
    /// What stands under a name that isn't in `properties` and matches some of
    /// the patterns. Bit `n` of the number says whether pattern `n` matches.
    pub(super) classes: Vec<(u32, NodeId)>,
    /// `propertyNames`: the names.
    pub(super) names: Option<NodeId>,
    /// Says whether a name is right.
    pub(super) name_check: Option<Arc<jsonschema::Validator>>,
    /// The keywords that stand there; counts may follow from others.
    pub(super) said: Vec<&'static str>,
}

/// One property.
#[derive(Debug)]
pub(super) struct Property {
    /// Its name.
    pub(super) name: String,
    /// What stands there.
    pub(super) node: NodeId,
    /// Whether it must be there.
    pub(super) required: bool,
}

/// `additionalProperties`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Additional {
    /// Not said: others may be there, none is made.
    #[default]
    Unsaid,
    /// `false`.
    Forbidden,
    /// Others look so.
    Like(NodeId),
}
