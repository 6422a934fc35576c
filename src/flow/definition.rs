//! What a flow's definition says: its actions as a tree.

use std::sync::Arc;
use std::time::Duration;

use super::retry::RetryPolicy;

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// As it was to.
    Succeeded,
    /// With an error that was not retried, or once too often.
    Failed,
    /// It never began: what it waited for ended otherwise.
    Skipped,
    /// Its time was over.
    TimedOut,
}

impl Status {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Succeeded, Self::Failed, Self::Skipped, Self::TimedOut];
}

/// Statuses after which an action begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statuses(u8);

impl Statuses {
    /// Only success: what a definition means that says nothing else.
    pub const SUCCEEDED: Self = Self(1 << Status::Succeeded as u8);

    /// These.
    pub fn of(statuses: &[Status]) -> Self {
        Self(statuses.iter().fold(0, |set, status| set | 1 << *status as u8))
    }

    /// Whether one of them is this.
    pub fn contains(self, status: Status) -> bool {
        self.0 & (1 << status as u8) != 0
    }
}

/// One entry of `runAfter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// The action that must have ended, in the same list.
    pub node: usize,
    /// How.
    pub statuses: Statuses,
}

/// An action.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name, which no other action of the flow has.
    pub name: Arc<str>,
    /// What must have ended before, and how; none: it begins with its list.
    pub after: Vec<After>,
    /// What it does.
    pub kind: Kind,
}

/// What an action does.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Sends a request.
    Call(CallAction),
    /// Runs a list of actions, by their numbers.
    Scope(Vec<usize>),
    /// Runs one action of a list, or none: a condition or a switch. The same event
    /// takes the same way in each of its runs.
    Choice {
        /// How often each is taken, from 0 to 1; the rest takes none.
        shares: Vec<f64>,
        /// The ways.
        actions: Vec<usize>,
    },
    /// Runs a list of actions for each item.
    Each {
        /// How many items.
        items: u32,
        /// So many of them at once.
        concurrency: u32,
        /// The list.
        actions: Vec<usize>,
    },
    /// Runs a list of actions again and again.
    Until(Until),
    /// Waits.
    Wait(Duration),
    /// Runs another flow and waits for its end; the number is the caller's.
    Child(usize),
}

/// An action that sends a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallAction {
    /// Which call; the number is the caller's.
    pub call: usize,
    /// Its retry policy.
    pub retry: RetryPolicy,
    /// How long it may take with all its attempts, waits and polls
    /// (`limit.timeout`); `None`: as long as it takes.
    pub limit: Option<Duration>,
    /// Whether a 202 is asked again until another answer comes; off by
    /// `DisableAsyncPattern`.
    pub polled: bool,
    /// Its content goes in parts of so many bytes, where the service names no
    /// size (`contentTransfer`); `None`: whole.
    pub chunked: Option<u64>,
    /// Further pages are asked for until there are so many items
    /// (`minimumItemCount`); `None`: one page.
    pub pages: Option<u64>,
}

impl CallAction {
    /// The call of a number that does nothing else but what an action does of
    /// itself.
    pub fn plain(call: usize, retry: RetryPolicy) -> Self {
        Self { call, retry, limit: None, polled: true, chunked: None, pages: None }
    }
}

/// A loop whose end is asked for after each turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    /// The most turns.
    pub count: u32,
    /// No turn begins later than this after the first.
    pub within: Duration,
    /// Its condition is met after so many turns; `None`: after the first turn
    /// that succeeds.
    pub turns: Option<u32>,
    /// Whether the action fails where its condition was not met within its
    /// limits.
    pub fails_at_limit: bool,
    /// What a turn runs.
    pub actions: Vec<usize>,
}

impl Until {
    /// The documented limits.
    pub const COUNT: u32 = 60;
    /// The documented limits.
    pub const WITHIN: Duration = Duration::from_hours(1);
}

impl Kind {
    /// The list of actions that it runs.
    pub fn actions(&self) -> &[usize] {
        match self {
            Self::Scope(actions)
            | Self::Choice { actions, .. }
            | Self::Each { actions, .. }
            | Self::Until(Until { actions, .. }) => actions,
            Self::Call(_) | Self::Wait(_) | Self::Child(_) => &[],
        }
    }
}

/// Actions that wait for each other: none of them would ever begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circle {
    /// One of them.
    pub node: usize,
}

/// A flow's actions.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    nodes: Vec<Node>,
    entries: Vec<usize>,
    /// The loop around all of them.
    around: Vec<usize>,
    /// Where each action stands in its list.
    positions: Vec<usize>,
    /// Whether another action waits for it.
    followed: Vec<bool>,
}

impl Definition {
    /// The name of the loop around all actions of a flow.
    pub const EACH: &str = "Apply_to_each";

