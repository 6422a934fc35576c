//! Scenario files: strict, and every fault at once with its place.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::actions::{Tree, actions, apply_to_each, known_children};
use super::fault::fault_plan;
use super::model::{
    Arrivals, Connections, DuplicateKind, Duplicates, FlowSpec, Kept, Oversized, Scenario, Start, TimeBase, Users,
};
use super::read::{
    fault, list, optional_count, optional_span, optional_word, rate, required_count, required_span, share, span, word,
};
use super::retry::retry;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, parse_yaml};
use crate::flow::{CorrelationBirth, OUTBOUND_TIMEOUT, RetryPolicy};
use crate::generate::Need;
use crate::wire::FaultPlan;

/// The format that this loader reads.
/// How many runs may be under way at once where the file does not say it.
const AT_ONCE: u32 = 64;

const FORMAT: &str = "seamstress/scenario/1";

const TIMES: [(&str, TimeBase); 2] = [("clock", TimeBase::Clock), ("real", TimeBase::Real)];

/// Loads all scenarios of a folder, in the order of their file names.
///
/// # Errors
/// Every fault of every file, or that the folder can't be read.
pub fn load_dir(path: &Path) -> Result<Vec<Scenario>, Diagnostics> {
    let unreadable = |error: std::io::Error| {
        Diagnostic::error(Place::file(path.display().to_string()), format!("the folder can't be read: {error}"))
            .hint("give the folder with --scenarios")
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            files.push(file);
        }
    }
    files.sort();
    let (mut scenarios, mut diagnostics): (Vec<Scenario>, _) = (Vec::new(), Diagnostics::new());
    for file in files {
        let name = file.display().to_string();
        match std::fs::read_to_string(&file) {
            Ok(text) => match load(&name, &text) {
                Ok(scenario) => unique(scenario, &mut scenarios, &mut diagnostics),
                Err(faults) => diagnostics.extend(faults),
            },
            Err(error) => {
                diagnostics.push(Diagnostic::error(Place::file(name), format!("the file can't be read: {error}")));
            }
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(scenarios) }
}

fn unique(scenario: Scenario, scenarios: &mut Vec<Scenario>, diagnostics: &mut Diagnostics) {
    if let Some(other) = scenarios.iter().find(|s| s.name == scenario.name) {
        let what = format!("a scenario `{}` is in {} already", scenario.name, other.file);
        diagnostics.push(Diagnostic::error(Place::file(scenario.file.clone()), what));
        return;
    }
    scenarios.push(scenario);
}

/// Loads the text of one scenario file. `file` is the name shown in places.
///
/// # Errors
/// All its faults.
pub fn load(file: &str, text: &str) -> Result<Scenario, Diagnostics> {
    let root = parse_yaml(file, text)?;
    let mut diagnostics = Diagnostics::new();
    let scenario = scenario(file.into(), &root, &mut diagnostics);
    match scenario {
        Some(scenario) if !diagnostics.has_errors() => Ok(scenario),
        _ => Err(diagnostics),
    }
}

fn scenario(file: Arc<str>, root: &Node, diagnostics: &mut Diagnostics) -> Option<Scenario> {
    let mut fields = Fields::of(root, diagnostics);
    if let Some(node) = fields.required("format")
        && node.as_str() != Some(FORMAT)
    {
        fault(node, "unknown format", &format!("`{FORMAT}`"), fields.diagnostics());
    }
    let name = fields.required_str("name");
    let description = fields.required_str("description").unwrap_or_default().trim().to_owned();
    let tags = fields.optional("tags").map(|node| texts(node, fields.diagnostics())).unwrap_or_default();
    let flows: Vec<FlowSpec> = match fields.required("flows") {
        Some(node) => list(node, fields.diagnostics(), flow),
        None => Vec::new(),
    };
    known_children(&flows, fields.diagnostics());
    let faults: Vec<FaultPlan> = match fields.optional("faults") {
        Some(node) => list(node, fields.diagnostics(), fault_plan),
        None => Vec::new(),
    };
    let mut needs: Vec<Need> = match fields.optional("needs") {
        Some(node) => list(node, fields.diagnostics(), |n, d| word(n, &NEEDS, d)),
        None => Vec::new(),
    };
    let at_once = optional_count(&mut fields, "at_once", (1, 20_000)).map_or(AT_ONCE, |n| n as u32);
    let connections = fields.optional("connections").map(|node| connections(node, fields.diagnostics()));
    let scale_all = optional_word(&mut fields, "scale", &[("waits", false), ("all", true)]).unwrap_or(false);
    fields.finish();
    needs.push(Need::Load);
    if !faults.is_empty() {
        needs.push(Need::Faults);
    }
    needs.sort_unstable();
    needs.dedup();
    Some(Scenario {
        file,
        name: name?.into(),
        description,
        tags,
        flows,
        faults,
        at_once,
        connections: connections.unwrap_or_default(),
        needs,
        scale_all,
    })
}

