//! The smaller drafts to try where one fails, in a stable order.

use serde_json::Value;

use super::edit::{Change, Edit, Part};
use super::{scalar, simplest};
use crate::contract::openapi::{OpenApi, SchemaRef};
use crate::generate::payload::{Aimed, Draft, OperationGenerator};

/// Elements of a list that are tried and looked into one by one.
const FEW: usize = 16;

/// Most changes of one draft.
const MOST: usize = 4000;

/// A change, and what it belongs to: after one was taken, the search goes on
/// with what belongs to the same.
#[derive(Debug)]
pub(super) struct Proposal {
    /// The change.
    pub(super) change: Change,
    /// Where.
    pub(super) group: String,
}

/// The changes that make a draft smaller or simpler.
pub(super) fn changes(
    operation: &OperationGenerator,
    openapi: &OpenApi,
    draft: &Draft,
    target: Option<&Aimed>,
) -> Vec<Proposal> {
    let mut proposer = Proposer { openapi, found: Vec::new(), part: Part::Body, root: None, hit: None };
    proposer.parameters(operation, draft, target);
    if let Some((index, value)) = &draft.body {
        let request = operation.operation.request.as_ref();
        if request.is_some_and(|r| !r.required) && !matches!(target, Some(Aimed::Body(..))) {
            proposer.found.push(Proposal { change: Change::WithoutBody, group: "body".to_owned() });
        }
        let media_type = operation.bodies.get(*index).map(|body| body.media_type.as_str());
        let declared = request.and_then(|r| r.content.iter().find(|m| Some(m.name.as_str()) == media_type));
        let declared = declared.or_else(|| request.and_then(|r| r.content.get(*index)));
        proposer.part = Part::Body;
        proposer.root = declared.and_then(|m| m.schema.as_ref()).and_then(|s| openapi.schema(s));
        proposer.hit = draft.hit.as_deref().filter(|_| matches!(target, Some(Aimed::Body(..))));
        proposer.value(value, &mut Vec::new());
    }
    proposer.found.truncate(MOST);
    proposer.found
}

struct Proposer<'p> {
    openapi: &'p OpenApi,
    found: Vec<Proposal>,
    part: Part,
    root: Option<&'p Value>,
    /// Where the value is aimed at.
    hit: Option<&'p str>,
}

impl<'p> Proposer<'p> {
    fn parameters(&mut self, operation: &OperationGenerator, draft: &'p Draft, target: Option<&Aimed>) {
        let aimed_at = |number: usize| match target {
            Some(Aimed::Parameter(at, _) | Aimed::Present(at) | Aimed::Blank(at)) => *at == number,
            _ => false,
        };
        let optional: Vec<usize> = operation
            .parameters
            .iter()
            .enumerate()
            .filter(|(number, p)| draft.parameters[*number].is_some() && !p.parameter.required && !aimed_at(*number))
            .map(|(number, _)| number)
            .collect();
        let mut without = |numbers: Vec<usize>| {
            self.found.push(Proposal { change: Change::WithoutParameters(numbers), group: "parameters".to_owned() });
        };
        if optional.len() > 1 {
            without(optional.clone());
        }
        optional.into_iter().for_each(|number| without(vec![number]));
        for (number, parameter) in operation.parameters.iter().enumerate() {
            let Some(value) = &draft.parameters[number] else { continue };
            self.part = Part::Parameter(number);
            let schema: Option<&SchemaRef> = parameter.parameter.schema.as_ref();
            self.root = schema.and_then(|schema| self.openapi.schema(schema));
            let aimed = matches!(target, Some(Aimed::Parameter(at, _) | Aimed::Blank(at)) if *at == number);
            self.hit = draft.hit.as_deref().filter(|_| aimed);
            self.value(value, &mut Vec::new());
        }
    }

    fn push(&mut self, path: &[String], edit: Edit) {
        if self.found.len() < MOST {
            let pointer = pointer(path);
            let group = format!("{:?} {pointer}", self.part);
            self.found.push(Proposal { change: Change::At(self.part, pointer, edit), group });
        }
    }

