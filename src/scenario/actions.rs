//! `actions`: a flow's definition as a tree.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fields::{HEADERS, fields as header_fields};
use super::model::{ActionSpec, ChildSpec, FlowSpec};
use super::read::{
    count, fault, list, optional_count, optional_span, optional_word, required_count, required_span, share, span, word,
};
use super::retry::retry;
use crate::contract::ContractId;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, Value, closest};
use crate::flow::{
    self, After, CallAction, Definition, HeaderSet, Kind, RetryPolicy, Status, Statuses, USUAL_PART, Until,
};

/// A flow's definition, and what its numbers mean.
pub(super) struct Tree {
    pub(super) definition: Definition,
    pub(super) calls: Vec<ActionSpec>,
    pub(super) children: Vec<ChildSpec>,
}

const STATUSES: [(&str, Status); 4] = [
    ("succeeded", Status::Succeeded),
    ("failed", Status::Failed),
    ("skipped", Status::Skipped),
    ("timed_out", Status::TimedOut),
];

/// What tells which kind of action an entry is.
const KINDS: [&str; 7] = ["contract", "scope", "choice", "each", "until", "wait", "child"];

/// Reads a flow's actions. `usual` is for calls that say nothing else, `each`
/// the loop around all of them.
pub(super) fn actions(
    node: &Node,
    usual: (RetryPolicy, HeaderSet),
    each: Option<(u32, u32)>,
    diagnostics: &mut Diagnostics,
) -> Option<Tree> {
    let names = each.iter().map(|_| Definition::EACH.to_owned()).collect();
    let mut reader = Reader {
        usual,
        depth: 0,
        nodes: Vec::new(),
        places: Vec::new(),
        names,
        calls: Vec::new(),
        children: Vec::new(),
    };
    let entries = reader.list(node, diagnostics);
    let Reader { nodes, places, calls, children, .. } = reader;
    if !nodes.is_empty() && calls.is_empty() && children.is_empty() {
        fault(node, "the flow calls nothing", "at least one action with `contract` or `child`", diagnostics);
    }
    match Definition::new(nodes, entries, each.filter(|(items, _)| *items > 1)) {
        Ok(definition) => Some(Tree { definition, calls, children }),
        Err(circle) => {
            let place = places[circle.node].clone();
            diagnostics.push(
                Diagnostic::error(place, "the action would never begin: it waits for one that waits for it")
                    .hint("take one of the names out of `after`"),
            );
            None
        }
    }
}

/// `apply_to_each` of a flow, and `each` of an action: items, and how many at
/// once.
pub(super) fn apply_to_each(node: &Node, diagnostics: &mut Diagnostics) -> Option<(u32, u32)> {
    let mut fields = Fields::of(node, diagnostics);
    let items = required_count(&mut fields, "items", (1, 100_000));
    let concurrency = optional_count(&mut fields, "concurrency", (1, 50)).unwrap_or(1);
    fields.finish();
    Some((items? as u32, concurrency as u32))
}

struct Reader {
    usual: (RetryPolicy, HeaderSet),
    /// In how many scopes and loops the list stands that is read.
    depth: usize,
    nodes: Vec<flow::Node>,
    places: Vec<Place>,
    names: BTreeSet<String>,
    calls: Vec<ActionSpec>,
    children: Vec<ChildSpec>,
}

impl Reader {
    /// Reads a list of actions; gives their numbers.
    fn list(&mut self, node: &Node, diagnostics: &mut Diagnostics) -> Vec<usize> {
        let mut afters: Vec<(usize, Option<&Node>)> = Vec::new();
        let numbers = list(node, diagnostics, |entry, diagnostics| {
            let number = self.action(entry, diagnostics)?;
            afters.push((number, entry.get("after")));
            Some(number)
        });
        for (place, (number, after)) in afters.into_iter().enumerate() {
            self.nodes[number].after = match after {
                Some(after) => self.after(after, &numbers, diagnostics),
                None => place
                    .checked_sub(1)
                    .map(|before| After { node: numbers[before], statuses: Statuses::SUCCEEDED })
                    .into_iter()
                    .collect(),
            };
        }
        numbers
    }

    fn after(&self, node: &Node, among: &[usize], diagnostics: &mut Diagnostics) -> Vec<After> {
        let Some(entries) = node.as_mapping() else {
            node.wrong_kind("a mapping of an action's name to the statuses after which this one begins", diagnostics);
            return Vec::new();
        };
        let one = |(name, statuses): &(Node, Node)| {
            let text = name.key_text();
            let Some(number) = among.iter().find(|number| *self.nodes[**number].name == *text) else {
                diagnostics.push(self.unknown(name, &text, among));
                return None;
            };
            let read: Vec<Status> = match statuses.as_str() {
                Some(_) => word(statuses, &STATUSES, diagnostics).into_iter().collect(),
                None => list(statuses, diagnostics, |status, diagnostics| word(status, &STATUSES, diagnostics)),
            };
            Some(After { node: *number, statuses: Statuses::of(&read) })
        };
        entries.iter().filter_map(one).collect()
    }

