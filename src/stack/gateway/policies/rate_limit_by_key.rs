//! `rate-limit-by-key`.

use std::sync::Arc;
use std::time::Duration;

use super::throttle::{ByKey, admitted, counter_key, invalid, refuse};
use crate::limit::Rate;
use crate::policy::RateLimitByKey;
use crate::stack::gateway::call::{Call, Counter, Limit};
use crate::stack::gateway::counters::Whose;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// Counts the call, or refuses it with 429.
pub(in crate::stack::gateway) fn rate_limit_by_key(
    shared: &Shared,
    call: &mut Call,
    policy: &RateLimitByKey,
) -> Result<(), Raised> {
    let key = counter_key(call, &policy.counter_key)?;
    let rate = rate(call, policy)?;
    let limit = ByKey { counter: Counter::Rate, limit: Limit::Rate(rate), key, period: Arc::default() };
    let counting = limit.counting(call, &policy.increment, shared.counters.throttling())?;
    let turn = shared.counters.turn(call.id, call.clock.now());
    let result = shared.counters.rate(Whose::Key, &[&limit.key], turn.now, |counter| {
        let result = counting.ask.rate(counter, rate, turn);
        if result.is_err()
            && let Some(before) = counting.before
        {
            // Refused by this policy, the call was not to count under its key.
            counter.take_back(before);
        }
        result
    });
    match result {
        Ok(left) => {
            admitted(call, &policy.announcements, rate.calls, left);
            Ok(())
        }
        Err(refused) => Err(refuse(call, &policy.announcements, rate.calls, refused)),
    }
}

fn rate(call: &mut Call, policy: &RateLimitByKey) -> Result<Rate, Raised> {
    let (calls, period) = (call.number(&policy.calls)?, call.number(&policy.renewal_period)?);
    if !(1..=RateLimitByKey::MAX_PERIOD).contains(&period) {
        return Err(invalid("renewal-period", period, "from 1 to 300"));
    }
    let calls = u64::try_from(calls).map_err(|_| invalid("calls", calls, "0 or more"))?;
    Ok(Rate { calls, period: Duration::from_secs(period.cast_unsigned()) })
}
