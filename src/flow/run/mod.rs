//! One run of a flow, as a state machine.
//!
//! In: a definition, what time it is, how calls and child flows ended. Out:
//! what is to begin, and until when nothing does. It is driven, never drives:
//! whoever plays a run asks [`Run::begin`] what is due, tells
//! [`Run::answered`], and asks again, at [`Run::next`] at the latest.

mod ends;
mod life;
mod list;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use self::life::{Life, Next};
use self::list::{List, Place, State};
use super::definition::{CallAction, Definition, Kind, Node, Status};
use super::mix::mix;
use super::parts::Part;
use crate::clock::Timestamp;
use crate::wire::{Failure, Response};

/// Tells what decides about ways from what decides about waits.
const WAY: u64 = 0x77_6179;

/// An action that is under way: the caller's handle on it, valid until the
/// action has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Spot {
    list: usize,
    position: usize,
}

/// Something to begin now.
#[derive(Clone, Debug)]
pub struct Begin<'d> {
    /// The action's handle.
    pub spot: Spot,
    /// The action.
    pub node: &'d Node,
    /// Its number in the definition.
    pub number: usize,
    /// Which item it is about: the same item of the same flow has the same
    /// number in each run. Zero outside of loops.
    pub item: u64,
    /// The loop that it stands in, and the index of the turn.
    pub turn: Option<(&'d str, u32)>,
    /// What to do.
    pub what: What,
    /// When it was to begin; later than that it is late.
    pub due: Timestamp,
    /// How long it may take, where the action's time is limited.
    pub limit: Option<Duration>,
}

/// What is to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An attempt at a call, from 1.
    Attempt(u32),
    /// A look at a `Location`, in this attempt at it, from 1.
    Poll {
        /// Where, as the service wrote it.
        location: String,
        /// From 1.
        attempt: u32,
    },
    /// A part of the content.
    Part {
        /// Which, and where it goes.
        part: Part,
        /// From 1.
        attempt: u32,
    },
    /// A further page.
    Page {
        /// Where, as the service wrote it.
        location: String,
        /// From 1.
        attempt: u32,
    },
    /// A run of a child flow.
    Child(usize),
}

/// What an answer means for its action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Another call follows.
    Again,
    /// It is the action's result. Whatever the flow does with it comes first;
    /// then [`Run::close`] lets the flow go on.
    Result,
}

/// A run of a flow.
#[derive(Debug)]
pub struct Run<'d> {
    definition: &'d Definition,
    only: Option<usize>,
    seed: u64,
    /// Decides about the ways that it takes.
    event: u64,
    lists: Vec<Option<List<'d>>>,
    free: Vec<usize>,
    timers: BinaryHeap<Reverse<(Timestamp, Spot)>>,
    /// Lists in which something ended or nothing has begun yet.
    changed: Vec<usize>,
    begins: Vec<Begin<'d>>,
    ended: Option<Status>,
    counts: [u64; 4],
    /// Each action that ended, by its number and item.
    #[cfg(test)]
    told: Vec<(usize, u64, Status)>,
}

impl<'d> Run<'d> {
    /// A run that has not begun. `seed` decides about waits; `only` confines
    /// it to one of the definition's entries.
    pub fn new(definition: &'d Definition, only: Option<usize>, seed: u64) -> Self {
        let mut run = Self {
            definition,
            only,
            seed,
            event: seed,
            lists: Vec::new(),
            free: Vec::new(),
            timers: BinaryHeap::new(),
            changed: Vec::new(),
            begins: Vec::new(),
            ended: None,
            counts: [0; 4],
            #[cfg(test)]
            told: Vec::new(),
        };
        let top = if definition.top() == definition.entries() { run.confined() } else { None };
        run.open(top.unwrap_or_else(|| List::new(definition.top(), None, Place::default())));
        run
    }

    /// The same run, of an event whose runs all take the same ways.
    #[must_use]
    pub fn about(self, event: u64) -> Self {
        Self { event, ..self }
    }

