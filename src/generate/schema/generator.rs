//! A compiled schema.

use std::fmt;
use std::sync::{Arc, OnceLock};

use jsonschema::{Draft, Registry, Retrieve};
use serde_json::{Value, json};

use super::bytes::Program;
use super::compile::Compiler;
use super::draft4::{self, Modern, SchemaDraft};
use super::draw::{Ask, Draw};
use super::facts::Lit;
use super::model::{Node, NodeId};
use super::reach::{mark_recursive, measure};
use super::source::Source;
use super::target::{Aim, Hop, Target};
use super::walk::{Targets, Walk};
use crate::contract::openapi::{DOCUMENT, OpenApi, SchemaRef};
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
    /// Where the keyword stands in the schema, as a JSON Pointer.
    pub(crate) by: String,
}

/// How often a value is drawn anew before it counts as out of reach.
const TRIES: u64 = 12;

/// Violations that are tried once while compiling.
const MOST_TRIED: usize = 1000;

impl SchemaGenerator {
    /// Compiles a schema of a document, as it acts for requests.
    ///
    /// # Errors
    /// The schema is none, or nothing keeps it, or nothing was found that
    /// does; the obstacle says which.
    pub fn compile(openapi: &OpenApi, schema: &SchemaRef) -> Result<Self, CouldNotMake> {
        let fault = |reason: String| CouldNotMake::new(&*schema.pointer, reason);
        let proof = openapi.request_validator(schema).map_err(fault)?;
        let registry = openapi.registry().map_err(fault)?;
        Self::within(registry, (DOCUMENT, &schema.pointer), proof)
    }

    /// Compiles a schema that stands alone, of JSON Schema 2020-12 or draft 4.
    /// `base` is its URI; documents that it refers to are asked of the
    /// retriever.
    ///
    /// # Errors
    /// The schema is none, or nothing keeps it, or nothing was found that
    /// does; the obstacle says which.
    pub fn of_schema(
        schema: &Value,
        base: &str,
        draft: SchemaDraft,
        retriever: impl Retrieve + 'static,
    ) -> Result<Self, CouldNotMake> {
        let fault = |e: &dyn fmt::Display| CouldNotMake::new(base, e.to_string());
        let (schema, retriever) = match draft {
            SchemaDraft::Draft202012 => (schema.clone(), Modern { inner: Box::new(retriever), old: false }),
            SchemaDraft::Draft4 => (draft4::modern(schema), Modern { inner: Box::new(retriever), old: true }),
        };
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .retriever(retriever)
            .add(base, Draft::Draft202012.create_resource(schema))
            .and_then(jsonschema::RegistryBuilder::prepare)
            .map_err(|e| fault(&e))?;
        let proof = validator(&registry, &json!({ "$ref": base })).map_err(|e| fault(&e))?;
        Self::within(&registry, (base, ""), proof)
    }

