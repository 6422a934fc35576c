//! A definition's actions as entries of a scenario.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::sheet::{Ends, Entry, Kind, Remark};
use super::super::spans::written;
use super::birth::{Births, of_names};
use super::known::{child, text, texts, value};
use super::order::{self, Listed};
use crate::clock::parse_duration;
use crate::contract::Contract;
use crate::diagnose::Node;
use crate::flow::expression::Known;

/// How many characters of an expression are shown.
const SHOWN: usize = 80;

/// How many items a loop is given of which nothing is known.
const ITEMS: u64 = 10;

/// Reads the actions of one definition.
pub(super) struct Reader<'a> {
    pub(super) known: Known,
    pub(super) contracts: &'a [Contract],
    /// The flows that are read together, by their GUIDs.
    children: &'a BTreeMap<String, String>,
    names: BTreeSet<String>,
    pub(super) births: Births,
    pub(super) born: BTreeMap<String, &'static str>,
    /// Whether a call has no retry policy of its own.
    pub(super) has_default_retry: bool,
    /// Calls of other services.
    pub(super) elsewhere: Vec<String>,
    never: Vec<String>,
    /// What is said of the whole flow.
    pub(super) said: Vec<Remark>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(known: Known, contracts: &'a [Contract], children: &'a BTreeMap<String, String>) -> Self {
        Self {
            known,
            contracts,
            children,
            names: BTreeSet::new(),
            births: Births::default(),
            born: BTreeMap::new(),
            has_default_retry: false,
            elsewhere: Vec::new(),
            never: Vec::new(),
            said: Vec::new(),
        }
    }

    /// The whole definition's actions.
    pub(super) fn definition(&mut self, definition: &Node) -> Vec<Entry> {
        self.born = of_names(&texts(definition));
        definition.get("actions").map(|node| self.list(node)).unwrap_or_default()
    }

    /// A list of actions.
    pub(super) fn list(&mut self, node: &Node) -> Vec<Entry> {
        let entries = node.as_mapping().unwrap_or_default();
        let listed: Vec<Listed> = entries
            .iter()
            .map(|(key, action)| {
                let key = key.key_text();
                let entry = self.action(&key, action);
                let stand_in = if entry.is_none() { self.stand_in(&key, action) } else { None };
                Listed { entry, stand_in, after: after(action), key }
            })
            .collect();
        let (entries, never) = order::ordered(listed);
        self.never.extend(never);
        entries
    }

    /// What the whole flow is told by.
    pub(super) fn remarks(&self) -> Vec<Remark> {
        let mut remarks = self.said.clone();
        remarks.extend(order::never(&self.never));
        if !self.elsewhere.is_empty() {
            let list = self.elsewhere.join(", ");
            remarks.push(Remark::note(format!("Left out, since no contract has them: {list}.")));
        }
        remarks
    }

    /// One action; `None` where it makes no traffic.
    fn action(&mut self, key: &str, action: &Node) -> Option<Entry> {
        let mut remarks = Vec::new();
        let kind = match text(action, "type")? {
            "Http" | "HttpWebhook" => self.http(key, action, &mut remarks)?,
            "OpenApiConnection"
            | "OpenApiConnectionWebhook"
            | "OpenApiConnectionNotification"
            | "ApiConnection"
            | "ApiConnectionWebhook"
            | "ApiManagement"
            | "Function" => self.connector(key, action, &mut remarks)?,
            "Foreach" => self.each(action, &mut remarks)?,
            "Until" => self.until(action, &mut remarks)?,
            "Scope" => Kind::Scope(self.inside(action.get("actions"))?),
            "If" => self.condition(key, action, &mut remarks)?,
            "Switch" => self.switch(key, action, &mut remarks)?,
            "Wait" => self.wait(action, &mut remarks),
            "Workflow" => self.child_flow(key, action)?,
            _ => return None,
        };
        Some(Entry { name: self.name(key), after: Vec::new(), kind, remarks })
    }

    /// What takes up failures without traffic. Ending the run as failed takes up
    /// nothing.
    fn stand_in(&mut self, key: &str, action: &Node) -> Option<Entry> {
        let ends = text(action, "type") == Some("Terminate");
        let status = action.pointer("/inputs/runStatus").and_then(Node::as_str);
        (!ends || status == Some("Succeeded")).then(|| Entry {
            name: self.name(key),
            after: Vec::new(),
            kind: Kind::Wait("0 s".to_owned()),
            remarks: vec![Remark::note("It makes no traffic, and takes up the failure.")],
        })
    }

    /// A list that holds something.
    pub(super) fn inside(&mut self, node: Option<&Node>) -> Option<Vec<Entry>> {
        let list = self.list(node?);
        (!list.is_empty()).then_some(list)
    }

    /// A name that a header field can carry, and that no other action has.
    pub(super) fn name(&mut self, key: &str) -> String {
        let plain: String = key.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).take(70).collect();
        let plain = if plain.is_empty() { "Action".to_owned() } else { plain };
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let name = std::iter::once(plain.clone()).chain(numbered).find(|name| self.names.insert(name.clone()));
        name.unwrap_or(plain)
    }

    fn each(&mut self, action: &Node, remarks: &mut Vec<Remark>) -> Option<Kind> {
        let actions = self.inside(action.get("actions"))?;
        let sequential = options(action).any(|option| option.eq_ignore_ascii_case("Sequential"));
        let given = action.pointer("/runtimeConfiguration/concurrency/repetitions");
        let at_once = given.and_then(|node| value(node, &self.known)?.as_u64()).unwrap_or(1);
        let concurrency = if sequential { 1 } else { at_once.clamp(1, 50) };
        let over = action.get("foreach");
        let counted = over.and_then(|node| value(node, &self.known)).and_then(|value| Some(value.as_array()?.len()));
        let items = match counted {
            Some(0) => {
                remarks.push(Remark::note("The definition gives it no items; a scenario's loop has one at least."));
                1
            }
            Some(count) => count.min(100_000) as u64,
            None => {
                let node = over.unwrap_or(action);
                remarks.push(Remark::question(&node.place, format!("how many items has {}?", expression(node))));
                ITEMS
            }
        };
        Some(Kind::Loop { key: "each", limits: format!("{{ items: {items}, concurrency: {concurrency} }}"), actions })
    }

    fn until(&mut self, action: &Node, remarks: &mut Vec<Remark>) -> Option<Kind> {
        let actions = self.inside(action.get("actions"))?;
        let mut limits = Vec::new();
        let limit = |key: &str| action.pointer(&format!("/limit/{key}"));
        if let Some(count) = limit("count").and_then(|node| value(node, &self.known)?.as_u64()) {
            limits.push(format!("count: {}", count.clamp(1, 5_000)));
        }
        if let Some(within) = limit("timeout").and_then(|node| span(node, &self.known)) {
            limits.push(format!("within: {within}"));
        }
        let node = action.get("expression").unwrap_or(action);
        let told = format!(
            "after how many turns is {} met? Without `turns: N` it is after the first that succeeds",
            expression(node)
        );
        remarks.push(Remark::question(&node.place, told));
        let limits = if limits.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", limits.join(", ")) };
        Some(Kind::Loop { key: "until", limits, actions })
    }

    fn wait(&self, action: &Node, remarks: &mut Vec<Remark>) -> Kind {
        let interval = action.pointer("/inputs/interval");
        let count = interval.and_then(|node| value(node.get("count")?, &self.known)?.as_u64());
        let unit = interval.and_then(|node| unit(text(node, "unit")?));
        let span = count.zip(unit).map(|(count, unit)| std::time::Duration::from_secs(count.saturating_mul(unit)));
        if span.is_none() {
            let node = action.get("inputs").unwrap_or(action);
            remarks.push(Remark::question(&node.place, "how long does it wait? The definition leaves it to the run"));
        }
        Kind::Wait(written(span.unwrap_or(std::time::Duration::from_mins(1))))
    }

    fn child_flow(&mut self, key: &str, action: &Node) -> Option<Kind> {
        let guid = child(action);
        if let Some(name) = guid.as_ref().and_then(|guid| self.children.get(guid)) {
            return Some(Kind::Child(name.clone()));
        }
        let told = format!(
            "what does the child flow of {key} call? Give its file too: --from-flow takes several ({})",
            guid.as_deref().unwrap_or("no workflowReferenceName")
        );
        self.said.push(Remark::question(&action.place, told));
        None
    }
}