    /// What is to begin now.
    pub fn begin(&mut self, now: Timestamp) -> Vec<Begin<'d>> {
        while let Some(Reverse((at, spot))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            self.woken(spot, at);
        }
        self.settle(now);
        std::mem::take(&mut self.begins)
    }

    /// Until when nothing begins unless a call ends; `None`: nothing waits.
    pub fn next(&self) -> Option<Timestamp> {
        self.timers.peek().map(|Reverse((at, _))| *at)
    }

    /// How the run ended, once it has.
    pub fn ended(&self) -> Option<Status> {
        self.ended
    }

    /// How many actions have ended with a status so far, each turn of a loop
    /// counted.
    pub fn count(&self, status: Status) -> u64 {
        self.counts[status as usize]
    }

    /// Takes note of what became of an attempt or a poll.
    pub fn answered(&mut self, spot: Spot, outcome: &Result<Response, Failure>, now: Timestamp) -> Answered {
        let seed = self.seed_of(spot);
        let Some((call, life)) = self.call(spot) else { return Answered::Result };
        match life.answered(call, outcome, now, seed) {
            Next::Again(at) => {
                self.timers.push(Reverse((at, spot)));
                Answered::Again
            }
            Next::Over(status) => {
                life.result = Some(status);
                Answered::Result
            }
        }
    }

    /// A call's content has so many bytes: what goes in parts goes in so many.
    pub fn carries(&mut self, spot: Spot, bytes: u64) {
        if let Some((_, life)) = self.call(spot) {
            life.content = bytes;
        }
    }

    /// How an action ends whose result was told.
    pub fn result(&mut self, spot: Spot) -> Option<Status> {
        self.call(spot).and_then(|(_, life)| life.result)
    }

    /// A call was answered with success, and nothing is left to ask or to do.
    pub fn succeeded(&mut self, spot: Spot) {
        self.end(spot, Status::Succeeded);
    }

    /// An action whose result was told has ended.
    pub fn close(&mut self, spot: Spot) {
        let result = self.result(spot);
        self.end(spot, result.unwrap_or(Status::Failed));
    }

    /// A child flow has ended.
    pub fn child_ended(&mut self, spot: Spot, status: Status) {
        self.end(spot, if status == Status::Succeeded { status } else { Status::Failed });
    }

    /// Time is over that an action waited for.
    fn woken(&mut self, spot: Spot, at: Timestamp) {
        let Some(list) = self.lists[spot.list].as_ref() else { return };
        match &list.states[spot.position] {
            State::Call(life) if life.expires => self.end(spot, Status::TimedOut),
            State::Call(life) => {
                let what = life.what();
                let limit = life.until.map(|until| until.since(at));
                self.push(spot, what, at, limit);
            }
            State::Waiting => self.end(spot, Status::Succeeded),
            _ => {}
        }
    }

    /// Begins an action.
    fn start(&mut self, spot: Spot, now: Timestamp) {
        let node = self.node(spot);
        let state = match &node.kind {
            Kind::Call(call) => {
                self.push(spot, What::Attempt(1), now, call.limit);
                State::Call(Box::new(Life::new(call, now)))
            }
            Kind::Wait(span) => {
                self.timers.push(Reverse((now.plus(*span), spot)));
                State::Waiting
            }
            Kind::Child(number) => {
                self.push(spot, What::Child(*number), now, None);
                State::Child
            }
            Kind::Scope(_) | Kind::Choice { .. } => State::Scope,
            Kind::Each { .. } => State::Each { next: 0, open: 0, failed: false },
            Kind::Until(_) => State::Until { turn: 0, began: now },
        };
        self.list_mut(spot).states[spot.position] = state;
        match &node.kind {
            Kind::Scope(actions) => self.enter(spot, actions, None),
            Kind::Choice { shares, actions } => self.choose(spot, shares, actions),
            Kind::Each { items: 0, .. } => self.end(spot, Status::Succeeded),
            Kind::Each { items, concurrency, .. } => {
                (0..(*concurrency).clamp(1, *items)).for_each(|_| self.turn(spot));
            }
            Kind::Until(_) => self.turn(spot),
            Kind::Call(_) | Kind::Wait(_) | Kind::Child(_) => {}
        }
    }

    /// Takes one of several ways, or none.
    fn choose(&mut self, spot: Spot, shares: &[f64], ways: &'d [usize]) {
        let (node, place) = (self.list(spot).actions[spot.position], self.list(spot).place);
        let drawn = (mix(self.event, &[node as u64, place.item, WAY]) >> 11) as f64 / (1_u64 << 53) as f64;
        let mut upto = 0.0;
        let way = shares.iter().position(|share| {
            upto += share;
            drawn < upto
        });
        match way.and_then(|way| ways.get(way..=way)) {
            Some(way) => self.open(List { alone: true, ..List::new(way, Some(spot), place) }),
            None => self.end(spot, Status::Succeeded),
        }
    }

    /// Begins the next turn of a loop.
    fn turn(&mut self, spot: Spot) {
        let index = match &mut self.list_mut(spot).states[spot.position] {
            State::Each { next, open, .. } => {
                *open += 1;
                next
            }
            State::Until { turn, .. } => turn,
            _ => return,
        };
        *index += 1;
        let index = *index - 1;
        self.enter(spot, self.node(spot).kind.actions(), Some(index));
    }

    /// Begins a list inside of an action.
    fn enter(&mut self, owner: Spot, actions: &'d [usize], turn: Option<u32>) {
        let node = self.list(owner).actions[owner.position];
        let place = self.list(owner).place;
        let place = turn.map_or(place, |turn| place.inside(node, turn));
        let confined = if self.definition.is_around(node) { self.confined() } else { None };
        let list = confined.unwrap_or_else(|| List::new(actions, None, Place::default()));
        self.open(List { owner: Some(owner), place, ..list });
    }

    /// The one action that the run is confined to.
    fn confined(&self) -> Option<List<'d>> {
        let entries = self.definition.entries();
        let alone = self.only.and_then(|only| entries.get(only..=only))?;
        Some(List { alone: true, ..List::new(alone, None, Place::default()) })
    }

    fn open(&mut self, list: List<'d>) {
        let number = self.free.pop().unwrap_or_else(|| {
            self.lists.push(None);
            self.lists.len() - 1
        });
        self.lists[number] = Some(list);
        self.changed.push(number);
    }

    fn push(&mut self, spot: Spot, what: What, due: Timestamp, limit: Option<Duration>) {
        let (list, node) = (self.list(spot), self.node(spot));
        let (number, place) = (list.actions[spot.position], list.place);
        let turn = place.turn.map(|(node, turn)| (&*self.definition.nodes()[node].name, turn));
        self.begins.push(Begin { spot, node, number, item: place.item, turn, what, due, limit });
    }

    fn call(&mut self, spot: Spot) -> Option<(&'d CallAction, &mut Life)> {
        let Kind::Call(call) = &self.node(spot).kind else { return None };
        match &mut self.list_mut(spot).states[spot.position] {
            State::Call(life) => Some((call, life)),
            _ => None,
        }
    }

    /// The same action of the same item waits as long in each run of a seed.
    fn seed_of(&self, spot: Spot) -> u64 {
        let list = self.list(spot);
        mix(self.seed, &[list.actions[spot.position] as u64, list.place.item])
    }

    fn node(&self, spot: Spot) -> &'d Node {
        &self.definition.nodes()[self.list(spot).actions[spot.position]]
    }

    fn list(&self, spot: Spot) -> &List<'d> {
        self.lists[spot.list].as_ref().expect("an action that has not ended stands in an open list")
    }

    fn list_mut(&mut self, spot: Spot) -> &mut List<'d> {
        self.lists[spot.list].as_mut().expect("an action that has not ended stands in an open list")
    }
}
