//! A list of actions that runs: the flow's own, a scope's, one turn of a loop.

use super::Spot;
use super::life::Life;
use crate::clock::Timestamp;
use crate::flow::definition::Status;
use crate::flow::mix::mix;

/// A list that runs.
#[derive(Debug)]
pub(super) struct List<'d> {
    /// Its actions, by their numbers.
    pub(super) actions: &'d [usize],
    /// The action that it is inside of; `None`: the flow itself.
    pub(super) owner: Option<Spot>,
    pub(super) place: Place,
    /// It is one action out of its list, which waits for nothing.
    pub(super) alone: bool,
    pub(super) states: Vec<State>,
    /// How many have not ended.
    pub(super) open: usize,
}

impl<'d> List<'d> {
    pub(super) fn new(actions: &'d [usize], owner: Option<Spot>, place: Place) -> Self {
        let states = actions.iter().map(|_| State::Before).collect();
        Self { actions, owner, place, alone: false, states, open: actions.len() }
    }
}

/// Where in the flow's loops a list stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) item: u64,
    /// The innermost loop, and the index of its turn.
    pub(super) turn: Option<(usize, u32)>,
}

impl Place {
    /// One turn of a loop: outside of others its index is the item's number.
    pub(super) fn inside(self, node: usize, turn: u32) -> Self {
        let item = match self.turn {
            None => u64::from(turn),
            Some(_) => mix(self.item, &[node as u64, u64::from(turn)]),
        };
        Self { item, turn: Some((node, turn)) }
    }
}

/// How far an action is.
#[derive(Debug)]
pub(super) enum State {
    /// It has not begun.
    Before,
    Call(Box<Life>),
    Waiting,
    Child,
    Scope,
    Each {
        /// The next item.
        next: u32,
        /// Turns that have not ended.
        open: u32,
        /// Whether one of them did not succeed.
        failed: bool,
    },
    Until {
        /// The next turn.
        turn: u32,
        began: Timestamp,
    },
    Ended(Status),
}
