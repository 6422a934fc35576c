//! What an API that the service calls back received of a case's jobs.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::clock::Clock;
use crate::contract::Contract;
use crate::contract::behaviour::Callback;
use crate::observe::{CallRun, ReceivedCall};
use crate::target::{Control, TargetError};

/// How long a call back may take where the contract does not say.
const WITHIN: Duration = Duration::from_mins(1);

/// How often it is looked for, and how long after the last one a call too many
/// may come, by the shared clock.
const PACE: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_secs(3);

/// How many IDs go into one query.
const PER_QUERY: usize = 200;

/// The jobs that are to be called back.
pub(super) struct Expected<'a> {
    pub(super) contract: &'a Contract,
    pub(super) correlations: &'a [String],
    pub(super) calls: &'a [CallRun],
}

impl Expected<'_> {
    /// What was received so far; nothing where nobody is called back.
    pub(super) async fn received(&self, control: &Control) -> Result<Vec<ReceivedCall>, TargetError> {
        let taken = self.locations(|_| true);
        if self.contract.callee.is_none() || taken.is_empty() {
            return Ok(Vec::new());
        }
        let jobs = taken.iter().filter_map(|location| location.rsplit('/').next()).map(str::to_owned);
        let ids: Vec<String> = self.correlations.iter().cloned().chain(jobs).collect();
        let mut received: Vec<ReceivedCall> = Vec::new();
        for some in ids.chunks(PER_QUERY) {
            received.extend(control.callbacks(some).await?);
        }
        received.sort_by_key(|call| call.sequence);
        received.dedup_by_key(|call| call.sequence);
        Ok(received)
    }

    /// Waits until each job that has ended was called back, or the time is
    /// over, and a moment longer.
    pub(super) async fn arrive(&self, control: &Control, clock: &Clock) -> Result<(), TargetError> {
        let Some((callback, _)) = self.contract.callback() else { return Ok(()) };
        let end = |run: &CallRun| run.polls.last().filter(|poll| poll.status() == Some(200)).map(|poll| poll.done_at);
        let ended = self.locations(|run| end(run).is_some()).len();
        let last = self.calls.iter().filter_map(end).max().unwrap_or_else(|| clock.now());
        let until = last.plus(callback.within.unwrap_or(WITHIN));
        loop {
            let received = self.received(control).await?;
            let accepted = received.iter().filter(|call| call.status.is_some_and(|status| callback.accepts(status)));
            let accepted: BTreeSet<String> = accepted.filter_map(|call| job_of(call, callback)).collect();
            if accepted.len() >= ended || clock.now() >= until {
                break;
            }
            clock.sleep(PACE).await;
        }
        clock.sleep(MOMENT).await;
        Ok(())
    }

    /// The distinct `Location`s of jobs that were taken.
    fn locations(&self, which: impl Fn(&CallRun) -> bool) -> BTreeSet<String> {
        let taken = self.calls.iter().filter(|run| which(run)).flat_map(|run| &run.exchanges);
        let taken = taken.filter_map(|exchange| exchange.response().filter(|response| response.status == 202));
        taken.filter_map(|response| response.headers.get("location").map(str::to_owned)).collect()
    }
}

fn job_of(call: &ReceivedCall, callback: &Callback) -> Option<String> {
    callback.once_per.select(&call.json()?).first().map(ToString::to_string)
}