    fn unknown(&self, name: &Node, text: &str, among: &[usize]) -> Diagnostic {
        let known: Vec<&str> = among.iter().map(|number| &*self.nodes[*number].name).collect();
        let told = Diagnostic::error(name.place.clone(), format!("there is no action `{text}` in this list"))
            .expected(format!("one of {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")))
            .actual(format!("`{text}`"));
        match closest(text, known) {
            Some(near) => told.hint(format!("did you mean `{near}`?")),
            None => told.hint("an action can wait only for those beside it; wait for the scope or loop they are in"),
        }
    }

    fn action(&mut self, node: &Node, diagnostics: &mut Diagnostics) -> Option<usize> {
        let mut fields = Fields::of(node, diagnostics);
        let place = fields.place();
        // Its list reads it, once all names are known.
        fields.optional("after");
        let named = fields.optional("name");
        let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| node.get(kind).is_some()).collect();
        let read = match kinds.as_slice() {
            // Without any it is taken for the plainest, which tells what is missing.
            [] | ["contract"] => self.call(&mut fields),
            [kind] => self.inner(kind, &mut fields),
            _ => {
                let told = Diagnostic::error(place.clone(), "it must be clear what the action is")
                    .expected("exactly one of `contract`, `scope`, `choice`, `each`, `until`, `wait`, `child`")
                    .actual(kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", "));
                fields.diagnostics().push(told);
                return None;
            }
        };
        fields.finish();
        let (kind, usual) = read?;
        let name = self.name(named, &usual, diagnostics)?;
        self.nodes.push(flow::Node { name, after: Vec::new(), kind });
        self.places.push(place);
        Some(self.nodes.len() - 1)
    }

    /// The action's own name, or the usual one with a number, as the designer
    /// gives it.
    fn name(&mut self, node: Option<&Node>, usual: &str, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
        let Some(node) = node else {
            let numbered = (2..).map(|n| format!("{usual}_{n}"));
            let free = std::iter::once(usual.to_owned()).chain(numbered).find(|name| !self.names.contains(name))?;
            self.names.insert(free.clone());
            return Some(free.into());
        };
        let text = node.as_str().unwrap_or_default().replace(' ', "_");
        if text.is_empty() || text.len() > 80 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            fault(node, "no name that a header field can carry", "1 to 80 printable ASCII characters", diagnostics);
            return None;
        }
        if !self.names.insert(text.clone()) {
            fault(node, "another action has this name already", "a name of its own", diagnostics);
            return None;
        }
        Some(text.into())
    }

    fn call(&mut self, fields: &mut Fields<'_, '_>) -> Option<(Kind, String)> {
        let place = fields.place();
        let contract = fields.required_str("contract");
        let operation = fields.required_str("operation");
        let elements = optional_count(fields, "elements", (1, 1_000_000));
        let weight = optional_count(fields, "weight", (1, 1_000)).map(|n| n as u32);
        if let Some(node) = fields.optional("weight").filter(|_| self.depth > 0) {
            fault(
                node,
                "users choose between whole actions",
                "`weight` in the flow's own list only",
                fields.diagnostics(),
            );
        }
        let policy = fields.optional("retry").and_then(|node| retry(node, fields.diagnostics()));
        let limit = optional_span(fields, "timeout");
        let polled = optional_word(fields, "async", &[("on", true), ("off", false)]).unwrap_or(true);
        let headers = optional_word(fields, "headers", &HEADERS).unwrap_or(self.usual.1);
        let own = fields.optional("fields").map(|node| header_fields(node, fields.diagnostics())).unwrap_or_default();
        let chunked = fields.optional("chunked").and_then(|node| chunked(node, fields.diagnostics()));
        let pages = optional_count(fields, "pages", (1, 100_000));
        let call = self.calls.len();
        let contract = ContractId::parse(contract?);
        let operation: Arc<str> = operation?.into();
        let usual = operation.to_string();
        self.calls.push(ActionSpec { contract, operation, elements, headers, fields: own, weight, place });
        let retry = policy.unwrap_or(self.usual.0);
        Some((Kind::Call(CallAction { call, retry, limit, polled, chunked, pages }), usual))
    }

    fn inner(&mut self, kind: &str, fields: &mut Fields<'_, '_>) -> Option<(Kind, String)> {
        Some(match kind {
            "scope" => (Kind::Scope(self.within("scope", fields)?), "Scope".to_owned()),
            "choice" => {
                let node = fields.required("choice");
                let actions = self.within("actions", fields)?;
                // A way is taken whatever became of another.
                actions.iter().for_each(|way| self.nodes[*way].after.clear());
                let shares = shares(node?, actions.len(), fields.diagnostics())?;
                (Kind::Choice { shares, actions }, "Condition".to_owned())
            }
            "each" => {
                let each = fields.required("each").and_then(|node| apply_to_each(node, fields.diagnostics()));
                let actions = self.within("actions", fields);
                let (items, concurrency) = each?;
                (Kind::Each { items, concurrency, actions: actions? }, Definition::EACH.to_owned())
            }
            "until" => {
                let limits = fields.required("until").map(|node| until(node, fields.diagnostics()));
                let actions = self.within("actions", fields);
                (Kind::Until(Until { actions: actions?, ..limits? }), "Do_until".to_owned())
            }
            "wait" => (Kind::Wait(required_span(fields, "wait")?), "Delay".to_owned()),
            _ => {
                let (flow, place) = (fields.required_str("child")?.into(), fields.place());
                self.children.push(ChildSpec { flow, place });
                (Kind::Child(self.children.len() - 1), "Run_a_Child_Flow".to_owned())
            }
        })
    }

    fn within(&mut self, key: &'static str, fields: &mut Fields<'_, '_>) -> Option<Vec<usize>> {
        let node = fields.required(key)?;
        self.depth += 1;
        let list = self.list(node, fields.diagnostics());
        self.depth -= 1;
        Some(list)
    }
}

