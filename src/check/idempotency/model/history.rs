//! What was asked, answered and written, freed of everything else.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::contract::behaviour::TypeName;
use crate::generate::Item;

/// A sequence as it was seen.
#[derive(Clone, Debug, Default)]
pub(in crate::check::idempotency) struct History {
    /// In order.
    pub(in crate::check::idempotency) events: Vec<Event>,
    /// What was committed under the sequence's ID.
    pub(in crate::check::idempotency) effects: Vec<Written>,
    /// Whether something was written to these items without any ID: then what
    /// is missing can't be told.
    pub(in crate::check::idempotency) unmarked: bool,
    /// Whether it is known that nothing behind the service failed, but for the
    /// faults of the sequence itself.
    pub(in crate::check::idempotency) quiet: bool,
    /// Whether what happens behind the service could be seen at all.
    pub(in crate::check::idempotency) watched: bool,
}

/// One event.
#[derive(Clone, Debug)]
pub(in crate::check::idempotency) enum Event {
    /// Calls that were under way at the same time; one alone is one.
    Calls(Vec<Asked>),
    /// Something goes wrong behind the service from now on.
    Fault,
    /// Everything behind the service works again.
    Healed,
}

/// One call.
#[derive(Clone, Debug)]
pub(in crate::check::idempotency) struct Asked {
    /// Its number in the case.
    pub(in crate::check::idempotency) number: usize,
    /// What it is in its sequence.
    pub(in crate::check::idempotency) role: &'static str,
    /// The application that called.
    pub(in crate::check::idempotency) principal: Arc<str>,
    /// The operation.
    pub(in crate::check::idempotency) operation: Arc<str>,
    /// The version of the API.
    pub(in crate::check::idempotency) version: Arc<str>,
    /// The step it named.
    pub(in crate::check::idempotency) step: Option<Arc<str>>,
    /// What it asked for.
    pub(in crate::check::idempotency) items: Vec<Item>,
    /// Whether it would have gone on asking.
    pub(in crate::check::idempotency) patient: bool,
    /// What came of it, attempt by attempt.
    pub(in crate::check::idempotency) attempts: Vec<Attempt>,
}

/// One attempt at a call.
#[derive(Clone, Debug)]
pub(in crate::check::idempotency) struct Attempt {
    /// When it was sent.
    pub(in crate::check::idempotency) sent: Timestamp,
    /// When its result was there: for a job, when it was last asked about.
    pub(in crate::check::idempotency) done: Timestamp,
    /// What came.
    pub(in crate::check::idempotency) answer: Answer,
    /// The same in words, e.g. `503 in_progress`.
    pub(in crate::check::idempotency) words: String,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check::idempotency) enum Answer {
    /// A success, to its end; the places of the items that the answer itself
    /// tells as not done.
    Done(Vec<usize>),
    /// Taken, and nobody asked what became of it.
    Accepted,
    /// Refused because the same is under way.
    Running,
    /// Refused as other content of a known item.
    Conflict,
    /// Refused with the type that a repetition gets.
    Repeated,
    /// Too many calls, as the gateway sees it: says nothing.
    Neutral,
    /// A failure that flows retry.
    Failed {
        /// The status.
        status: u16,
        /// The declared type, where it names one.
        name: Option<TypeName>,
        /// Whether the service itself answered.
        by_service: bool,
    },
    /// A refusal that no retry heals, of any other kind.
    Refused,
    /// No answer: whatever was asked for may have been done, or still is.
    Lost,
}

/// One effect.
#[derive(Clone, Debug)]
pub(in crate::check::idempotency) struct Written {
    /// The row.
    pub(in crate::check::idempotency) key: String,
    /// When.
    pub(in crate::check::idempotency) at: Timestamp,
    /// Its number in the ledger.
    pub(in crate::check::idempotency) sequence: u64,
    /// Whether somebody else had written the row since the effect before it
    /// under the same ID.
    pub(in crate::check::idempotency) over_others: bool,
}
