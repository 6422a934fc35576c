//! A compiled schema.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::bytes::Program;
use super::compile::Compiler;
use super::draw::{Ask, Draw, list_of};
use super::merge::Reading;
use super::model::{Additional, Kind, Node, NodeId};
use super::target::{Hop, Target, Targets, Walk};
use crate::contract::openapi::{Dialect, OpenApi, SchemaRef};
use crate::generate::CouldNotMake;

/// Makes documents of one schema, each from its seed alone.
pub struct SchemaGenerator {
    pointer: String,
    nodes: Vec<Node>,
    root: NodeId,
    targets: Targets,
    validator: Arc<jsonschema::Validator>,
    notices: Vec<CouldNotMake>,
    /// Made when it is first asked for; none where the schema is not plain.
    program: OnceLock<Option<Program>>,
}

impl fmt::Debug for SchemaGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchemaGenerator").field("pointer", &self.pointer).finish_non_exhaustive()
    }
}

/// A value that was drawn and not yet proven.
pub(crate) struct Drawn {
    /// The value.
    pub(crate) value: Value,
    /// Where the target was met, as a JSON Pointer.
    pub(crate) hit: Option<String>,
}

/// A keyword that fails, and the place in the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failing {
    /// JSON Pointer.
    pub(crate) at: String,
    /// The keyword.
    pub(crate) keyword: String,
}

/// How often a value is drawn anew before it counts as out of reach.
const TRIES: u64 = 12;

impl SchemaGenerator {
    /// Compiles a schema of a document, as it acts for requests.
    ///
    /// # Errors
    /// The schema uses a keyword that is not understood, or nothing keeps it.
    pub fn compile(openapi: &OpenApi, schema: &SchemaRef) -> Result<Self, CouldNotMake> {
        let validator = |pointer: &str| openapi.request_validator(&SchemaRef { pointer: pointer.into() });
        Self::compile_at(openapi.requests(), openapi.dialect, &schema.pointer, &validator)
    }

    /// Compiles the schema at a pointer of a document.
    pub(crate) fn compile_at(
        document: &Value,
        dialect: Dialect,
        pointer: &str,
        validator: &dyn Fn(&str) -> Result<Arc<jsonschema::Validator>, String>,
    ) -> Result<Self, CouldNotMake> {
        let fault = |reason: String| CouldNotMake::new(pointer, reason);
        let schema = document.pointer(pointer).ok_or_else(|| fault("no schema stands there".to_owned()))?;
        let proof = validator(pointer).map_err(fault)?;
        let resolve = |reference: &str| {
            let text = percent_encoding::percent_decode_str(reference.strip_prefix('#')?).decode_utf8().ok()?;
            document.pointer(&text).map(|target| (text.to_string(), target))
        };
        let checks = |pointer: &str| document.pointer(pointer).and_then(|_| validator(pointer).ok());
        let mut compiler = Compiler {
            reading: Reading { resolve: &resolve, dialect },
            checks: &checks,
            nodes: Vec::new(),
            known: HashMap::new(),
            notices: Vec::new(),
        };
        let root = compiler.node(schema, pointer, 0)?;
        let (mut nodes, notices) = (compiler.nodes, compiler.notices);
        measure(&mut nodes);
        if nodes[root].height.is_none() {
            return Err(fault("it refers to itself without end".to_owned()));
        }
        let targets = Walk::targets(&nodes, root);
        Ok(Self {
            pointer: pointer.to_owned(),
            nodes,
            root,
            targets,
            validator: proof,
            notices,
            program: OnceLock::new(),
        })
    }

    /// Optional parts that are never made, and why.
    pub fn notices(&self) -> &[CouldNotMake] {
        &self.notices
    }

    /// How many boundary values can be aimed at.
    pub fn boundary_count(&self) -> usize {
        self.targets.boundary.len()
    }

    /// How many violations can be aimed at.
    pub fn violating_count(&self) -> usize {
        self.targets.violating.len()
    }

    pub(crate) fn boundary(&self) -> &[Target] {
        &self.targets.boundary
    }

    pub(crate) fn violating(&self) -> &[Target] {
        &self.targets.violating
    }

