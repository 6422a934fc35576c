//! `rate-limit-by-key`.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode};

use crate::limit::{Rate, Refused};
use crate::policy::{Given, RateLimitByKey};
use crate::stack::gateway::call::{Call, Counter, Later, Limit};
use crate::stack::gateway::counters::Count;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;
use crate::stack::gateway::value::Value;

/// Counts the call, or refuses it.
pub(in crate::stack::gateway) fn rate_limit_by_key(
    shared: &Shared,
    call: &mut Call,
    policy: &RateLimitByKey,
) -> Result<(), Raised> {
    let key = counter_key(call, &policy.counter_key)?;
    let rate = Rate {
        calls: u64::try_from(call.number(&policy.calls)?).unwrap_or(0),
        period: Duration::from_secs(u64::try_from(call.number(&policy.renewal_period)?).unwrap_or(1)),
    };
    let limit = Counting { kind: Counter::Rate, limit: Limit::Rate(rate), key: Arc::clone(&key) };
    let Some(count) = limit.count(call, policy.increment_condition.as_ref(), &policy.increment_count)? else {
        return Ok(());
    };
    let now = call.clock.now();
    match shared.counters.admit_rate(&key, rate, now, count) {
        Ok(left) => {
            let left = left.cast_signed();
            if let Some(name) = &policy.remaining_variable {
                call.set_variable(name, Value::Int(left));
            }
            announce(call, policy.remaining_header.as_ref(), left);
            announce(call, policy.total_header.as_ref(), rate.calls.cast_signed());
            Ok(())
        }
        Err(Refused { retry_after }) => {
            if let Some(name) = &policy.retry_after_variable {
                call.set_variable(name, Value::Int(retry_after.cast_signed()));
            }
            announce(call, policy.total_header.as_ref(), rate.calls.cast_signed());
            let told = format!("Rate limit is exceeded. Try again in {retry_after} seconds.");
            let raised =
                Raised::policy(StatusCode::TOO_MANY_REQUESTS, "RateLimitExceeded", "Rate limit is exceeded", &told);
            Err(raised.retry_after(policy.retry_after_header.as_ref(), retry_after))
        }
    }
}

/// Sets a field of the answer, whichever policy makes that.
fn announce(call: &mut Call, header: Option<&Arc<str>>, value: i64) {
    if let Some(name) = header.and_then(|h| HeaderName::try_from(&**h).ok()) {
        call.limit_headers.insert(name, HeaderValue::from(value));
    }
}

/// The key; null is an error of the expression.
pub(super) fn counter_key(call: &mut Call, key: &crate::policy::GivenText) -> Result<Arc<str>, Raised> {
    let text = call.text(key)?;
    text.ok_or_else(|| {
        Raised::internal(
            "",
            "ExpressionValueEvaluationFailure",
            "Expression evaluation failed. The counter key is null.",
        )
    })
}

/// A limit that is about to count a call.
pub(super) struct Counting {
    pub(super) kind: Counter,
    pub(super) limit: Limit,
    pub(super) key: Arc<str>,
}

impl Counting {
    /// How the call counts: at once, after the response, or (`None`) not at
    /// all because it has counted under this key already.
    pub(super) fn count(
        self,
        call: &mut Call,
        condition: Option<&Given<bool>>,
        count: &Given<i64>,
    ) -> Result<Option<Count>, Raised> {
        if call.counted.iter().any(|(kind, key)| *kind == self.kind && *key == self.key) {
            return Ok(None);
        }
        call.counted.push((self.kind, Arc::clone(&self.key)));
        if let Some(condition @ Given::Expression(expression)) = condition
            && expression.reads.response
        {
            let later = Later { key: self.key, limit: self.limit, condition: condition.clone(), count: count.clone() };
            call.later.push(later);
            return Ok(Some(Count::Later));
        }
        let counts = condition.map_or(Ok(true), |c| call.flag(c))?;
        let amount = if counts { call.number(count)? } else { 0 };
        Ok(Some(Count::Now(u64::try_from(amount).unwrap_or(0))))
    }
}