/// `runAfter`.
fn after(action: &Node) -> Vec<(String, Ends)> {
    let entries = action.get("runAfter").and_then(Node::as_mapping).unwrap_or_default();
    let ends = |node: &Node| match node.as_sequence() {
        Some(words) if !words.is_empty() => Ends::of(words.iter().filter_map(Node::as_str)),
        _ => Ends::SUCCEEDED,
    };
    entries.iter().map(|(key, statuses)| (key.key_text(), ends(statuses))).collect()
}

/// `operationOptions`, a list between commas.
pub(super) fn options(action: &Node) -> impl Iterator<Item = &str> {
    text(action, "operationOptions").unwrap_or_default().split(',').map(str::trim)
}

/// A span of a definition as a scenario writes it.
pub(super) fn span(node: &Node, known: &Known) -> Option<String> {
    let Some(Value::String(text)) = value(node, known) else { return None };
    parse_duration(&text).filter(|span| !span.is_zero()).map(written)
}

/// Seconds of a unit of delays and recurrences.
pub(super) fn unit(word: &str) -> Option<u64> {
    let units =
        [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400), ("week", 604_800), ("month", 2_592_000)];
    units.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, seconds)| seconds)
}

/// An expression for people, shortened.
pub(super) fn expression(node: &Node) -> String {
    let text = node.as_str().map_or_else(|| node.to_json().to_string(), str::to_owned);
    let short: String = text.chars().take(SHOWN).collect();
    let dots = if text.chars().count() > SHOWN { "…" } else { "" };
    format!("`{short}{dots}`")
}
