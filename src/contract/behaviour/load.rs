//! From text to [`Behaviour`].

use std::path::Path;

use super::declared::errors;
use super::job::{callback, determinism, jobs};
use super::outcome::{commits, effects, limits, manners, objective, reads, throttling};
use super::pool::data;
use super::promise::{correlation, idempotency, identity, lifecycle};
use super::word::{list, word};
use super::{Behaviour, DataPath, Role};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, parse_yaml};

/// The format that is read.
const FORMAT: &str = "seamstress/behaviour/1";

/// Largest behaviour file that is read, in bytes.
const MAX_BYTES: u64 = 4 << 20;

impl Behaviour {
    /// Reads a behaviour file from its text; `file` is the name shown in
    /// places.
    ///
    /// # Errors
    /// All faults at once, in the order of the file: unknown keys, values that
    /// can't be read, failure types that are named and not declared.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        let source = parse_yaml(file, text)?;
        let mut faults = Diagnostics::new();
        let behaviour = read(&source, &mut faults);
        if faults.has_errors() { Err(in_order(&faults)) } else { Ok(behaviour) }
    }

    /// Reads a behaviour file.
    ///
    /// # Errors
    /// As [`Behaviour::parse`], and a file that can't be read.
    pub fn load(path: &Path) -> Result<Self, Diagnostics> {
        let file = path.to_string_lossy();
        let text = read_text(path).map_err(|fault| {
            Diagnostic::error(Place::file(&*file), format!("the file can't be read: {fault}"))
                .expected(format!("a behaviour file that begins with `format: {FORMAT}`"))
        })?;
        Self::parse(&file, &text)
    }
}

fn read_text(path: &Path) -> std::io::Result<String> {
    if std::fs::metadata(path)?.len() > MAX_BYTES {
        return Err(std::io::Error::other(format!("it is larger than {} MiB", MAX_BYTES >> 20)));
    }
    std::fs::read_to_string(path)
}

/// What could be read; with faults beside it, it is not to be used.
fn read(source: &Node, faults: &mut Diagnostics) -> Behaviour {
    let mut fields = Fields::of(source, faults);
    let format = fields.required("format");
    let role = fields.optional("role");
    let [lifecycle_node, correlation_node, identity_node, data_path, idempotency_node, errors_node] =
        ["lifecycle", "correlation", "identity", "data_path", "idempotency", "errors"].map(|key| fields.optional(key));
    let [limits_node, throttling_node, effects_node, data_node, objectives] =
        ["limits", "throttling", "effects", "data", "objectives"].map(|key| fields.optional(key));
    let [callback_node, determinism_node, jobs_node, dataverse_node, reads_node, commits_node] =
        ["callback", "determinism", "jobs", "dataverse", "reads", "commits"].map(|key| fields.optional(key));
    fields.finish();
    if let Some(node) = format {
        word(node, &[(FORMAT, ())], faults);
    }
    let role = role.map(|node| word(node, &[("provider", Role::Provider), ("consumer", Role::Consumer)], faults));
    let paths =
        [("governed", DataPath::Governed), ("flow_commits", DataPath::FlowCommits), ("direct", DataPath::Direct)];
    let role = role.unwrap_or(Some(Role::Provider)).unwrap_or(Role::Provider);
    let (error_shape, declared) = errors(errors_node, faults);
    let (pools, set_up, clean_up) = data_node.map(|node| data(node, faults)).unwrap_or_default();
    let jobs = jobs_node.and_then(|node| jobs(node, &declared, faults));
    Behaviour {
        file: source.place.file.clone(),
        role,
        lifecycle: lifecycle_node.and_then(|node| lifecycle(node, &declared, faults)),
        correlation: correlation_node.and_then(|node| correlation(node, &declared, faults)),
        identity: identity_node.and_then(|node| identity(node, faults)),
        data_path: data_path.and_then(|node| word(node, &paths, faults)),
        idempotency: idempotency_node.and_then(|node| idempotency(node, &declared, faults)),
        error_shape,
        errors: declared.into_types(),
        limits: limits_node.and_then(|node| limits(node, faults)),
        throttling: throttling_node.and_then(|node| throttling(node, faults)),
        effects: effects_node.and_then(|node| effects(node, faults)),
        dataverse: dataverse_node.and_then(|node| manners(node, faults)),
        commits: commits_node.and_then(|node| commits(node, faults)),
        reads: reads_node.and_then(|node| reads(node, faults)),
        callback: callback_node.and_then(|node| callback(node, role, faults)),
        determinism: determinism_node.and_then(|node| determinism(node, faults)),
        jobs,
        pools,
        set_up,
        clean_up,
        objectives: objectives.and_then(|node| list(node, faults, objective)).unwrap_or_default(),
        source: source.clone(),
    }
}

/// Faults as they stand in the file, from its top.
fn in_order(faults: &Diagnostics) -> Diagnostics {
    let mut sorted: Vec<&Diagnostic> = faults.iter().collect();
    sorted.sort_by_key(|fault| (fault.place.line, fault.place.column));
    let mut ordered = Diagnostics::new();
    sorted.into_iter().cloned().for_each(|fault| ordered.push(fault));
    ordered
}