    /// A value that keeps the schema.
    ///
    /// # Errors
    /// None was found.
    pub fn conforming(&self, seed: u64) -> Result<Value, CouldNotMake> {
        self.proven(Ask::any(seed), |value, _| self.validator.is_valid(value))
    }

    /// Appends a document that keeps the schema, as JSON. Where the schema is
    /// plain, no value is made on the way, and the document is another one
    /// than [`Self::conforming`] makes of this seed; one seed always gives one
    /// document.
    ///
    /// # Errors
    /// None was found; `out` is as it was.
    pub fn write_conforming(&self, seed: u64, out: &mut Vec<u8>) -> Result<(), CouldNotMake> {
        let start = out.len();
        if self.program().is_some_and(|program| program.write(seed, out)) {
            return Ok(());
        }
        out.truncate(start);
        let value = self.conforming(seed)?;
        out.extend_from_slice(value.to_string().as_bytes());
        Ok(())
    }

    /// Whether [`Self::write_conforming`] takes the short way.
    pub fn is_plain(&self) -> bool {
        self.program().is_some()
    }

    fn program(&self) -> Option<&Program> {
        let build = || {
            let program = Program::build(&self.nodes, self.root).filter(|_| self.notices.is_empty())?;
            program.is_proven(&self.validator).then_some(program)
        };
        self.program.get_or_init(build).as_ref()
    }

    /// The value at edge `index` of [`Self::boundary_count`].
    ///
    /// # Errors
    /// None was found.
    pub fn at_boundary(&self, index: usize, seed: u64) -> Result<Value, CouldNotMake> {
        let ask = Ask { target: self.targets.boundary.get(index), ..Ask::any(seed) };
        self.proven(ask, |value, _| self.validator.is_valid(value))
    }

    /// A value that fails violation `index` of [`Self::violating_count`], with
    /// every keyword that fails: place and name.
    ///
    /// # Errors
    /// None was found.
    pub fn violation(&self, index: usize, seed: u64) -> Result<(Value, Vec<(String, String)>), CouldNotMake> {
        let target = self.targets.violating.get(index);
        let target = target.ok_or_else(|| CouldNotMake::new(self.pointer.as_str(), "no such violation"))?;
        let ask = Ask { target: Some(target), ..Ask::any(seed) };
        let value = self.proven(ask, |value, hit| self.fails_as_aimed(value, target, hit))?;
        let failing = self.failing(&value).into_iter().map(|f| (f.at, f.keyword)).collect();
        Ok((value, failing))
    }

    fn proven(&self, ask: Ask<'_>, right: impl Fn(&Value, &str) -> bool) -> Result<Value, CouldNotMake> {
        for attempt in 0..TRIES {
            let ask = Ask { seed: ask.seed.wrapping_add(attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15)), ..ask };
            if let Some(drawn) = self.draw(ask)
                && right(&drawn.value, drawn.hit.as_deref().unwrap_or_default())
            {
                return Ok(drawn.value);
            }
        }
        Err(self.out_of_reach(ask.target))
    }

    /// What to say where nothing was found.
    pub(crate) fn out_of_reach(&self, target: Option<&Target>) -> CouldNotMake {
        let what = target.map_or_else(|| "a conforming value".to_owned(), |t| format!("{} {}", t.place(), t.title()));
        CouldNotMake::new(self.pointer.as_str(), format!("no value was found for: {what}"))
    }

    /// Draws a value without proof.
    pub(crate) fn draw(&self, ask: Ask<'_>) -> Option<Drawn> {
        let mut draw = Draw::new(&self.nodes, ask);
        let way = ask.target.map(|target| (target.hops.as_slice(), &target.aim));
        let value = draw.node(self.root, 0, way)?;
        Some(Drawn { value, hit: draw.hit })
    }

    /// The JSON types that may stand at the root.
    pub(crate) fn types(&self) -> Vec<&'static str> {
        types(&self.nodes, self.root)
    }

    /// The JSON types of a list's elements.
    pub(crate) fn item_types(&self) -> Vec<&'static str> {
        self.items().map_or_else(Vec::new, |node| types(&self.nodes, node))
    }

    /// Properties of the root's object: name, JSON types.
    pub(crate) fn properties(&self) -> Vec<(String, Vec<&'static str>)> {
        properties(&self.nodes, self.root)
    }

    /// Properties of the objects in the root's list: name, JSON types.
    pub(crate) fn columns(&self) -> Vec<(String, Vec<&'static str>)> {
        self.items().map_or_else(Vec::new, |node| properties(&self.nodes, node))
    }

    fn items(&self) -> Option<NodeId> {
        list_of(&self.nodes[self.root])?.items
    }

    /// Whether a value keeps the schema.
    pub fn is_valid(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Every keyword that fails.
    pub(crate) fn failing(&self, value: &Value) -> Vec<Failing> {
        let mut found: Vec<Failing> = Vec::new();
        for error in self.validator.iter_errors(value).take(64) {
            let failing = Failing { at: error.instance_path().to_string(), keyword: error.kind().keyword().to_owned() };
            if !found.contains(&failing) {
                found.push(failing);
            }
        }
        found
    }

    /// Whether a value fails the keyword it was aimed at, or the choice that
    /// hides it.
    pub(crate) fn fails_as_aimed(&self, value: &Value, target: &Target, hit: &str) -> bool {
        let failing = self.failing(value);
        failing.iter().any(|f| {
            (f.at == hit && f.keyword == target.keyword)
                || (matches!(f.keyword.as_str(), "anyOf" | "oneOf") && above_branch(target, hit, &f.at))
        })
    }
}