/// `even`, or how often each of some ways is taken.
fn shares(node: &Node, ways: usize, diagnostics: &mut Diagnostics) -> Option<Vec<f64>> {
    if node.as_str() == Some("even") {
        return Some(vec![1.0 / ways as f64; ways]);
    }
    let shares = list(node, diagnostics, share);
    // What percentages lose when they are written down is no fault.
    let fits = shares.len() == ways && shares.iter().sum::<f64>() <= 1.0 + 1e-9;
    if !fits {
        let expected = format!("`even`, or a share for each of its {ways} actions, together at most 100%");
        fault(node, "it must be clear how often each action is taken", &expected, diagnostics);
    }
    fits.then_some(shares)
}

/// `on`, or how many bytes a part has where the service names no size.
fn chunked(node: &Node, diagnostics: &mut Diagnostics) -> Option<u64> {
    match (node.as_str(), &node.value) {
        (Some("on"), _) => Some(USUAL_PART),
        (Some("off"), _) => None,
        (_, Value::Number(_)) => count(node, 1, 1 << 30, diagnostics),
        _ => {
            let expected = "`on`, `off`, or how many bytes a part has where the service names no size";
            fault(node, "it must be clear whether content goes in parts", expected, diagnostics);
            None
        }
    }
}

/// A loop's limits, without its actions.
fn until(node: &Node, diagnostics: &mut Diagnostics) -> Until {
    let mut fields = Fields::of(node, diagnostics);
    let count = optional_count(&mut fields, "count", (1, 5_000)).map_or(Until::COUNT, |n| n as u32);
    let within = fields.optional("within").and_then(|node| span(node, fields.diagnostics())).unwrap_or(Until::WITHIN);
    let turns = optional_count(&mut fields, "turns", (1, 5_000)).map(|n| n as u32);
    let fails = optional_word(&mut fields, "at_limit", &[("continue", false), ("fail", true)]);
    fields.finish();
    Until { count, within, turns, fails_at_limit: fails.unwrap_or(false), actions: Vec::new() }
}

/// Whether all flows that others run are there, and none runs itself.
pub(super) fn known_children(flows: &[FlowSpec], diagnostics: &mut Diagnostics) {
    let find = |name: &str| flows.iter().find(|flow| &*flow.name == name);
    for (flow, child) in flows.iter().flat_map(|flow| flow.children.iter().map(move |child| (flow, child))) {
        let Some(found) = find(&child.flow) else {
            let known: Vec<&str> = flows.iter().map(|flow| &*flow.name).collect();
            let told = Diagnostic::error(child.place.clone(), format!("there is no flow `{}` here", child.flow))
                .expected(format!("one of {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")));
            diagnostics.push(match closest(&child.flow, known) {
                Some(near) => told.hint(format!("did you mean `{near}`?")),
                None => told,
            });
            continue;
        };
        let (mut reached, mut next) = (BTreeSet::new(), vec![found]);
        while let Some(one) = next.pop() {
            if reached.insert(one.name.clone()) {
                next.extend(one.children.iter().filter_map(|child| find(&child.flow)));
            }
        }
        if reached.contains(&flow.name) {
            let what = format!("`{}` would run itself and never end", flow.name);
            diagnostics
                .push(Diagnostic::error(child.place.clone(), what).hint("name a flow that does not run this one"));
        }
    }
}
