//! The open model: runs begin when they are due, by absolute instants, never by
//! the last wake.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::phase::{Due, Phase};
use crate::scenario::{Concurrency, Plan, Ticket};

/// The runs of a plan that are under way, and those that are due and wait until
/// another ends.
#[derive(Debug)]
pub(super) struct Roster {
    seats: Mutex<Seats>,
    /// How many runs may be under way, and how many may wait.
    room: (usize, usize),
    /// Flows by their triggers' concurrency.
    concurrency: Vec<Option<Concurrency>>,
    /// Somebody has left, and nobody is there any more.
    empty: Notify,
}

#[derive(Debug)]
struct Seats {
    taken: usize,
    waiting: VecDeque<Due>,
    /// By flow and copy of it: under way, and waiting.
    flows: Vec<Vec<(u32, u32)>>,
}

/// What becomes of a run that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seated {
    /// It begins.
    Now,
    /// It waits.
    Later,
    /// Too many wait already.
    Never,
    /// The flow's trigger takes no more: a caller gets 429, a poll is skipped.
    TurnedAway,
}

impl Roster {
    pub(super) fn of(plan: &Plan) -> Self {
        let flows = plan.flows.iter().map(|flow| vec![(0, 0); flow.clones.len().max(1)]).collect();
        Self {
            seats: Mutex::new(Seats { taken: 0, waiting: VecDeque::new(), flows }),
            room: (plan.users, plan.queue),
            concurrency: plan.flows.iter().map(|flow| flow.concurrency).collect(),
            empty: Notify::new(),
        }
    }

    fn seat(&self, due: Due) -> Seated {
        let mut seats = self.seats();
        let Ticket { flow, clone, .. } = due.ticket;
        let full = self.is_full(&seats, &due.ticket);
        if !full && seats.taken < self.room.0 {
            seats.taken += 1;
            seats.flows[flow][clone].0 += 1;
            return Seated::Now;
        }
        if self.concurrency[flow].is_some_and(|limit| full && seats.flows[flow][clone].1 >= limit.waiting) {
            return Seated::TurnedAway;
        }
        if seats.waiting.len() >= self.room.1 {
            return Seated::Never;
        }
        seats.waiting.push_back(due);
        seats.flows[flow][clone].1 += 1;
        Seated::Later
    }

    /// Whether a flow's trigger begins no more runs now.
    fn is_full(&self, seats: &Seats, ticket: &Ticket) -> bool {
        self.concurrency[ticket.flow].is_some_and(|limit| seats.flows[ticket.flow][ticket.clone].0 >= limit.runs)
    }

    /// The next run for whoever has ended one; without one he leaves.
    fn next(&self, ended: &Ticket) -> Option<Due> {
        let mut seats = self.seats();
        seats.flows[ended.flow][ended.clone].0 -= 1;
        let place = seats.waiting.iter().position(|due| !self.is_full(&seats, &due.ticket));
        let next = place.and_then(|place| seats.waiting.remove(place));
        match next {
            Some(due) => {
                let (going, waiting) = &mut seats.flows[due.ticket.flow][due.ticket.clone];
                (*going, *waiting) = (*going + 1, *waiting - 1);
            }
            None => self.leave(&mut seats),
        }
        next
    }

    /// Leaves, and whoever waits does not begin any more.
    fn give_up(&self) {
        let mut seats = self.seats();
        seats.waiting.clear();
        self.leave(&mut seats);
    }

    /// How many runs that are due wait.
    pub(super) fn waiting(&self) -> usize {
        self.seats().waiting.len()
    }

    fn leave(&self, seats: &mut Seats) {
        seats.taken -= 1;
        if seats.taken == 0 {
            self.empty.notify_waiters();
        }
    }

    /// Waits until nobody is there.
    async fn emptied(&self) {
        loop {
            let left = self.empty.notified();
            if self.seats().taken == 0 {
                return;
            }
            left.await;
        }
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a plan's runs when they are due, and waits until all have ended. Where
/// too many wait a run is dropped, and counted.
pub(super) async fn open(phase: &Arc<Phase>) {
    let mut halted = pin!(phase.halted());
    let zero = phase.began();
    for ticket in phase.plan.tickets.iter() {
        let at = zero + ticket.due;
        let until = tokio::time::Instant::from_std(phase.target.began + at);
        tokio::select! {
            biased;
            () = &mut halted => {
                phase.cut_short();
                break;
            }
            () = tokio::time::sleep_until(until) => {}
        }
        phase.was_due();
        let due = Due { ticket, at, ready: at };
        match phase.roster.seat(due) {
            Seated::Now => drop(tokio::spawn(serve(phase.clone(), due))),
            Seated::Later => {}
            Seated::Never => phase.dropped().await,
            Seated::TurnedAway => phase.turned_away(),
        }
    }
    phase.roster.emptied().await;
}

/// Makes a run, then those that wait.
async fn serve(phase: Arc<Phase>, first: Due) {
    let (mut next, mut halted) = (Some(first), pin!(phase.halted()));
    while let Some(due) = next {
        if !phase.made(due, halted.as_mut()).await {
            phase.roster.give_up();
            return;
        }
        // It waited for this one's end, and not for the generator.
        next = phase.roster.next(&due.ticket).map(|next| phase.waited(next));
    }
}
