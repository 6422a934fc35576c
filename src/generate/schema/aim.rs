//! Values at one place that stand at an edge or break one keyword.

use rand::Rng;
use serde_json::{Value, json};

use super::draw::{Draw, Lean, list_of};
use super::model::{Kind, ListShape, Node, RecordShape, TextShape};
use super::target::Aim;
use super::{format, text};

impl<'a> Draw<'a> {
    /// The value that an aim asks for at a node.
    pub(super) fn aimed(&mut self, node: &'a Node, aim: &Aim, depth: u32) -> Option<Value> {
        match aim {
            Aim::Any => self.any(node, depth),
            Aim::Value(index) => node.values.as_ref()?.1.get(*index).cloned(),
            Aim::Boolean(value) => Some(Value::Bool(*value)),
            Aim::Null => Some(Value::Null),
            Aim::Number(edge) => node.kinds.iter().find_map(|kind| match kind {
                Kind::Number(shape) => shape.at(*edge),
                _ => None,
            }),
            Aim::Length(length) => self.text(text_of(node)?, *length),
            Aim::Count(count) => self.list(list_of(node)?, depth, Some(*count), None),
            Aim::Bare => self.record(record_of(node)?, depth, &Lean::Bare, None),
            Aim::Full => self.record(record_of(node)?, depth, &Lean::Full, None),
            Aim::Without(name) => self.record(record_of(node)?, depth, &Lean::Without(name), None),
            Aim::Alone(name) => self.record(record_of(node)?, depth, &Lean::Alone(name), None),
            Aim::Missing(name) => self.record(record_of(node)?, depth, &Lean::Lacking(name), None),
            Aim::OffPattern => self.off_pattern(text_of(node)?),
            Aim::OffFormat => format::off_format(text_of(node)?.format.as_deref()?, &mut self.rng).map(Value::String),
            Aim::OffValues => self.off_values(node),
            Aim::WrongType(name) => Some(self.of_type(name)),
            Aim::Extra => self.extra(record_of(node)?, depth),
            Aim::Properties(count) => self.properties(record_of(node)?, *count, depth),
            Aim::Repeated => self.repeated(list_of(node)?, depth),
            Aim::Twisted(node) => self.node(*node, depth, None),
            Aim::Text(text) => Some(Value::String(text.clone())),
        }
    }

    fn any(&mut self, node: &'a Node, depth: u32) -> Option<Value> {
        if let Some((_, values)) = &node.values {
            let index = self.rng.random_range(0..values.len());
            return values.get(index).cloned();
        }
        match &node.choice {
            Some(choice) => self.node(*choice.branches.first()?, depth, None),
            None => self.kind(node.kinds.first()?, depth),
        }
    }

    /// A string of this length, right or not otherwise: a pattern is kept as
    /// far as it reaches.
    fn text(&mut self, shape: &TextShape, length: usize) -> Option<Value> {
        if let Some(pattern) = shape.patterns.first() {
            let (least, most) = pattern.span();
            let near = length.clamp(least, most);
            let mut matching = pattern.draw(near, &mut self.rng)?;
            if length < near {
                matching = matching.chars().take(length).collect();
            }
            let last = matching.chars().last().unwrap_or('x');
            matching.extend((near..length).map(|_| last));
            return Some(Value::String(matching));
        }
        let good = shape.format.as_deref().and_then(|f| format::of_format(f, &mut self.rng));
        let Some(good) = good else {
            return Some(Value::String(text::plain(length, self.ask.medium, &mut self.rng)));
        };
        let mut right: String = good.chars().take(length).collect();
        right.extend((right.chars().count()..length).map(|_| 'x'));
        Some(Value::String(right))
    }