    /// Compiles the schema at a pointer of a document in a registry.
    fn within<'r>(
        registry: &'r Registry<'r>,
        (uri, pointer): (&str, &str),
        proof: Arc<jsonschema::Validator>,
    ) -> Result<Self, CouldNotMake> {
        let checks = |entry: &Value| validator(registry, entry).ok();
        let mut compiler = Compiler::new(Source::new(registry, uri, pointer)?, &checks);
        let root = compiler.node(vec![Lit::Is(0)])?;
        measure(&mut compiler.nodes);
        if compiler.nodes[root].height.is_none() {
            let endless = "it holds itself without end";
            // Where types were left out, one of them may end it.
            let reason = if compiler.narrowed { CouldNotMake::not_found } else { CouldNotMake::empty };
            return Err(reason(pointer, endless));
        }
        compiler.twist_all();
        let (mut nodes, mut notices) = (compiler.nodes, compiler.notices);
        measure(&mut nodes);
        mark_recursive(&mut nodes);
        notices.dedup();
        let targets = Walk::targets(&nodes, root);
        let mut made = Self {
            pointer: pointer.to_owned(),
            nodes,
            root,
            targets,
            validator: proof,
            notices,
            program: OnceLock::new(),
        };
        made.keep_breakable();
        Ok(made)
    }

    /// Drops violations that another branch makes right, or that break nothing
    /// by themselves.
    fn keep_breakable(&mut self) {
        let violating = std::mem::take(&mut self.targets.violating);
        let doubtful = |target: &Target| {
            target.takes_a_branch()
                || matches!(
                    target.aim,
                    Aim::Twisted(_) | Aim::Missing(_) | Aim::WrongType(_) | Aim::Null | Aim::OffValues
                )
        };
        let kept = violating
            .into_iter()
            .enumerate()
            .filter(|(index, target)| *index > MOST_TRIED || !doubtful(target) || self.broken(target, 1).is_ok());
        self.targets.violating = kept.map(|(_, target)| target).collect();
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

    /// The keyword that violation `index` is aimed at.
    pub fn aimed_at(&self, index: usize) -> Option<&'static str> {
        self.targets.violating.get(index).map(|target| target.keyword)
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
        let value = self.broken(target, seed)?;
        let mut failing: Vec<(String, String)> = Vec::new();
        for Failing { at, keyword, .. } in self.failing(&value) {
            if !failing.iter().any(|(a, k)| *a == at && *k == keyword) {
                failing.push((at, keyword));
            }
        }
        Ok((value, failing))
    }

    fn broken(&self, target: &Target, seed: u64) -> Result<Value, CouldNotMake> {
        let ask = Ask { target: Some(target), ..Ask::any(seed) };
        self.proven(ask, |value, hit| self.fails_as_aimed(value, target, hit))
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
        CouldNotMake::not_found(self.pointer.as_str(), what)
    }

    /// Draws a value without proof.
    pub(crate) fn draw(&self, ask: Ask<'_>) -> Option<Drawn> {
        let mut draw = Draw::new(&self.nodes, ask);
        let way = ask.target.map(|target| (target.hops.as_slice(), &target.aim));
        let value = draw.node(self.root, 0, way)?;
        Some(Drawn { value, hit: draw.hit })
    }

    /// All nodes.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of the whole.
    pub(super) fn root(&self) -> NodeId {
        self.root
    }

    /// Whether a value keeps the schema.
    pub fn is_valid(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Every keyword that fails.
    pub(crate) fn failing(&self, value: &Value) -> Vec<Failing> {
        let mut found: Vec<Failing> = Vec::new();
        for error in self.validator.iter_errors(value).take(64) {
            let failing = Failing {
                at: error.instance_path().to_string(),
                keyword: error.kind().keyword().to_owned(),
                by: error.schema_path().to_string(),
            };
            if !found.iter().any(|f| f.at == failing.at && f.keyword == failing.keyword && f.by == failing.by) {
                found.push(failing);
            }
        }
        found
    }

    /// Whether a value fails the keyword it was aimed at, or the combination
    /// that hides it.
    pub(crate) fn fails_as_aimed(&self, value: &Value, target: &Target, hit: &str) -> bool {
        self.failing(value).iter().any(|f| f.at == hit && f.keyword == target.keyword || hides(target, hit, f))
    }
}

/// Keywords that combine schemas.
const COMBINATIONS: [&str; 8] =
    ["anyOf", "oneOf", "not", "contains", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "falseSchema"];

/// Whether a failure is that of a combination at the place that was aimed at
/// or above it, or below a keyword that the target breaks.
fn hides(target: &Target, hit: &str, failing: &Failing) -> bool {
    let within = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if matches!(target.aim, Aim::Twisted(_)) && within(hit, &failing.at) {
        let mut keywords = failing.by.split('/');
        let spoken = |keyword: &str| match target.keyword {
            "if" => keyword == "then" || keyword == "else",
            "minContains" | "maxContains" => keyword == "contains",
            name => keyword == name,
        };
        if keywords.any(spoken) {
            return true;
        }
    }
    COMBINATIONS.contains(&failing.keyword.as_str()) && above_branch(target, hit, &failing.at)
}

/// The validator of a schema whose references are absolute, in a registry.
fn validator(registry: &Registry<'_>, entry: &Value) -> Result<Arc<jsonschema::Validator>, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_registry(registry)
        .should_validate_formats(true)
        .build(entry)
        .map(Arc::new)
        .map_err(|e| e.to_string())
}

/// Whether `at` is where the way to the target goes through a choice: a
/// branch, or the node that breaks one.
fn above_branch(target: &Target, hit: &str, at: &str) -> bool {
    let mut moved = 0;
    for hop in &target.hops {
        let end = hit.match_indices('/').nth(moved).map_or(hit.len(), |(cut, _)| cut);
        if matches!(hop, Hop::Branch(_)) {
            if &hit[..end] == at {
                return true;
            }
        } else {
            moved += 1;
        }
    }
    matches!(target.aim, Aim::Twisted(_)) && hit == at
}
