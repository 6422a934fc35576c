//! How much may be under way at once, and how much a flow may do in a time: what
//! is beyond waits.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::errand::Errand;
use crate::flow::{Pace, Profile};
use crate::scenario::{Plan, PlannedFlow, Ticket};
use crate::traffic::connection::Shot;

/// What the calls of a plan may do.
#[derive(Debug)]
pub(super) struct Allowances {
    /// How many calls may be under way at once.
    lanes: Semaphore,
    /// By flow and copy of it; none where it has no profile.
    flows: Vec<Vec<Allowance>>,
}

/// What a copy of a flow may do.
#[derive(Debug)]
struct Allowance {
    calls: Semaphore,
    pace: Mutex<Pace>,
}

/// Room for a call: among those of its flow, and among all.
type Room<'a> = (Option<SemaphorePermit<'a>>, Option<SemaphorePermit<'a>>);

impl Allowances {
    pub(super) fn of(plan: &Plan) -> Self {
        Self { lanes: Semaphore::new(plan.most_calls()), flows: plan.flows.iter().map(of_copies).collect() }
    }

    fn of_flow(&self, ticket: &Ticket) -> Option<&Allowance> {
        self.flows[ticket.flow].get(ticket.clone)
    }

    /// The semaphores are never closed; without a permit the call would just go.
    async fn room(&self, ticket: &Ticket) -> Room<'_> {
        let own = match self.of_flow(ticket) {
            Some(own) => own.calls.acquire().await.ok(),
            None => None,
        };
        (own, self.lanes.acquire().await.ok())
    }
}

fn of_copies(flow: &PlannedFlow) -> Vec<Allowance> {
    let Some(profile) = flow.profile else { return Vec::new() };
    flow.clones.iter().map(|_| Allowance::of(profile)).collect()
}

impl Allowance {
    fn of(profile: Profile) -> Self {
        Self { calls: Semaphore::new(profile.outbound() as usize), pace: Mutex::new(Pace::of(profile)) }
    }
}

impl Errand<'_> {
    /// Waits until the flow's owner has an action left that sends so many bytes;
    /// gives from when on the call is due then.
    pub(super) async fn paced(&self, due: Duration, sent: u64) -> Duration {
        match self.phase.allowances.of_flow(&self.due.ticket) {
            Some(own) => Box::pin(self.waited(own, due, sent)).await,
            None => due,
        }
    }

    async fn waited(&self, own: &Allowance, due: Duration, sent: u64) -> Duration {
        let phase = self.phase;
        let (clock, mut waits) = (&phase.target.clock, false);
        loop {
            let begun = own.pace.lock().unwrap_or_else(PoisonError::into_inner).begin(clock.now(), sent);
            let Err(until) = begun else { break };
            if !waits {
                phase.slowed();
            }
            waits = true;
            clock.sleep_until(until).await;
        }
        if waits { due.max(phase.target.elapsed()) } else { due }
    }

    /// What came back counts too.
    pub(super) fn received(&self, shot: &Shot) {
        if let (Some(own), Ok(answer)) = (self.phase.allowances.of_flow(&self.due.ticket), &shot.outcome) {
            let bytes = answer.body.len() as u64;
            own.pace.lock().unwrap_or_else(PoisonError::into_inner).received(shot.done_at, bytes);
        }
    }

    /// Room for a call: among those of its flow, and among all.
    pub(super) async fn room(&self) -> Room<'_> {
        self.phase.allowances.room(&self.due.ticket).await
    }
}
