//! When tickets are handed out: by absolute instants, never by the last wake.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::phase::{Due, Phase};

/// Hands out a plan's tickets when they are due after `zero`, which is real
/// time since the run began. A full queue drops the ticket, and counts it.
pub(super) async fn schedule(phase: Arc<Phase>, queue: mpsc::Sender<Due>, zero: Duration) {
    phase.begin(zero);
    let mut stop = phase.stop.clone();
    for ticket in &phase.plan.tickets {
        let due = zero + ticket.due;
        let until = tokio::time::Instant::from_std(phase.target.began + due);
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep_until(until) => {}
        }
        match queue.try_send(Due { ticket: *ticket, at: due }) {
            Ok(()) => phase.was_due(),
            Err(TrySendError::Full(_)) => {
                phase.was_due();
                phase.dropped().await;
            }
            // Nobody serves any more.
            Err(TrySendError::Closed(_)) => break,
        }
    }
}