    fn off_pattern(&mut self, shape: &TextShape) -> Option<Value> {
        let pattern = shape.patterns.first()?;
        let (least, most) = pattern.span();
        let length = text::length(least.max(shape.min), Some(most.min(shape.max.unwrap_or(64))), &mut self.rng);
        let matching = pattern.draw(length, &mut self.rng)?;
        let lengths = (shape.min, shape.max.unwrap_or(usize::MAX));
        pattern.miss(&matching, lengths, &mut self.rng).map(Value::String)
    }

    /// A value that is not listed, of a listed one's type where that is
    /// possible.
    fn off_values(&mut self, node: &Node) -> Option<Value> {
        let (_, values) = node.values.as_ref()?;
        let index = self.rng.random_range(0..values.len().max(1));
        let near = match values.get(index)? {
            Value::String(text) => match self.rng.random_range(0..4) {
                0 => Value::String(text.to_uppercase()),
                1 => Value::String(format!("{text}x")),
                2 => Value::String(text.chars().skip(1).collect()),
                _ => Value::String("unlisted".to_owned()),
            },
            Value::Number(number) => json!(number.as_f64()? + f64::from(self.rng.random_range(1..1000))),
            Value::Bool(value) => Value::Bool(!value),
            _ => Value::String("unlisted".to_owned()),
        };
        Some(if values.contains(&near) { Value::String("unlisted".to_owned()) } else { near })
    }

    fn of_type(&mut self, name: &str) -> Value {
        match name {
            "string" => Value::String("words".to_owned()),
            "integer" => json!(self.rng.random_range(1..1000)),
            "number" => json!(f64::from(self.rng.random_range(1..1000)) + 0.5),
            "boolean" => Value::Bool(true),
            "array" => json!([]),
            _ => json!({}),
        }
    }

    fn extra(&mut self, shape: &'a RecordShape, depth: u32) -> Option<Value> {
        let mut record = self.record(shape, depth, &Lean::Some, None)?;
        let name = (0..=shape.properties.len())
            .map(|n| format!("unexpected{n}"))
            .find(|n| !shape.properties.iter().any(|p| p.name == *n))?;
        record.as_object_mut()?.insert(name, json!("not declared"));
        Some(record)
    }

    /// Exactly so many properties: too few, or too many.
    fn properties(&mut self, shape: &'a RecordShape, count: usize, depth: u32) -> Option<Value> {
        let lean = if count < shape.min { Lean::Bare } else { Lean::Full };
        let Value::Object(mut members) = self.record(shape, depth, &lean, None)? else { return None };
        let optional: Vec<&str> = shape.properties.iter().filter(|p| !p.required).map(|p| p.name.as_str()).collect();
        for name in optional.iter().rev() {
            if members.len() > count {
                members.shift_remove(*name);
            }
        }
        while members.len() > count {
            let last = members.keys().next_back()?.clone();
            members.shift_remove(&last);
        }
        for property in &shape.properties {
            if members.len() < count && !members.contains_key(&property.name) {
                members.insert(property.name.clone(), self.node(property.node, depth + 1, None)?);
            }
        }
        self.extend(&mut members, shape, count, depth)?;
        Some(Value::Object(members))
    }

    fn repeated(&mut self, shape: &'a ListShape, depth: u32) -> Option<Value> {
        let Value::Array(mut items) = self.list(shape, depth, Some(shape.min.max(1)), None)? else { return None };
        let again = items.last()?.clone();
        if shape.max.is_some_and(|max| items.len() >= max) || items.len() > 1 {
            items.pop();
        }
        if items.is_empty() {
            items.push(again.clone());
        } else {
            items[0] = again.clone();
        }
        items.push(again);
        Some(Value::Array(items))
    }
}

fn text_of(node: &Node) -> Option<&TextShape> {
    node.kinds.iter().find_map(|kind| match kind {
        Kind::Text(shape) => Some(shape),
        _ => None,
    })
}

fn record_of(node: &Node) -> Option<&RecordShape> {
    node.kinds.iter().find_map(|kind| match kind {
        Kind::Record(shape) => Some(shape),
        _ => None,
    })
}
