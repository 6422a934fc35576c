//! What a sequence is, as a plain value.

use std::fmt;

/// A sequence under one correlation ID. What its numbers mean (which record,
/// which content) follows from the case's seed, so a spec can be drawn, shrunk
/// and compared without any payload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SequenceSpec {
    /// What is done, in order.
    pub moves: Vec<Move>,
}

/// One move of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    /// One call, seen through to its end.
    Call(Submission),
    /// The same call several times, released at once from a barrier.
    Together(Submission, u8),
    /// One call whose `Location` is left alone.
    Unfollowed(Submission),
    /// Something goes wrong behind the service from now on.
    Fault(Trouble),
    /// Everything behind the service works again.
    Heal,
    /// The service dies and comes up again.
    Restart,
    /// Time passes.
    Wait(Edge),
}

/// One call of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Submission {
    /// What it asks to execute, without repetition of an item.
    pub parts: Vec<Part>,
    /// Whether its content is written in another way that means the same:
    /// members in another order, space between them, other forms of numbers.
    pub respelled: bool,
    /// Which of two principals calls.
    pub principal: u8,
    /// Which step of the run it belongs to; 0: it names none.
    pub step: u8,
    /// Whether another version of the API is called.
    pub elsewhere: bool,
    /// The client closes the connection so many milliseconds of real time
    /// after it has begun to send.
    pub leaves: Option<u16>,
    /// Whether it retries what flows retry.
    pub retries: bool,
}

/// One item of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// Which item.
    pub item: u8,
    /// Which of its contents.
    pub content: u8,
}

/// What goes wrong behind the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// Nothing is committed, after so many requests that pass, until it heals.
    Fails {
        /// Requests that pass first.
        after: u8,
    },
    /// One write is committed and its answer lost.
    AnswerLost {
        /// Writes that pass first.
        after: u8,
    },
    /// Everything is throttled, after so many requests that pass, until it
    /// heals.
    Throttles {
        /// Requests that pass first.
        after: u8,
    },
    /// Writes are answered late.
    Slow,
}

/// A time that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Nearly the whole idempotency window.
    Inside,
    /// The idempotency window, and a little more.
    Past,
}

impl Submission {
    /// A plain call about these items, with their first contents.
    pub fn of(items: &[u8]) -> Self {
        Self {
            parts: items.iter().map(|item| Part { item: *item, content: 0 }).collect(),
            respelled: false,
            principal: 0,
            step: 0,
            elsewhere: false,
            leaves: None,
            retries: false,
        }
    }

    /// Whether the other asks for the same, however it is written or sent.
    pub fn asks_the_same(&self, other: &Self) -> bool {
        self.parts == other.parts && self.is_beside(other) && self.elsewhere == other.elsewhere
    }

    /// Whether both have one principal and one step.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.principal == other.principal && self.step == other.step
    }
}

impl Move {
    /// The call of a move, where it makes one.
    pub fn submission(&self) -> Option<&Submission> {
        match self {
            Self::Call(call) | Self::Together(call, _) | Self::Unfollowed(call) => Some(call),
            Self::Fault(_) | Self::Heal | Self::Restart | Self::Wait(_) => None,
        }
    }

    /// [`Move::submission`], to be changed.
    pub fn submission_mut(&mut self) -> Option<&mut Submission> {
        match self {
            Self::Call(call) | Self::Together(call, _) | Self::Unfollowed(call) => Some(call),
            Self::Fault(_) | Self::Heal | Self::Restart | Self::Wait(_) => None,
        }
    }
}

impl fmt::Display for SequenceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.moves.iter().enumerate() {
            if number > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => write!(f, "{call}"),
            Self::Together(call, copies) => write!(f, "{copies} times at once {call}"),
            Self::Unfollowed(call) => write!(f, "{call} left to itself"),
            Self::Fault(Trouble::Fails { .. }) => f.write_str("failures"),
            Self::Fault(Trouble::AnswerLost { .. }) => f.write_str("a lost answer"),
            Self::Fault(Trouble::Throttles { .. }) => f.write_str("throttling"),
            Self::Fault(Trouble::Slow) => f.write_str("slowness"),
            Self::Heal => f.write_str("recovery"),
            Self::Restart => f.write_str("a restart"),
            Self::Wait(Edge::Inside) => f.write_str("nearly the window"),
            Self::Wait(Edge::Past) => f.write_str("the window"),
        }
    }
}

impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("call")?;
        for part in &self.parts {
            let letter = char::from(b'a' + part.item % 26);
            write!(f, " {letter}{}", "'".repeat(usize::from(part.content)))?;
        }
        let marks = [
            (self.respelled, " respelled"),
            (self.principal > 0, " by another"),
            (self.step > 0, " in a step"),
            (self.elsewhere, " of another version"),
            (self.leaves.is_some(), " and gone"),
            (self.retries, " with retries"),
        ];
        marks.iter().filter(|(set, _)| *set).try_for_each(|(_, text)| f.write_str(text))
    }
}
