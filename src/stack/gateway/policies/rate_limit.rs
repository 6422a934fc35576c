//! `rate-limit`.

use super::levels::{self, Step};
use super::throttle::{admitted, refuse};
use crate::limit::Refused;
use crate::policy::RateLimit;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::counters::Whose;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// Counts the call of a subscription, or refuses it with 429.
pub(in crate::stack::gateway) fn rate_limit(
    shared: &Shared,
    call: &mut Call,
    policy: &RateLimit,
) -> Result<(), Raised> {
    let Some(levels) = levels::of(call, policy.rate, &policy.apis) else { return Ok(()) };
    let turn = shared.counters.turn(call.id, call.clock.now());
    let result = levels::admit(
        &levels,
        |level, step| {
            shared.counters.rate(Whose::Subscription, level.key(), turn.now, |counter| match step {
                Step::Admit => counter.admit(level.limit, turn, 1),
                Step::Look => counter.check(level.limit, turn, 1),
                Step::TakeBack => {
                    counter.take_back(1);
                    Ok(0)
                }
            })
        },
        |a, b| Refused { retry_after: a.retry_after.max(b.retry_after) },
    );
    match result {
        Ok(left) => {
            admitted(call, &policy.announcements, policy.rate.calls, left);
            Ok(())
        }
        Err(refused) => Err(refuse(call, &policy.announcements, policy.rate.calls, refused)),
    }
}