    /// Everything at a place and below.
    fn value(&mut self, value: &Value, path: &mut Vec<String>) {
        if self.found.len() >= MOST {
            return;
        }
        let schemas = self.root.map_or_else(Vec::new, |root| self.openapi.schemas_at(root, path));
        let Some(simplest) = simplest::values(self.openapi, &schemas, value) else { return };
        let goal = simplest.iter().find_map(Value::as_f64).unwrap_or(0.0);
        simplest.into_iter().for_each(|value| self.push(path, Edit::Put(value)));
        match value {
            Value::Object(members) => {
                let names: Vec<&String> = members.keys().collect();
                self.members(&names, &schemas, path);
                for (name, member) in members {
                    path.push(name.clone());
                    self.value(member, path);
                    path.pop();
                }
            }
            Value::Array(items) => self.list(items, path),
            Value::String(text) => scalar::strings(text).into_iter().for_each(|v| self.push(path, Edit::Put(v))),
            Value::Number(number) => {
                let value = number.as_f64().unwrap_or_default();
                scalar::numbers(value, goal).into_iter().for_each(|v| self.push(path, Edit::Put(v)));
            }
            Value::Bool(_) | Value::Null => {}
        }
    }

    /// Fewer members: all that need not be there, halves, quarters, each.
    fn members(&mut self, names: &[&String], schemas: &[&Value], path: &[String]) {
        let required = |name: &String| {
            let lists = schemas.iter().filter_map(|schema| schema.get("required").and_then(Value::as_array));
            lists.flatten().any(|known| known.as_str() == Some(name))
        };
        let free: Vec<String> = names.iter().filter(|name| !required(name)).map(|name| (*name).clone()).collect();
        let mut size = free.len();
        while size > 2 {
            free.chunks(size).for_each(|some| self.push(path, Edit::Drop(some.to_vec())));
            size = size.div_ceil(2);
        }
        free.into_iter().for_each(|name| self.push(path, Edit::Drop(vec![name])));
        for name in names.iter().filter(|name| required(name)) {
            self.push(path, Edit::Drop(vec![(*name).clone()]));
        }
    }

    /// Fewer elements: halves, quarters, eighths; simpler ones; each gone.
    fn list(&mut self, items: &[Value], path: &mut Vec<String>) {
        let count = items.len();
        if count > 1 {
            self.push(path, Edit::Keep(0..count / 2));
            self.push(path, Edit::Keep(count / 2..count));
            for share in [4, 8] {
                let size = count / share;
                let chunks = if size > 0 { count.div_ceil(size) } else { 0 };
                for from in (0..chunks).map(|n| n * size) {
                    self.push(path, Edit::Cut(from..(from + size).min(count)));
                }
            }
        }
        if let (true, Some(first)) = (count > 1, items.first()) {
            let schemas = self.root.map_or_else(Vec::new, |root| {
                let below: Vec<String> = path.iter().cloned().chain(["0".to_owned()]).collect();
                self.openapi.schemas_at(root, &below)
            });
            for value in simplest::values(self.openapi, &schemas, first).unwrap_or_else(|| vec![first.clone()]) {
                self.push(path, Edit::Every(value));
            }
        }
        if count <= FEW {
            (0..count).rev().for_each(|at| self.push(path, Edit::Cut(at..at + 1)));
        } else {
            self.push(path, Edit::Cut(count - 1..count));
            self.push(path, Edit::Cut(0..1));
        }
        let hit = self.hit.and_then(|hit| element_of(hit, &pointer(path)));
        for (at, item) in items.iter().enumerate() {
            if count <= FEW || at == 0 || at + 1 == count || hit == Some(at) {
                path.push(at.to_string());
                self.value(item, path);
                path.pop();
            }
        }
    }
}

/// The element of the list at `list` that a pointer leads through.
fn element_of(hit: &str, list: &str) -> Option<usize> {
    hit.strip_prefix(list)?.strip_prefix('/')?.split('/').next()?.parse().ok()
}

fn pointer(path: &[String]) -> String {
    path.iter().fold(String::new(), |at, token| format!("{at}/{}", token.replace('~', "~0").replace('/', "~1")))
}
