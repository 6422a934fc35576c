//! `quota-by-key`.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::rate_limit_by_key::{Counting, counter_key};
use crate::limit::Quota;
use crate::policy::QuotaByKey;
use crate::stack::gateway::call::{Call, Counter, Limit};
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;
use crate::stack::gateway::value::span_text;

/// Counts the call, or refuses it with 403.
pub(in crate::stack::gateway) fn quota_by_key(
    shared: &Shared,
    call: &mut Call,
    policy: &QuotaByKey,
) -> Result<(), Raised> {
    let key = counter_key(call, &policy.counter_key)?;
    let quota = Quota {
        calls: u64::try_from(call.number(&policy.calls)?).unwrap_or(0),
        period: Duration::from_secs(u64::try_from(call.number(&policy.renewal_period)?).unwrap_or(0)),
        anchor: policy.first_period_start,
    };
    let limit = Counting { kind: Counter::Quota, limit: Limit::Quota(quota), key: Arc::clone(&key) };
    let Some(count) = limit.count(call, policy.increment_condition.as_ref(), &policy.increment_count)? else {
        return Ok(());
    };
    let now = call.clock.now();
    shared.counters.admit_quota(&key, quota, now, count).map(|_| ()).map_err(|refused| {
        let span = span_text(refused.retry_after.cast_signed().saturating_mul(1_000_000));
        let text = format!("Out of call volume quota. Quota will be replenished in {span}.");
        let raised = Raised::policy(StatusCode::FORBIDDEN, "QuotaExceeded", text.as_str(), &text);
        raised.retry_after(None, refused.retry_after)
    })
}
