//! `quota`.

use super::levels::{self, Step};
use super::throttle::out_of_quota;
use crate::limit::{Exhausted, Quota};
use crate::policy;
use crate::stack::gateway::call::{Call, Metered};
use crate::stack::gateway::counters::Whose;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// Counts the call of a subscription, or refuses it with 403. Periods are
/// counted from the subscription's start.
pub(in crate::stack::gateway) fn quota(shared: &Shared, call: &mut Call, policy: &policy::Quota) -> Result<(), Raised> {
    let Some(levels) = levels::of(call, policy.quota, &policy.apis) else { return Ok(()) };
    let started = call.subscription.as_ref().and_then(|s| s.start.or(s.created)).unwrap_or(Quota::DEFAULT_ANCHOR);
    let turn = shared.counters.turn(call.id, call.clock.now());
    let anchored = |quota: Quota| Quota { anchor: started, ..quota };
    let result = levels::admit(
        &levels,
        |level, step| {
            let quota = anchored(level.limit);
            shared.counters.quota(Whose::Subscription, level.key(), turn.now, |window| match step {
                Step::Admit => window.admit(quota, turn, 1),
                Step::Look => window.check(quota, turn, 1),
                Step::TakeBack => {
                    window.take_back(1);
                    Ok(0)
                }
            })
        },
        longer,
    );
    result.map_err(out_of_quota)?;
    let metered = levels.iter().filter(|level| level.limit.bandwidth.is_some()).map(|level| Metered {
        whose: Whose::Subscription,
        key: level.key().iter().map(|part| (*part).into()).collect(),
        quota: anchored(level.limit),
    });
    let metered: Vec<Metered> = metered.collect();
    call.metered.extend(metered);
    Ok(())
}

/// Never is the longest wait.
fn longer(a: Exhausted, b: Exhausted) -> Exhausted {
    let wait = |e: Exhausted| e.replenished_in.unwrap_or(u64::MAX);
    if wait(b) > wait(a) { b } else { a }
}