const NEEDS: [(&str, Need); 12] = [
    ("behaviour", Need::Behaviour),
    ("effects", Need::Effects),
    ("faults", Need::Faults),
    ("clock", Need::Clock),
    ("minted_tokens", Need::MintedTokens),
    ("gateway_rows", Need::GatewayRows),
    ("direct_service", Need::DirectService),
    ("health", Need::Health),
    ("load", Need::Load),
    ("restart", Need::Restart),
    ("callbacks", Need::Callbacks),
    ("raw_connection", Need::RawConnection),
];

fn connections(node: &Node, diagnostics: &mut Diagnostics) -> Connections {
    let mut fields = Fields::of(node, diagnostics);
    let opened = optional_count(&mut fields, "opened", (0, 20_000)).unwrap_or(0) as u32;
    let kept = [("shared", Kept::Shared), ("by_flow", Kept::ByFlow), ("never", Kept::Never)];
    let kept = optional_word(&mut fields, "kept", &kept).unwrap_or_default();
    fields.finish();
    Connections { opened, kept }
}

fn texts(node: &Node, diagnostics: &mut Diagnostics) -> Vec<String> {
    list(node, diagnostics, |entry, diagnostics| {
        if entry.as_str().is_none() {
            entry.wrong_kind("text", diagnostics);
        }
        entry.as_str().map(str::to_owned)
    })
}

fn flow(node: &Node, diagnostics: &mut Diagnostics) -> Option<FlowSpec> {
    let mut fields = Fields::of(node, diagnostics);
    let place = fields.place();
    let name = fields.required_str("name");
    let retry = fields.optional("retry").and_then(|node| retry(node, fields.diagnostics()));
    let each = fields.optional("apply_to_each").and_then(|node| apply_to_each(node, fields.diagnostics()));
    let retry = retry.unwrap_or(RetryPolicy::PA_MEDIUM);
    let tree = fields.required("actions").and_then(|node| actions(node, retry, each, fields.diagnostics()));
    let clones = optional_count(&mut fields, "clones", (1, 100_000)).unwrap_or(1) as u32;
    let clients = optional_count(&mut fields, "clients", (1, 100_000)).map_or(clones, |n| n as u32).min(clones);
    let start = fields.required("start").and_then(|node| start(node, fields.diagnostics()));
    let correlation = optional_word(&mut fields, "correlation", &BIRTHS).unwrap_or_default();
    let suppressed = optional_word(&mut fields, "headers", &[("platform", false), ("suppressed", true)]);
    let timeout = optional_span(&mut fields, "timeout").unwrap_or(OUTBOUND_TIMEOUT);
    let oversized = fields.optional("oversized").and_then(|node| oversized(node, fields.diagnostics()));
    let duplicates = match fields.optional("duplicates") {
        Some(node) => list(node, fields.diagnostics(), duplicate),
        None => Vec::new(),
    };
    fields.finish();
    let Tree { definition, calls, children } = tree?;
    Some(FlowSpec {
        name: name?.into(),
        actions: calls,
        definition,
        children,
        clones,
        clients,
        start: start?,
        correlation,
        suppressed: suppressed.unwrap_or_default(),
        retry,
        timeout,
        oversized,
        duplicates,
        place,
    })
}

const BIRTHS: [(&str, CorrelationBirth); 3] = [
    ("per_run", CorrelationBirth::PerRun),
    ("trigger_event", CorrelationBirth::TriggerEvent),
    ("fixed", CorrelationBirth::Fixed),
];

