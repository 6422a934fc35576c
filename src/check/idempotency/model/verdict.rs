//! What the model finds.

/// One broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check::idempotency) struct Violation {
    /// Of which kind.
    pub(in crate::check::idempotency) kind: Kind,
    /// The call's number in the case.
    pub(in crate::check::idempotency) call: usize,
    /// What the call is in its sequence.
    pub(in crate::check::idempotency) role: &'static str,
    /// The item that it is about, where it is one.
    pub(in crate::check::idempotency) item: Option<String>,
    /// What was promised.
    pub(in crate::check::idempotency) expected: String,
    /// What came instead.
    pub(in crate::check::idempotency) actual: String,
    /// Numbers of the effects that show it.
    pub(in crate::check::idempotency) effects: Vec<u64>,
}

/// Kinds of broken promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::check::idempotency) enum Kind {
    /// More effects than were asked for.
    Excess,
    /// Told as done, and not done.
    Lost,
    /// Other content of a known item was taken.
    OtherContentTaken,
    /// What is no other content was refused as such.
    NoConflict,
    /// Refused as under way, and nothing is.
    NotRunning,
    /// A repetition was answered otherwise than the first time.
    Differs,
    /// A duplicate of a running call collided with it.
    Collision,
    /// Still refused when nothing is in the way any more.
    Stuck,
}

impl Kind {
    /// Where the promise stands in the behaviour file.
    pub(in crate::check::idempotency) fn pointer(self) -> &'static str {
        match self {
            Self::Excess => "/effects/once",
            Self::Lost => "/effects",
            Self::OtherContentTaken => "/idempotency/same_item_other_content",
            Self::NoConflict | Self::Differs => "/idempotency/same_item_same_content",
            Self::NotRunning | Self::Collision => "/idempotency/while_running",
            Self::Stuck => "/idempotency/unfinished",
        }
    }

    /// The broken promise, after "a call": part of a sentence.
    pub(in crate::check::idempotency) fn title(self) -> &'static str {
        match self {
            Self::Excess => "was written more often than was asked for",
            Self::Lost => "was told as done and not written",
            Self::OtherContentTaken => "brought other content of a known item and was taken",
            Self::NoConflict => "was refused as a conflict, and nothing conflicts",
            Self::NotRunning => "was refused as running, and nothing runs",
            Self::Differs => "was answered otherwise than the first time",
            Self::Collision => "collided with the one that was running",
            Self::Stuck => "is still refused when nothing is in the way any more",
        }
    }
}
