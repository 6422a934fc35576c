//! A call that failed, and the same call again when nothing is in its way any
//! more.

use crate::check::CaseSubject;
use crate::check::answer::{failure_type, succeeded};
use crate::contract::behaviour::TypeName;
use crate::generate::{Call, Expect, Step};
use crate::observe::CallRun;
use crate::wire::{Exchange, Tier};

use super::execution::says_undone;

/// The last repetition of a call that had failed.
pub(super) struct Again<'a> {
    /// How the earlier one failed: the last failure before the repetition.
    pub(super) failed: &'a Exchange,
    /// The repetition.
    pub(super) call: &'a Call,
    /// The repetition as it was observed.
    pub(super) run: &'a CallRun,
}

/// Finds it: a call after all faults were cleared that is to succeed, and that
/// an earlier call of the same ID and items failed before. `None` where the
/// earlier one did not fail: then the repetition is a replay.
pub(super) fn again<'a>(subject: &CaseSubject<'a>) -> Option<Again<'a>> {
    let cleared = calls_before_the_last_clearing(&subject.run.case.steps)?;
    let (call, run) = subject
        .calls()
        .filter(|(call, run)| run.call >= cleared && matches!(call.expect, Expect::Success | Expect::Replay { .. }))
        .last()?;
    let failed = subject
        .calls()
        .filter(|(earlier, other)| {
            other.call < run.call && earlier.correlation == call.correlation && earlier.items == call.items
        })
        .filter_map(|(_, other)| other.result())
        .filter(|exchange| !is_done(exchange, call))
        .last()?;
    Some(Again { failed, call, run })
}

/// Whether an answer is a success that leaves none of the items undone.
pub(super) fn is_done(exchange: &Exchange, call: &Call) -> bool {
    succeeded(exchange)
        && exchange.response().is_some_and(|response| !call.items.iter().any(|item| says_undone(response, item)))
}

/// Whether it is the gateway's own throttling, which says nothing of what the
/// service remembers.
pub(super) fn is_gateways_throttling(exchange: &Exchange) -> bool {
    exchange.tier != Some(Tier::Service) && crate::check::answer::was_throttled(exchange)
}

/// Status and type of a failure.
pub(super) fn kind_of(exchange: &Exchange) -> Option<(u16, Option<TypeName>)> {
    exchange.response().map(|response| (response.status, failure_type(response)))
}

fn calls_before_the_last_clearing(steps: &[Step]) -> Option<usize> {
    let last = steps.iter().rposition(|step| matches!(step, Step::ClearFaults))?;
    Some(
        steps[..last]
            .iter()
            .map(|step| match step {
                Step::Call(_) | Step::Linked(_) | Step::Flood { .. } | Step::Search(_) => 1,
                Step::Together(calls)
                | Step::SameConnection(calls)
                | Step::Unfollowed(calls)
                | Step::WhileHeld(calls) => calls.len(),
                Step::Follow(_)
                | Step::Inject(_)
                | Step::ClearFaults
                | Step::Restart
                | Step::AwaitCallbacks
                | Step::Advance(_)
                | Step::AdvanceTo(_)
                | Step::AwaitRetryAfter { .. } => 0,
            })
            .sum(),
    )
}