/// `child`: begun by other flows only; everything else is a mapping.
fn start(node: &Node, diagnostics: &mut Diagnostics) -> Option<Start> {
    if node.as_str() == Some("child") {
        return Some(Start::Child);
    }
    let mut fields = Fields::of(node, diagnostics);
    let kinds = ["recurrence", "arrivals", "burst", "replay", "users"]
        .map(|kind| fields.optional(kind).map(|node| (kind, node)));
    let place = fields.place();
    fields.finish();
    let mut named = kinds.into_iter().flatten();
    let (Some((kind, node)), None) = (named.next(), named.next()) else {
        diagnostics.push(
            Diagnostic::error(place, "it must be clear how the flow starts")
                .expected("`child`, or exactly one of `recurrence`, `arrivals`, `burst`, `replay`, `users`"),
        );
        return None;
    };
    let mut fields = Fields::of(node, diagnostics);
    let time = optional_word(&mut fields, "time", &TIMES).unwrap_or_default();
    let start = match kind {
        "recurrence" => {
            let every = required_span(&mut fields, "every");
            let jitter = optional_span(&mut fields, "jitter").unwrap_or_default();
            let times = optional_count(&mut fields, "times", (1, 1_000_000)).unwrap_or(1) as u32;
            every.map(|every| Start::Recurrence { every, jitter, times, time })
        }
        "arrivals" => {
            let mut of = |key| fields.optional(key).map(|node| rate(node, fields.diagnostics()));
            let (from, to) = (of("rate"), of("to"));
            if from.is_none() {
                fields.required("rate");
            }
            let lasting = required_span(&mut fields, "for");
            let poisson = optional_word(&mut fields, "pattern", &[("even", false), ("poisson", true)]);
            let rate = from.flatten().zip(to.unwrap_or(from.flatten()));
            rate.zip(lasting).map(|((rate, to), lasting)| {
                Start::Arrivals(Arrivals { rate, to, lasting, poisson: poisson.unwrap_or_default(), time })
            })
        }
        "users" => users(&mut fields, time),
        "replay" => {
            let at = fields.required("at").map(|node| list(node, fields.diagnostics(), span));
            at.map(|at| Start::Replay { at: at.into(), time })
        }
        _ => {
            let runs = required_count(&mut fields, "runs", (1, 1_000_000));
            let within = required_span(&mut fields, "within");
            runs.zip(within).map(|(runs, within)| Start::Burst { runs: runs as u32, within, time })
        }
    };
    fields.finish();
    start
}

fn users(fields: &mut Fields<'_, '_>, time: TimeBase) -> Option<Start> {
    let count = required_count(fields, "count", (1, 100_000));
    let ramp = optional_span(fields, "ramp").unwrap_or_default();
    let lasting = required_span(fields, "for");
    let think = fields.optional("think").and_then(|node| think(node, fields.diagnostics())).unwrap_or_default();
    Some(Start::Users(Users { count: count? as u32, ramp, lasting: lasting?, think, time }))
}

/// A span, or the shortest and the longest: `[1 s, 3 s]`.
fn think(node: &Node, diagnostics: &mut Diagnostics) -> Option<(Duration, Duration)> {
    let Some([from, to]) = node.as_sequence() else {
        return span(node, diagnostics).map(|span| (span, span));
    };
    let (least, most) = span(from, diagnostics).zip(span(to, diagnostics))?;
    if least > most {
        fault(to, "the longest time is shorter than the shortest", "the shortest time, then the longest", diagnostics);
    }
    Some((least, most))
}

fn oversized(node: &Node, diagnostics: &mut Diagnostics) -> Option<Oversized> {
    let mut fields = Fields::of(node, diagnostics);
    let of_calls = fields.required("share").and_then(|node| share(node, fields.diagnostics()));
    let without_length = fields.optional("without_length").and_then(|node| share(node, fields.diagnostics()));
    fields.finish();
    Some(Oversized { share: of_calls?, without_length: without_length.unwrap_or(0.0) })
}

fn duplicate(node: &Node, diagnostics: &mut Diagnostics) -> Option<Duplicates> {
    let mut fields = Fields::of(node, diagnostics);
    let kinds = [
        ("redelivery", DuplicateKind::Redelivery),
        ("copied_flow", DuplicateKind::CopiedFlow),
        ("lost_answer", DuplicateKind::LostAnswer),
    ];
    let kind = fields.required("by").and_then(|node| word(node, &kinds, fields.diagnostics()));
    let share = fields.required("share").and_then(|node| share(node, fields.diagnostics()));
    let after = optional_span(&mut fields, "after").unwrap_or_default();
    fields.finish();
    Some(Duplicates { kind: kind?, share: share?, after })
}
