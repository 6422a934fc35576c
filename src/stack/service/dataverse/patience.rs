//! How long a request is sent again.

use std::time::Duration;

use super::super::defect::Defect;
use super::{Dataverse, Errand, Trouble};

/// How often one request fails at most.
pub(super) const ATTEMPTS: u32 = 4;
/// Waits that Dataverse asks for are kept as long as they are no longer than
/// this together; beyond it they are passed on to the caller.
const PATIENCE: Duration = Duration::from_secs(6);
/// The same by the defect that has less of it.
const LITTLE: Duration = Duration::from_secs(3);
/// The longest wait by the defect that cuts it short.
const CLAMPED: u64 = 2;
/// The first wait where Dataverse names none; doubles.
const BACKOFF: Duration = Duration::from_millis(250);

/// What a request has met so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tries {
    /// How often it was sent again.
    pub(super) again: u32,
    /// How often that was for a failure. A wait that Dataverse asks for is
    /// none.
    pub(super) failures: u32,
    waited: Duration,
}

impl Dataverse {
    /// Waits for the next attempt, or gives up.
    pub(super) async fn pause(
        &self,
        errand: &Errand,
        table: &str,
        tries: &mut Tries,
        asked: Option<u64>,
    ) -> Result<(), Trouble> {
        let defects = &self.defects;
        if asked.is_some() && defects.has(Defect::ThrottledAs500) {
            return Err(Trouble::Refused(429));
        }
        let wait = match asked {
            Some(_) if defects.has(Defect::RetryAfterIgnored) => None,
            Some(told) if defects.has(Defect::RetryAfterClamped) => Some(told.min(CLAMPED)),
            told => told,
        };
        if wait.is_none() || defects.has(Defect::ThrottleCounted) {
            tries.failures += 1;
        }
        let wait = match wait {
            Some(seconds) => {
                tries.waited += Duration::from_secs(seconds);
                Duration::from_secs(seconds)
            }
            None => BACKOFF * 2_u32.saturating_pow(tries.failures.min(8) - 1),
        };
        let patience = if defects.has(Defect::LittlePatience) { LITTLE } else { PATIENCE };
        let too_long = tries.waited > patience || self.clock.now().plus(wait) > errand.until;
        let sleeps = defects.has(Defect::WaitSleptThrough)
            || (defects.has(Defect::FileWaitSleptThrough) && table == "new_invoices");
        if tries.failures >= ATTEMPTS || (too_long && !(sleeps && asked.is_some() && tries.again == 0)) {
            let long = asked.is_some_and(|told| Duration::from_secs(told) > patience);
            return Err(if long && defects.has(Defect::LongThrottleAs500) {
                Trouble::Refused(429)
            } else {
                Trouble::Unavailable { retry_after: asked.unwrap_or(1).max(1) }
            });
        }
        tries.again += 1;
        self.clock.sleep(wait).await;
        Ok(())
    }
}