/// Whether `at` is where the way to the target goes through a branch.
fn above_branch(target: &Target, hit: &str, at: &str) -> bool {
    let mut moved = 0;
    target.hops.iter().any(|hop| {
        let end = hit.match_indices('/').nth(moved).map_or(hit.len(), |(cut, _)| cut);
        let prefix = &hit[..end];
        if matches!(hop, Hop::Branch(_)) {
            return prefix == at;
        }
        moved += 1;
        false
    })
}

/// The JSON types that a node and its branches admit.
fn types(nodes: &[Node], id: NodeId) -> Vec<&'static str> {
    let node = &nodes[id];
    let mut found: Vec<&'static str> = node.kinds.iter().map(Kind::name).collect();
    for value in node.values.iter().flat_map(|(_, values)| values) {
        found.push(match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        });
    }
    found.extend(node.choice.iter().flat_map(|c| &c.branches).flat_map(|b| types(nodes, *b)));
    found
}

fn properties(nodes: &[Node], id: NodeId) -> Vec<(String, Vec<&'static str>)> {
    let records = nodes[id].kinds.iter().filter_map(|kind| match kind {
        Kind::Record(shape) => Some(shape),
        _ => None,
    });
    records.flat_map(|shape| &shape.properties).map(|p| (p.name.clone(), types(nodes, p.node))).collect()
}

/// Fills in how deep the smallest value of each node is.
fn measure(nodes: &mut [Node]) {
    loop {
        let mut changed = false;
        for id in 0..nodes.len() {
            if nodes[id].height.is_none()
                && let Some(height) = height(nodes, &nodes[id])
            {
                nodes[id].height = Some(height);
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

fn height(nodes: &[Node], node: &Node) -> Option<u32> {
    let of = |id: NodeId| nodes[id].height;
    if let Some(choice) = &node.choice {
        return choice.branches.iter().filter_map(|b| of(*b)).min();
    }
    if node.values.is_some() {
        return Some(0);
    }
    let kind_height = |kind: &Kind| match kind {
        Kind::List(shape) => {
            let prefix = shape.prefix.iter().take(shape.min).map(|p| of(*p));
            let more = (shape.min > shape.prefix.len()).then(|| shape.items.and_then(of));
            prefix.chain(more).try_fold(0, |most: u32, h| Some(most.max(h?))).map(|h| h + 1)
        }
        Kind::Record(shape) => {
            let required = shape.properties.iter().filter(|p| p.required).map(|p| of(p.node));
            let depth = required.into_iter().try_fold(0, |most: u32, h| Some(most.max(h?)))?;
            let enough = shape.properties.iter().filter(|p| p.required || of(p.node).is_some()).count() >= shape.min
                || shape.additional != Additional::Forbidden;
            enough.then_some(depth + 1)
        }
        _ => Some(0),
    };
    node.kinds.iter().filter_map(kind_height).min()
}
