//! From nodes to a program.

use serde_json::Value;

use super::super::model::{Additional, Kind, ListShape, Node, NodeId, RecordShape};
use super::super::number::NumberShape;
use super::exclusive;
use super::program::{Field, Figures, List, Part, Piece, Program, Record};
use super::text::Text;

/// The program of all nodes that are reached from `root`; none where one of
/// them is not plain.
pub(super) fn program(nodes: &[Node], root: NodeId) -> Option<Program> {
    let mut pieces: Vec<Piece> = Vec::new();
    pieces.resize_with(nodes.len(), Piece::default);
    let mut seen = vec![false; nodes.len()];
    let mut left = vec![root];
    while let Some(id) = left.pop() {
        if std::mem::replace(&mut seen[id], true) {
            continue;
        }
        pieces[id] = piece(nodes, &nodes[id], &mut left)?;
    }
    Some(Program { pieces, root })
}

fn piece(nodes: &[Node], node: &Node, left: &mut Vec<NodeId>) -> Option<Piece> {
    if !node.is_plain() {
        return None;
    }
    node.height?;
    if let Some((_, values)) = &node.values {
        return (!values.is_empty()).then(|| Piece::Values(values.iter().map(json).collect()));
    }
    if let Some(choice) = &node.choice {
        if choice.check.is_some() && !exclusive::all(nodes, &choice.branches) {
            return None;
        }
        let finite: Vec<NodeId> = choice.branches.iter().copied().filter(|b| nodes[*b].height.is_some()).collect();
        left.extend(&finite);
        let least = finite.iter().copied().min_by_key(|b| nodes[*b].height)?;
        return Some(Piece::Branches { ids: finite, least });
    }
    let mut parts = node.kinds.iter().map(|kind| part(nodes, kind, left)).collect::<Option<Vec<Part>>>()?;
    // The first is the one that stays where it is deep already.
    parts.sort_by_key(|part| matches!(part, Part::List(_) | Part::Record(_)));
    (!parts.is_empty()).then_some(Piece::Parts(parts))
}

fn json(value: &Value) -> Box<[u8]> {
    value.to_string().into_bytes().into_boxed_slice()
}

fn part(nodes: &[Node], kind: &Kind, left: &mut Vec<NodeId>) -> Option<Part> {
    Some(match kind {
        Kind::Null => Part::Null,
        Kind::Boolean => Part::Boolean,
        Kind::Number(shape) => Part::Number(figures(shape)?),
        Kind::Text(shape) => Part::Text(Text::build(shape)?),
        Kind::List(shape) => Part::List(list(shape, left)?),
        Kind::Record(shape) => Part::Record(record(nodes, shape, left)?),
    })
}

/// Digits that a double carries whatever they are.
const EXACT: i128 = 1_000_000_000_000_000;

fn figures(shape: &NumberShape) -> Option<Figures> {
    let (first, last, step, scale) = shape.multiples();
    let reach = |multiple: i128| multiple.checked_mul(step).map(i128::abs);
    let most = if scale == 0 { i128::from(i64::MAX) } else { EXACT };
    if first > last || reach(first)? > most || reach(last)? > most || scale > 15 {
        return None;
    }
    let small = |number: i128| i64::try_from(number).ok();
    Some(Figures { first: small(first)?, last: small(last)?, step: small(step)?, scale })
}

fn list(shape: &ListShape, left: &mut Vec<NodeId>) -> Option<List> {
    if !shape.prefix.is_empty() || shape.min > 1000 {
        return None;
    }
    let max = shape.max.unwrap_or(usize::MAX);
    let item = shape.items?;
    left.push(item);
    Some(List { item, min: shape.min, max, unique: shape.unique })
}

fn record(nodes: &[Node], shape: &RecordShape, left: &mut Vec<NodeId>) -> Option<Record> {
    if !shape.patterns.is_empty() {
        return None;
    }
    let more = match shape.additional {
        Additional::Like(node) if shape.max.is_none() && nodes[node].height.is_some() => Some(node),
        _ => None,
    };
    left.extend(more);
    let mut fields = Vec::with_capacity(shape.properties.len());
    for property in &shape.properties {
        let endless = nodes[property.node].height.is_none();
        if endless && !property.required {
            continue;
        }
        left.push(property.node);
        let name = format!("{}:", Value::String(property.name.clone())).into_bytes().into_boxed_slice();
        fields.push(Field { name, node: property.node, required: property.required });
    }
    let required = fields.iter().filter(|f| f.required).count();
    let optional = fields.len() - required;
    let least = shape.min.saturating_sub(required);
    let most = shape.max.map_or(Some(optional), |max| max.checked_sub(required))?.min(optional);
    // Beyond so many, fields share their chance, and can't be counted.
    if least > most || (optional > 64 && (least > 0 || most < optional)) {
        return None;
    }
    let optional = (least as u32, most as u32);
    let described = shape.properties.iter().map(|p| p.name.clone());
    Some(Record { fields, optional, more, taken: described.chain(shape.absent.iter().cloned()).collect() })
}
