//! Scenario files: strict, and every fault at once with its place.

use std::path::Path;
use std::sync::Arc;

use super::actions::known_children;
use super::clocks::clocks;
use super::fault::fault_plan;
use super::flows::flow;
use super::model::{Connections, FlowSpec, Http, Kept, Scenario};
use super::read::{fault, list, optional_count, optional_span, optional_word, word};
use super::threshold::{known_calls, threshold};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, parse_yaml};
use crate::generate::Need;
use crate::wire::FaultPlan;

/// The format that this loader reads.
const FORMAT: &str = "seamstress/scenario/1";

/// How many runs may be under way at once where the file does not say it.
const AT_ONCE: u32 = 64;

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
        _ => Err(diagnostics.by_place()),
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
    if connections.is_some_and(|connections| connections.http == Http::Two) {
        of_connection(&flows, fields.diagnostics());
    }
    let warm_up = optional_span(&mut fields, "warm_up").unwrap_or_default();
    let thresholds = match fields.optional("thresholds") {
        Some(node) => list(node, fields.diagnostics(), threshold),
        None => Vec::new(),
    };
    known_calls(&thresholds, &flows, fields.diagnostics());
    let scale_all = optional_word(&mut fields, "scale", &[("waits", false), ("all", true)]).unwrap_or(false);
    let waits = fields.optional("clocks").map(|node| clocks(node, (&flows, scale_all), fields.diagnostics()));
    fields.finish();
    needs.push(Need::Load);
    if !faults.is_empty() || waits.is_some() {
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
        warm_up,
        thresholds,
        needs,
        scale_all,
        waits: waits.unwrap_or_default(),
    })
}

const OF_CONNECTION: [&str; 5] = ["connection", "keep-alive", "proxy-connection", "te", "upgrade"];

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
    let http = fields.optional("http").and_then(|node| http(node, fields.diagnostics())).unwrap_or_default();
    fields.finish();
    Connections { opened, kept, http }
}

fn http(node: &Node, diagnostics: &mut Diagnostics) -> Option<Http> {
    match node.key_text().as_str() {
        "1.1" => Some(Http::One),
        "2" => Some(Http::Two),
        _ => {
            fault(node, "no version of HTTP that calls can go over", "`1.1` or `2`", diagnostics);
            None
        }
    }
}

/// Header fields of one connection, which HTTP/2 does not have.
fn of_connection(flows: &[FlowSpec], diagnostics: &mut Diagnostics) {
    for action in flows.iter().flat_map(|flow| &flow.actions) {
        let named = action.fields.iter().map(|(name, _)| name);
        for name in named.filter(|name| OF_CONNECTION.iter().any(|other| name.eq_ignore_ascii_case(other))) {
            diagnostics.push(
                Diagnostic::error(action.place.clone(), format!("a call over HTTP/2 can't carry `{name}`"))
                    .expected("no header field of a single connection (RFC 9113 §8.2.2)")
                    .actual(format!("`{name}` under `fields`, and `http: 2` under `connections`"))
                    .hint("leave out one of them"),
            );
        }
    }
}

fn texts(node: &Node, diagnostics: &mut Diagnostics) -> Vec<String> {
    list(node, diagnostics, |entry, diagnostics| {
        if entry.as_str().is_none() {
            entry.wrong_kind("text", diagnostics);
        }
        entry.as_str().map(str::to_owned)
    })
}
