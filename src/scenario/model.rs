//! What a scenario file says.

use std::sync::Arc;
use std::time::Duration;

use crate::contract::ContractId;
use crate::diagnose::Place;
use crate::flow::{CorrelationBirth, Definition, HeaderSet, Profile, RetryPolicy};
use crate::generate::Need;
use crate::observe::Threshold;
use crate::wire::{FaultPlan, Waits};

/// A scenario file that was loaded.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// What it is for, in a sentence.
    pub description: String,
    /// Free words; `gate` makes `gate` play it.
    pub tags: Vec<String>,
    /// The flows that run side by side.
    pub flows: Vec<FlowSpec>,
    /// What Dataverse does wrong meanwhile.
    pub faults: Vec<FaultPlan>,
    /// How many runs may be under way at once; what is due beyond that waits, or
    /// is dropped.
    pub at_once: u32,
    /// How connections are used.
    pub connections: Connections,
    /// For so long after the beginning, in real time, nothing is measured.
    pub warm_up: Duration,
    /// What it must not go beyond.
    pub thresholds: Vec<Threshold>,
    /// What the target must offer: what the file names, leave to send load, and
    /// faults where it injects some.
    pub needs: Vec<Need>,
    /// `scale: all`: answer timeouts of flows and of the gateway scale with the
    /// clock too, and no latency is judged.
    pub scale_all: bool,
    /// How long the gateway and a load balancer in front of it wait then.
    pub waits: Waits,
}

impl Scenario {
    /// Whether it carries a tag.
    pub fn is_tagged(&self, tag: &str) -> bool {
        self.tags.iter().any(|t| t == tag)
    }
}

/// `connections`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// How many are opened before the first run is due.
    pub opened: u32,
    /// What becomes of one after a call.
    pub kept: Kept,
    /// What is spoken over them.
    pub http: Http,
}

impl Connections {
    /// How many are opened before the first run is due: one at least where it
    /// must first be seen that the other side speaks what is asked for.
    pub fn at_start(&self) -> u32 {
        self.opened.max(u32::from(self.http == Http::Two))
    }
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Http {
    /// 1.1: a call at a time over a connection.
    #[default]
    One,
    /// 2: the calls of an owner share a connection, and another where the other
    /// side takes no more over that.
    Two,
}

/// What becomes of a connection after a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// Any next call may use it.
    #[default]
    Shared,
    /// Calls of the same copy of the same flow may use it.
    ByFlow,
    /// It is closed.
    Never,
}

/// One flow: a definition and how it is run.
#[derive(Clone, Debug)]
pub struct FlowSpec {
    /// Its name.
    pub name: Arc<str>,
    /// What it calls, by the numbers of its definition's calls.
    pub actions: Vec<ActionSpec>,
    /// Its actions, as a tree.
    pub definition: Definition,
    /// The flows that it runs, by the numbers of its definition's children.
    pub children: Vec<ChildSpec>,
    /// How many copies of it there are, each a flow of its own.
    pub clones: u32,
    /// How many applications the clones share as callers.
    pub clients: u32,
    /// When its runs begin.
    pub start: Start,
    /// How many runs its trigger begins at once; `None`: as many as come.
    pub concurrency: Option<Concurrency>,
    /// Its owner's, whose limits slow it down; `None`: it has none.
    pub profile: Option<Profile>,
    /// Where the correlation ID is born.
    pub correlation: CorrelationBirth,
    /// The platform's header fields that a connector's gateway lets through.
    pub connector_keeps: Arc<[Arc<str>]>,
    /// The retry policy of actions that name none.
    pub retry: RetryPolicy,
    /// How long an action waits for an answer.
    pub timeout: Duration,
    /// The share of calls whose body is over the limit.
    pub oversized: Option<Oversized>,
    /// The share of runs that happen twice.
    pub duplicates: Vec<Duplicates>,
    /// Where it stands.
    pub place: Place,
}

/// The concurrency control of a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// How many runs are under way at once.
    pub runs: u32,
    /// How many more wait; a caller beyond that gets 429, a poll is skipped.
    pub waiting: u32,
}

impl Concurrency {
    /// With as many waiting as the engine takes: ten more than run, at most 100
    /// (Power Automate, limits of concurrency and debatching).
    pub fn of(runs: u32) -> Self {
        Self { runs, waiting: (runs + 10).min(100) }
    }
}

