//! The walk through a template.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::filters::apply;
use super::values::{child, compare, equal, holds, is_empty, size, text_of};
use crate::clock::Timestamp;
use crate::policy::{Condition, Filtered, For, Node, Operand, PathStep, Template};

/// The most parts that a rendering writes, loops counted round by round.
const MAX_STEPS: usize = 500_000;

/// The most bytes that it writes.
const MAX_OUTPUT: usize = 4 * 1024 * 1024;

/// The longest range.
const MAX_RANGE: i64 = 100_000;

/// Renders a template.
///
/// # Errors
/// It writes more than the gateway holds.
pub(in crate::stack::gateway) fn render(
    template: &Template,
    body: Json,
    context: Json,
    now: Timestamp,
) -> Result<String, String> {
    let mut rendering = Rendering { body, context, now, locals: Vec::new(), out: String::new(), steps: 0 };
    rendering.nodes(&template.nodes)?;
    Ok(rendering.out)
}

/// How a part ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Rendering {
    body: Json,
    context: Json,
    now: Timestamp,
    /// The one set last is found first.
    locals: Vec<(Arc<str>, Json)>,
    out: String,
    steps: usize,
}

impl Rendering {
    fn nodes(&mut self, nodes: &[Node]) -> Result<Flow, String> {
        for node in nodes {
            self.steps += 1;
            if self.steps > MAX_STEPS || self.out.len() > MAX_OUTPUT {
                return Err("the template writes more than the gateway holds".to_owned());
            }
            let flow = self.node(node)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, node: &Node) -> Result<Flow, String> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Output(filtered) => {
                let value = self.filtered(filtered);
                self.out.push_str(&text_of(&value));
            }
            Node::If(branches, otherwise) => {
                for (condition, nodes) in branches {
                    if self.holds(condition) {
                        return self.nodes(nodes);
                    }
                }
                return self.nodes(otherwise);
            }
            Node::Case(of, branches, otherwise) => {
                let value = self.operand(of);
                for (wanted, nodes) in branches {
                    if wanted.iter().any(|w| equal(&self.operand(w), &value)) {
                        return self.nodes(nodes);
                    }
                }
                return self.nodes(otherwise);
            }
            Node::For(of) => return self.each(of),
            Node::Assign(name, filtered) => {
                let value = self.filtered(filtered);
                self.set(name, value);
            }
            Node::Capture(name, nodes) => {
                let outer = std::mem::take(&mut self.out);
                let flow = self.nodes(nodes);
                let captured = std::mem::replace(&mut self.out, outer);
                self.set(name, Json::String(captured));
                return flow;
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn set(&mut self, name: &Arc<str>, value: Json) {
        match self.locals.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.locals.push((Arc::clone(name), value)),
        }
    }

    fn each(&mut self, of: &For) -> Result<Flow, String> {
        let mut elements = elements(self.operand(&of.of));
        let number = |value: Json| value.as_u64().and_then(|n| usize::try_from(n).ok());
        let offset = of.offset.as_ref().and_then(|o| number(self.operand(o))).unwrap_or(0);
        let limit = of.limit.as_ref().and_then(|l| number(self.operand(l))).unwrap_or(usize::MAX);
        elements = elements.into_iter().skip(offset).take(limit).collect();
        if of.reversed {
            elements.reverse();
        }
        if elements.is_empty() {
            return self.nodes(&of.otherwise);
        }
        let (outer, length) = (self.locals.len(), elements.len());
        for (at, element) in elements.into_iter().enumerate() {
            // What an earlier round assigned stays; the loop's own names go.
            self.locals.insert(outer, (Arc::clone(&of.name), element));
            self.locals.insert(outer + 1, ("forloop".into(), forloop(at, length)));
            let flow = self.nodes(&of.body);
            self.locals.drain(outer..outer + 2);
            match flow? {
                Flow::Break => break,
                Flow::On | Flow::Continue => {}
            }
        }
        Ok(Flow::On)
    }

    fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Holds(operand) => holds(&self.operand(operand)),
            Condition::Compare(left, operator, right) => match (left, right) {
                (of, Operand::Empty) | (Operand::Empty, of) => {
                    let empty = is_empty(&self.operand(of));
                    empty == (*operator == crate::policy::Comparison::Equal)
                }
                _ => compare(&self.operand(left), *operator, &self.operand(right)),
            },
            Condition::And(both) => self.holds(&both.0) && self.holds(&both.1),
            Condition::Or(both) => self.holds(&both.0) || self.holds(&both.1),
            Condition::Not(of) => !self.holds(of),
        }
    }

    fn filtered(&self, filtered: &Filtered) -> Json {
        let mut value = self.operand(&filtered.operand);
        for (filter, arguments) in &filtered.filters {
            let arguments: Vec<Json> = arguments.iter().map(|a| self.operand(a)).collect();
            value = apply(*filter, value, &arguments, self.now);
        }
        value
    }

    fn operand(&self, operand: &Operand) -> Json {
        match operand {
            Operand::Nil => Json::Null,
            Operand::Empty => Json::String(String::new()),
            Operand::Bool(b) => Json::Bool(*b),
            Operand::Int(n) => Json::from(*n),
            Operand::Double(n) => Json::from(*n),
            Operand::Text(text) => Json::from(&**text),
            Operand::Path(name, steps) => self.path(name, steps),
            Operand::Range(ends) => {
                let end = |of: &Operand| super::values::number_of(&self.operand(of)).map_or(0, |n| n as i64);
                let (from, to) = (end(&ends.0), end(&ends.1));
                (from..=to.min(from.saturating_add(MAX_RANGE))).map(Json::from).collect()
            }
        }
    }

    fn path(&self, name: &str, steps: &[PathStep]) -> Json {
        // Names that loops gave stand behind those they hide.
        let local = self.locals.iter().rev().find(|(n, _)| &**n == name).map(|(_, value)| value);
        let of = local.or(match name {
            "body" => Some(&self.body),
            "context" => Some(&self.context),
            _ => None,
        });
        let Some(mut value) = of else { return Json::Null };
        let ignores_case = local.is_none();
        for (at, step) in steps.iter().enumerate() {
            let key = match step {
                PathStep::Name(name) => name.to_string(),
                PathStep::Index(operand) => text_of(&self.operand(operand)),
            };
            match child(value, &key, ignores_case) {
                Some(inner) => value = inner,
                None if key.eq_ignore_ascii_case("size") && at + 1 == steps.len() => return Json::from(size(value)),
                None => return Json::Null,
            }
        }
        value.clone()
    }
}

/// What a loop goes through: a list's elements, an object's members, one value
/// as itself.
fn elements(value: Json) -> Vec<Json> {
    match value {
        Json::Array(elements) => elements,
        Json::Object(members) => members
            .into_iter()
            .map(|(key, value)| json!({ "Key": key, "Value": value, "key": key, "value": value, "0": key, "1": value }))
            .collect(),
        Json::Null => Vec::new(),
        Json::String(text) if text.is_empty() => Vec::new(),
        other => vec![other],
    }
}

fn forloop(at: usize, length: usize) -> Json {
    json!({
        "index": at + 1, "index0": at, "rindex": length - at, "rindex0": length - at - 1,
        "first": at == 0, "last": at + 1 == length, "length": length,
    })
}
