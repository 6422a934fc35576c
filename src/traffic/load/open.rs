//! The open model: runs begin when they are due, by absolute instants, never by
//! the last wake.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::phase::{Due, Phase};

/// The runs of a plan that are under way, and those that are due and wait until
/// another ends.
#[derive(Debug, Default)]
pub(super) struct Roster {
    seats: Mutex<Seats>,
    /// Somebody has left, and nobody is there any more.
    empty: Notify,
}

#[derive(Debug, Default)]
struct Seats {
    taken: usize,
    waiting: VecDeque<Due>,
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
}

impl Roster {
    fn seat(&self, due: Due, (users, queue): (usize, usize)) -> Seated {
        let mut seats = self.seats();
        if seats.taken < users {
            seats.taken += 1;
            Seated::Now
        } else if seats.waiting.len() < queue {
            seats.waiting.push_back(due);
            Seated::Later
        } else {
            Seated::Never
        }
    }

    /// The next run for whoever has ended one; without one he leaves.
    fn next(&self) -> Option<Due> {
        let mut seats = self.seats();
        let next = seats.waiting.pop_front();
        if next.is_none() {
            self.leave(&mut seats);
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
    let mut stop = phase.stop.clone();
    let zero = phase.began();
    let room = (phase.plan.users, phase.plan.queue);
    for ticket in phase.plan.tickets.iter() {
        let at = zero + ticket.due;
        let until = tokio::time::Instant::from_std(phase.target.began + at);
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {
                phase.cut_short();
                break;
            }
            () = tokio::time::sleep_until(until) => {}
        }
        phase.was_due();
        let due = Due { ticket, at };
        match phase.roster.seat(due, room) {
            Seated::Now => drop(tokio::spawn(serve(phase.clone(), due))),
            Seated::Later => {}
            Seated::Never => phase.dropped().await,
        }
    }
    phase.roster.emptied().await;
}

/// Makes a run, then those that wait.
async fn serve(phase: Arc<Phase>, first: Due) {
    let mut next = Some(first);
    while let Some(due) = next {
        if !phase.made(due).await {
            phase.roster.give_up();
            return;
        }
        next = phase.roster.next();
    }
}