/// One HTTP action.
#[derive(Clone, Debug)]
pub struct ActionSpec {
    /// The contract.
    pub contract: ContractId,
    /// `operationId`.
    pub operation: Arc<str>,
    /// How many elements the outermost list of the body has; `None`: as the
    /// generator makes it.
    pub elements: Option<u64>,
    /// Which header fields the platform adds.
    pub headers: HeaderSet,
    /// Header fields that the maker wrote, with their values.
    pub fields: Vec<(String, String)>,
    /// How often it is made beside the flow's other actions, where virtual users
    /// make one action a run; `None`: a run makes all of them.
    pub weight: Option<u32>,
    /// Where it stands.
    pub place: Place,
}

/// A flow that another runs.
#[derive(Clone, Debug)]
pub struct ChildSpec {
    /// Its name.
    pub flow: Arc<str>,
    /// Where it is named.
    pub place: Place,
}

/// When runs begin.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// Each clone on a schedule.
    Recurrence {
        /// The interval.
        every: Duration,
        /// Each run is late by up to this, on its own: the schedule is the wall
        /// clock's.
        jitter: Duration,
        /// Each run is later than an interval after the one before by up to
        /// this: the schedule has no start time, and drifts.
        drift: Duration,
        /// How many runs of each clone.
        times: u32,
        /// Whose time the spans are.
        time: TimeBase,
    },
    /// Each clone looks for new items on a schedule, and has a run for each
    /// (`splitOn`), all of them at once.
    Polling {
        /// The interval.
        every: Duration,
        /// Each poll is late by up to this.
        jitter: Duration,
        /// How many polls of each clone.
        times: u32,
        /// How many items a poll finds: the least and the most.
        items: (u32, u32),
        /// Whose time the spans are.
        time: TimeBase,
    },
    /// Runs at a rate, over all clones.
    Arrivals(Arrivals),
    /// So many runs somewhere within a span, over all clones.
    Burst {
        /// How many.
        runs: u32,
        /// The span.
        within: Duration,
        /// Whose time the span is.
        time: TimeBase,
    },
    /// Runs at instants that were recorded, over all clones.
    Replay {
        /// After the scenario's start.
        at: Arc<[Duration]>,
        /// Whose time that is.
        time: TimeBase,
    },
    /// Virtual users, each of which begins its next run when its last has
    /// ended.
    Users(Users),
    /// When another flow runs it.
    Child,
}

/// An open model: what is asked does not wait for what is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrivals {
    /// Runs a second, at the beginning.
    pub rate: f64,
    /// Runs a second, at the end.
    pub to: f64,
    /// For so long.
    pub lasting: Duration,
    /// Whether arrivals know nothing of each other; else they come evenly.
    pub poisson: bool,
    /// Whose time the spans are.
    pub time: TimeBase,
}

/// A closed model: what is asked follows from how fast it is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Users {
    /// How many, once all are there.
    pub count: u32,
    /// How long it takes until all are there.
    pub ramp: Duration,
    /// How long all of them stay.
    pub lasting: Duration,
    /// The shortest and the longest time that a user thinks between two runs.
    pub think: (Duration, Duration),
    /// Whose time the spans are.
    pub time: TimeBase,
}

/// Whose time a span is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeBase {
    /// The shared clock's, which may run faster.
    #[default]
    Clock,
    /// Real time: for what objectives are judged by.
    Real,
}

/// `oversized`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Oversized {
    /// Of the calls, from 0 to 1.
    pub share: f64,
    /// Of the oversized ones, sent in chunks, without `Content-Length`.
    pub without_length: f64,
}

/// One of `duplicates`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duplicates {
    /// How it comes to happen twice.
    pub kind: DuplicateKind,
    /// Of the runs (for a lost answer: of the calls), from 0 to 1.
    pub share: f64,
    /// How much later the second begins, in the clock's time.
    pub after: Duration,
}

/// How something comes to happen twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateKind {
    /// The trigger's event is delivered again: another run of the same flow.
    Redelivery,
    /// Somebody has the platform make the run again: another run with the same
    /// inputs.
    Resubmit,
    /// A copy of the flow runs on the same event, as the same client.
    CopiedFlow,
    /// The answer is lost on its way to the flow, which sends the call again.
    LostAnswer,
}
