//! What the limits have in common: how a call counts under a key, what a limit
//! tells of itself, and how it refuses.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, StatusCode};

use crate::limit::{Exhausted, Refused, Throttling, Volume};
use crate::policy::{Announcements, Given, GivenText, Increment};
use crate::stack::gateway::call::{Call, Counted, Counter, Later, Limit};
use crate::stack::gateway::counters::Ask;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::value::{Value, span_text};

/// A limit by key that is about to count a call.
pub(super) struct ByKey {
    pub(super) counter: Counter,
    pub(super) limit: Limit,
    pub(super) key: Arc<str>,
    /// What sets apart the counters of one key: the period of a quota.
    pub(super) period: Arc<str>,
}

/// How a call counts.
pub(super) struct Counting {
    pub(super) ask: Ask,
    /// Where it has counted under this key in this call already: how much.
    pub(super) before: Option<u64>,
}

impl ByKey {
    /// How the call counts: at once, after the response, or not again because it
    /// has counted under this key already (reference §2.4).
    pub(super) fn counting(
        &self,
        call: &mut Call,
        increment: &Increment,
        throttling: &Throttling,
    ) -> Result<Counting, Raised> {
        let same = |c: &&Counted| c.counter == self.counter && c.key == self.key && c.period == self.period;
        if let Some(counted) = call.counted.iter().find(same) {
            return Ok(Counting { ask: Ask::Fits(counted.asked), before: Some(counted.count) });
        }
        let asked = u64::from(!throttling.late_by_one);
        let late = waits_for_response(call, increment, throttling)?;
        let (ask, count) = if late {
            call.later.push(self.later(increment));
            (Ask::Fits(asked), 0)
        } else {
            let counts = increment.condition.as_ref().map_or(Ok(true), |c| call.flag(c))?;
            let count = if counts { amount(call, &increment.count)? } else { 0 };
            (Ask::Count(count), count)
        };
        let asked = if late { asked } else { 0 };
        let (key, period) = (Arc::clone(&self.key), Arc::clone(&self.period));
        call.counted.push(Counted { counter: self.counter, key, period, count, asked });
        Ok(Counting { ask, before: None })
    }

    fn later(&self, increment: &Increment) -> Later {
        Later {
            key: Arc::clone(&self.key),
            period: Arc::clone(&self.period),
            limit: self.limit,
            condition: increment.condition.clone().unwrap_or(Given::Fixed(true)),
            count: increment.count.clone(),
        }
    }
}

/// Whether a call counts only once its response is there.
fn waits_for_response(call: &mut Call, increment: &Increment, throttling: &Throttling) -> Result<bool, Raised> {
    let reads = |response: bool| throttling.late_by_one || response;
    let condition = increment.condition.as_ref().and_then(Given::expression).is_some_and(|e| reads(e.reads.response));
    let count = increment.count.expression().is_some_and(|e| reads(e.reads.response));
    Ok(condition || count || call.flag(&increment.after_response)?)
}

/// How much a call counts.
fn amount(call: &mut Call, count: &Given<i64>) -> Result<u64, Raised> {
    let count = call.number(count)?;
    u64::try_from(count).map_err(|_| invalid("increment-count", count, "0 or more"))
}

/// An attribute whose expression gives what the platform refuses.
pub(super) fn invalid(attribute: &str, value: i64, expected: &str) -> Raised {
    let message = format!("Expression evaluation failed. '{attribute}' is {value} and must be {expected}.");
    Raised::internal("", "ExpressionValueEvaluationFailure", message)
}

/// The key; null is an error of the expression.
pub(super) fn counter_key(call: &mut Call, key: &GivenText) -> Result<Arc<str>, Raised> {
    call.text(key)?.ok_or_else(|| {
        let message = "Expression evaluation failed. The counter key is null.";
        Raised::internal("", "ExpressionValueEvaluationFailure", message)
    })
}

/// Tells what a rate limit admitted: fields of the answer, whichever policy
/// makes that, and variables.
pub(super) fn admitted(call: &mut Call, told: &Announcements, calls: u64, left: u64) {
    let left = left.cast_signed();
    if let Some(name) = &told.remaining_variable {
        call.set_variable(name, Value::Int(left));
    }
    announce(call, told.remaining_header.as_ref(), left);
    announce(call, told.total_header.as_ref(), calls.cast_signed());
}

/// Refuses a call with 429, and tells when to come again.
pub(super) fn refuse(call: &mut Call, told: &Announcements, calls: u64, refused: Refused) -> Raised {
    let seconds = refused.retry_after;
    if let Some(name) = &told.retry_after_variable {
        call.set_variable(name, Value::Int(seconds.cast_signed()));
    }
    announce(call, told.total_header.as_ref(), calls.cast_signed());
    let text = format!("Rate limit is exceeded. Try again in {seconds} seconds.");
    let raised = Raised::policy(StatusCode::TOO_MANY_REQUESTS, "RateLimitExceeded", "Rate limit is exceeded", &text);
    raised.retry_after(told.retry_after_header.as_ref(), seconds)
}

fn announce(call: &mut Call, header: Option<&HeaderName>, value: i64) {
    if let Some(name) = header {
        call.limit_headers.insert(name, HeaderValue::from(value));
    }
}

/// Refuses a call with 403. The text for a lifetime's quota is not known: it
/// has no time at which it is replenished.
pub(super) fn out_of_quota(exhausted: Exhausted) -> Raised {
    let volume = match exhausted.volume {
        Volume::Calls => "call volume",
        Volume::Bandwidth => "bandwidth",
    };
    let mut text = format!("Out of {volume} quota.");
    if let Some(seconds) = exhausted.replenished_in {
        let span = span_text(seconds.cast_signed().saturating_mul(1_000_000));
        text = format!("{text} Quota will be replenished in {span}.");
    }
    let raised = Raised::policy(StatusCode::FORBIDDEN, "QuotaExceeded", text.as_str(), &text);
    match exhausted.replenished_in {
        Some(seconds) => raised.retry_after(None, seconds),
        None => raised,
    }
}
