//! `quota-by-key`.

use std::time::Duration;

use super::throttle::{ByKey, counter_key, invalid, out_of_quota};
use crate::limit::Quota;
use crate::policy::{Given, QuotaByKey};
use crate::stack::gateway::call::{Call, Counter, Limit, Metered};
use crate::stack::gateway::counters::Whose;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// Counts the call, or refuses it with 403.
pub(in crate::stack::gateway) fn quota_by_key(
    shared: &Shared,
    call: &mut Call,
    policy: &QuotaByKey,
) -> Result<(), Raised> {
    let key = counter_key(call, &policy.counter_key)?;
    let quota = quota(call, policy)?;
    let period = policy.period_text.clone().unwrap_or_else(|| quota.period.as_secs().to_string().into());
    let limit = ByKey { counter: Counter::Quota, limit: Limit::Quota(quota), key, period };
    let counting = limit.counting(call, &policy.increment, shared.counters.throttling())?;
    let turn = shared.counters.turn(call.id, call.clock.now());
    let result = shared.counters.quota(Whose::Key, &[&limit.key, &limit.period], turn.now, |window| {
        let result = counting.ask.quota(window, quota, turn);
        if result.is_err()
            && let Some(before) = counting.before
        {
            window.take_back(before);
        }
        result
    });
    result.map_err(out_of_quota)?;
    if quota.bandwidth.is_some() && counting.before.is_none() {
        call.metered.push(Metered { whose: Whose::Key, key: [limit.key, limit.period].into(), quota });
    }
    Ok(())
}

fn quota(call: &mut Call, policy: &QuotaByKey) -> Result<Quota, Raised> {
    let mut bound = |name: &str, given: &Option<Given<i64>>| {
        let Some(given) = given else { return Ok(None) };
        let number = call.number(given)?;
        u64::try_from(number).map(Some).map_err(|_| invalid(name, number, "0 or more"))
    };
    let calls = bound("calls", &policy.calls)?;
    let bandwidth = bound("bandwidth", &policy.bandwidth)?;
    let period = call.number(&policy.renewal_period)?;
    if period != 0 && period < QuotaByKey::MIN_PERIOD {
        return Err(invalid("renewal-period", period, "0, or 300 or more"));
    }
    Ok(Quota {
        calls,
        bandwidth: bandwidth.map(|kilobytes| kilobytes.saturating_mul(Quota::KILOBYTE)),
        period: Duration::from_secs(period.cast_unsigned()),
        anchor: policy.first_period_start,
    })
}
