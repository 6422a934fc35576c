//! What follows the end of an action, and how what contains it ends.

use super::list::State;
use super::{Run, Spot};
use crate::clock::Timestamp;
use crate::flow::definition::{After, Kind, Status, Until};

/// Whether an action may begin.
enum Ready {
    Yes,
    NotYet,
    Never,
}

impl Run<'_> {
    pub(super) fn end(&mut self, spot: Spot, status: Status) {
        #[cfg(test)]
        self.told.push((self.list(spot).actions[spot.position], self.list(spot).place.item, status));
        self.counts[status as usize] += 1;
        let list = self.list_mut(spot);
        list.states[spot.position] = State::Ended(status);
        list.open -= 1;
        self.changed.push(spot.list);
    }

    /// Begins and ends whatever follows from what has ended.
    pub(super) fn settle(&mut self, now: Timestamp) {
        while let Some(list) = self.changed.pop() {
            self.follow(list, now);
            if self.lists[list].as_ref().is_some_and(|list| list.open == 0) {
                self.leave(list, now);
            }
        }
    }

    /// Begins or skips what waited for others of its list. What is skipped has
    /// the list looked at again.
    fn follow(&mut self, list: usize, now: Timestamp) {
        let length = self.lists[list].as_ref().map_or(0, |list| list.states.len());
        for position in 0..length {
            let spot = Spot { list, position };
            if !matches!(self.list(spot).states[position], State::Before) {
                continue;
            }
            match self.ready(spot) {
                Ready::Yes => self.start(spot, now),
                Ready::Never => self.end(spot, Status::Skipped),
                Ready::NotYet => {}
            }
        }
    }

    fn ready(&self, spot: Spot) -> Ready {
        let mut ready = Ready::Yes;
        for after in self.after(spot.list, self.list(spot).actions[spot.position]) {
            match self.status(spot.list, after.node) {
                None => return Ready::NotYet,
                Some(status) if !after.statuses.contains(status) => ready = Ready::Never,
                Some(_) => {}
            }
        }
        ready
    }

    fn after(&self, list: usize, node: usize) -> &[After] {
        let alone = self.lists[list].as_ref().is_some_and(|list| list.alone);
        if alone { &[] } else { &self.definition.nodes()[node].after }
    }

    fn status(&self, list: usize, node: usize) -> Option<Status> {
        let list = self.lists[list].as_ref()?;
        let position = if list.alone { 0 } else { self.definition.position(node) };
        match list.states[position] {
            State::Ended(status) => Some(status),
            _ => None,
        }
    }

    /// All actions of a list have ended.
    fn leave(&mut self, number: usize, now: Timestamp) {
        let status = self.status_of(number);
        let Some(list) = self.lists[number].take() else { return };
        self.free.push(number);
        match list.owner {
            None => self.ended = Some(status),
            Some(owner) => self.left(owner, status, now),
        }
    }

    /// A list inside of an action has ended.
    fn left(&mut self, owner: Spot, status: Status, now: Timestamp) {
        let node = self.node(owner);
        let state = &mut self.list_mut(owner).states[owner.position];
        match (state, &node.kind) {
            (State::Each { next, open, failed }, Kind::Each { items, .. }) => {
                *open -= 1;
                *failed |= status != Status::Succeeded;
                let (next, open, failed) = (*next, *open, *failed);
                if next < *items {
                    self.turn(owner);
                } else if open == 0 {
                    self.end(owner, if failed { Status::Failed } else { Status::Succeeded });
                }
            }
            (State::Until { turn, began }, Kind::Until(until)) => {
                let (turn, began) = (*turn, *began);
                match until_ends(until, turn, status, now.since(began)) {
                    Some(status) => self.end(owner, status),
                    None => self.turn(owner),
                }
            }
            _ => self.end(owner, status),
        }
    }

    /// Each branch counts by its last action; where that was skipped, by what
    /// it waited for. One that failed fails the whole.
    fn status_of(&self, number: usize) -> Status {
        let Some(list) = &self.lists[number] else { return Status::Skipped };
        let is_last = |node: &&usize| list.alone || !self.definition.is_followed(**node);
        let failed = list.actions.iter().filter(is_last).any(|node| self.failed(number, *node));
        if failed { Status::Failed } else { Status::Succeeded }
    }

    fn failed(&self, list: usize, node: usize) -> bool {
        match self.status(list, node) {
            Some(Status::Skipped) => self.after(list, node).iter().any(|after| self.failed(list, after.node)),
            Some(Status::Succeeded) => false,
            Some(Status::Failed | Status::TimedOut) | None => true,
        }
    }
}

/// How a loop ends after a turn; `None`: another follows. A turn that has begun
/// goes to its end.
fn until_ends(until: &Until, turns: u32, last: Status, lasted: std::time::Duration) -> Option<Status> {
    let met = until.turns.map_or(last == Status::Succeeded, |wanted| turns >= wanted);
    if met {
        return Some(last);
    }
    let limit = turns >= until.count || lasted >= until.within;
    limit.then_some(if until.fails_at_limit { Status::Failed } else { last })
}
