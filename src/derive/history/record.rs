//! What was recorded of flows: runs, actions, requests.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::clock::Timestamp;

/// Everything that several files tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Runs of flows.
    pub(super) runs: Vec<RunRecord>,
    /// Their actions, each turn of a loop by itself.
    pub(super) actions: Vec<ActionRecord>,
    /// Requests, each attempt by itself.
    pub(super) requests: Vec<RequestRecord>,
}

/// A run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RunRecord {
    /// The flow: its GUID or name as far as the file shows it.
    pub(super) flow: String,
    /// The flow's name for people, where the file shows it.
    pub(super) title: Option<String>,
    pub(super) start: Timestamp,
    pub(super) end: Option<Timestamp>,
    /// When it was to begin, and when its trigger did.
    pub(super) scheduled: Option<(Timestamp, Timestamp)>,
    pub(super) status: String,
    /// Whether another run began it.
    pub(super) is_child: bool,
    /// Which of several copies of the flow it is one of.
    pub(super) copy: Option<String>,
}

/// An action of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ActionRecord {
    pub(super) flow: String,
    pub(super) run: String,
    pub(super) name: String,
    /// The loop that it stands in.
    pub(super) within: Option<String>,
    /// Whether it is one turn of a loop.
    pub(super) is_turn: bool,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    /// The codes of attempts that were made again.
    pub(super) retried: Vec<String>,
}

/// A request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RequestRecord {
    /// Among what only the gateway saw: the flow's name, where it was logged.
    pub(super) flow: String,
    pub(super) run: String,
    pub(super) action: String,
    pub(super) method: String,
    pub(super) url: String,
    pub(super) start: Timestamp,
    pub(super) took: Duration,
    pub(super) status: u16,
    /// Header fields, where a gateway logged some.
    pub(super) fields: BTreeMap<String, String>,
}

impl History {
    /// Adds what another file told.
    pub fn extend(&mut self, other: Self) {
        self.runs.extend(other.runs);
        self.actions.extend(other.actions);
        self.requests.extend(other.requests);
    }

    /// The flows, by what they are called in the files.
    pub(super) fn flows(&self) -> Vec<&str> {
        let runs = self.runs.iter().map(|run| run.flow.as_str());
        let actions = self.actions.iter().map(|action| action.flow.as_str());
        let requests = self.requests.iter().map(|request| request.flow.as_str());
        runs.chain(actions).chain(requests).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What is told of one flow.
    pub(super) fn of(&self, flow: &str) -> Self {
        Self {
            runs: self.runs.iter().filter(|run| run.flow == flow).cloned().collect(),
            actions: self.actions.iter().filter(|action| action.flow == flow).cloned().collect(),
            requests: self.requests.iter().filter(|request| request.flow == flow).cloned().collect(),
        }
    }

    /// The flow's name for people.
    pub(super) fn title(&self, flow: &str) -> String {
        let titled = self.runs.iter().find(|run| run.flow == flow).and_then(|run| run.title.clone());
        titled.unwrap_or_else(|| flow.to_owned())
    }
}
