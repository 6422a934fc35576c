//! All runs of a plan that are due at an instant, in order: made one after the
//! other, since there may be millions of them.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

use super::calls::drawn;
use super::dues::{Due, Dues};
use crate::flow::mix;

/// One run that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// When, in real time after the scenario's start.
    pub due: Duration,
    /// Which flow.
    pub flow: usize,
    /// Which clone of it.
    pub clone: usize,
    /// Whether a copy of that clone runs.
    pub copied: bool,
    /// The number of the trigger's event.
    pub event: u64,
    /// The number of the run in the scenario.
    pub run: u64,
    /// Which of the flow's own actions it makes; `None`: all of them.
    pub only: Option<usize>,
}

/// The runs of one flow.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) flow: usize,
    /// The seed of its definition.
    pub(super) seed: u64,
    pub(super) dues: Dues,
    /// What starts further runs for the same event.
    pub(super) again: Vec<Again>,
}

/// A share of events that start another run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Again {
    /// Its number among the flow's duplicates.
    pub(super) number: u64,
    pub(super) share: f64,
    /// How much later, in real time.
    pub(super) after: Duration,
    pub(super) copied: bool,
}

/// The runs of all flows.
#[derive(Clone, Debug, Default)]
pub struct Tickets {
    sources: Vec<Source>,
    /// How many there are, by flow.
    counts: Vec<u64>,
    last: Duration,
}

impl Tickets {
    pub(super) fn of(sources: Vec<Source>, flows: usize) -> Self {
        let mut tickets = Self { sources, counts: vec![0; flows], last: Duration::ZERO };
        let (mut counts, mut last) = (vec![0; flows], Duration::ZERO);
        for ticket in tickets.iter() {
            counts[ticket.flow] += 1;
            last = last.max(ticket.due);
        }
        (tickets.counts, tickets.last) = (counts, last);
        tickets
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many runs a flow has.
    pub fn of_flow(&self, flow: usize) -> u64 {
        self.counts[flow]
    }

    /// When the last one is due.
    pub fn last(&self) -> Duration {
        self.last
    }

    /// All of them, in the order in which they are due.
    pub fn iter(&self) -> impl Iterator<Item = Ticket> + Send + '_ {
        let mut merge = Merge {
            sources: self.sources.iter().map(|source| (source, source.dues.iter().enumerate())).collect(),
            next: BinaryHeap::new(),
            order: 0,
        };
        (0..merge.sources.len()).for_each(|source| merge.draw(source));
        merge.zip(1_u64..).map(|(ticket, run)| Ticket { run, ..ticket })
    }
}

type Stream<'t> = std::iter::Enumerate<Box<dyn Iterator<Item = Due> + Send + 't>>;

struct Merge<'t> {
    sources: Vec<(&'t Source, Stream<'t>)>,
    next: BinaryHeap<Reverse<Next>>,
    order: u64,
}

/// A ticket that waits for its turn, and whose turn it is to draw after it.
struct Next {
    ticket: Ticket,
    order: u64,
    draws: Option<usize>,
}

impl Merge<'_> {
    /// Draws the next event of a source, with all runs that it starts.
    fn draw(&mut self, number: usize) {
        let (source, stream) = &mut self.sources[number];
        let Some((event, (due, clone))) = stream.next() else { return };
        let event = event as u64;
        let first = Ticket { due, flow: source.flow, clone: clone as usize, copied: false, event, run: 0, only: None };
        let seed = mix(source.seed, &[20, event]);
        let again = source.again.iter().filter(|again| drawn(seed, again.number, again.share));
        let further = again.map(|again| Ticket { due: due + again.after, copied: again.copied, ..first });
        let all = std::iter::once((first, Some(number))).chain(further.map(|ticket| (ticket, None)));
        for (ticket, draws) in all {
            self.next.push(Reverse(Next { ticket, order: self.order, draws }));
            self.order += 1;
        }
    }
}

impl Iterator for Merge<'_> {
    type Item = Ticket;

    fn next(&mut self) -> Option<Ticket> {
        let Reverse(next) = self.next.pop()?;
        if let Some(source) = next.draws {
            self.draw(source);
        }
        Some(next.ticket)
    }
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.ticket.due, self.order).cmp(&(other.ticket.due, other.order))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Next {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Next {}