    /// A flow that runs `entries`, `each` of so many items, so many of them at
    /// once. The turns of an apply-to-each within another run one after the
    /// other, whatever it says.
    ///
    /// # Errors
    /// Actions wait for each other.
    pub fn new(mut nodes: Vec<Node>, entries: Vec<usize>, each: Option<(u32, u32)>) -> Result<Self, Circle> {
        let around: Vec<usize> = each.iter().map(|_| nodes.len()).collect();
        nodes.extend(each.map(|(items, concurrency)| Node {
            name: Self::EACH.into(),
            after: Vec::new(),
            kind: Kind::Each { items, concurrency, actions: entries.clone() },
        }));
        let (mut positions, mut followed) = (vec![0; nodes.len()], vec![false; nodes.len()]);
        for list in nodes.iter().map(|node| node.kind.actions()).chain([entries.as_slice()]) {
            in_order(&nodes, list)?;
            for (position, node) in list.iter().enumerate() {
                positions[*node] = position;
            }
        }
        for after in nodes.iter().flat_map(|node| &node.after) {
            followed[after.node] = true;
        }
        let top = if around.is_empty() { &entries } else { &around };
        for node in top {
            one_by_one(&mut nodes, *node, false);
        }
        Ok(Self { nodes, entries, around, positions, followed })
    }

    /// The actions, by their numbers.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The flow's own actions; a run can be confined to one of them.
    pub fn entries(&self) -> &[usize] {
        &self.entries
    }

    /// What a run begins with.
    pub(super) fn top(&self) -> &[usize] {
        if self.around.is_empty() { &self.entries } else { &self.around }
    }

    /// Whether an action is the loop around all others.
    pub(super) fn is_around(&self, node: usize) -> bool {
        self.around.contains(&node)
    }

    pub(super) fn position(&self, node: usize) -> usize {
        self.positions[node]
    }

    pub(super) fn is_followed(&self, node: usize) -> bool {
        self.followed[node]
    }

    /// How many items its largest loop has.
    pub fn most_items(&self) -> Option<u32> {
        let items = |node: &Node| if let Kind::Each { items, .. } = node.kind { Some(items) } else { None };
        self.nodes.iter().filter_map(items).max()
    }

    /// How many calls a run makes where all succeeds and each loop has one
    /// turn, `child` being what a child flow makes.
    pub fn calls(&self, only: Option<usize>, child: &dyn Fn(usize) -> u64) -> u64 {
        let items = self.around.first().map_or(1, |node| match self.nodes[*node].kind {
            Kind::Each { items, .. } => u64::from(items),
            _ => 1,
        });
        items
            * match only.and_then(|only| self.entries.get(only)) {
                Some(node) => self.calls_of(*node, child),
                None => self.calls_in(&self.entries, child),
            }
    }

    fn calls_in(&self, list: &[usize], child: &dyn Fn(usize) -> u64) -> u64 {
        let begins =
            |node: &&usize| self.nodes[**node].after.iter().all(|after| after.statuses.contains(Status::Succeeded));
        list.iter().filter(begins).map(|node| self.calls_of(*node, child)).sum()
    }

    fn calls_of(&self, node: usize, child: &dyn Fn(usize) -> u64) -> u64 {
        match &self.nodes[node].kind {
            Kind::Call(_) => 1,
            Kind::Scope(actions) => self.calls_in(actions, child),
            Kind::Choice { actions, .. } => actions.iter().map(|way| self.calls_of(*way, child)).max().unwrap_or(0),
            Kind::Each { items, actions, .. } => u64::from(*items) * self.calls_in(actions, child),
            Kind::Until(until) => u64::from(until.turns.unwrap_or(1)) * self.calls_in(&until.actions, child),
            Kind::Wait(_) => 0,
            Kind::Child(number) => child(*number),
        }
    }
}

/// Whether each action of a list begins some time.
fn in_order(nodes: &[Node], list: &[usize]) -> Result<(), Circle> {
    let mut waiting: Vec<usize> = list.to_vec();
    loop {
        let before = waiting.len();
        let held = waiting.clone();
        waiting.retain(|node| nodes[*node].after.iter().any(|after| held.contains(&after.node)));
        match waiting.first() {
            Some(node) if waiting.len() == before => return Err(Circle { node: *node }),
            Some(_) => {}
            None => return Ok(()),
        }
    }
}

fn one_by_one(nodes: &mut [Node], node: usize, inside: bool) {
    let each = matches!(nodes[node].kind, Kind::Each { .. });
    if let Kind::Each { concurrency, .. } = &mut nodes[node].kind
        && inside
    {
        *concurrency = 1;
    }
    for action in nodes[node].kind.actions().to_vec() {
        one_by_one(nodes, action, inside || each);
    }
}
