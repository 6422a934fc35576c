//! `limit-concurrency`.

use http::StatusCode;

use crate::policy::LimitConcurrency;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::counters::{Counters, Inside};
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// Lets the call into what the policy wraps, or refuses it at once with 429:
/// there is no queue. The call leaves when the guard is dropped.
///
/// Neither the text nor the reason is known of the platform (reference §2.6).
pub(in crate::stack::gateway) fn limit_concurrency(
    shared: &Shared,
    call: &mut Call,
    policy: &LimitConcurrency,
) -> Result<Inside, Raised> {
    let key = call.text_or_empty(&policy.key)?;
    let inside = Counters::enter(&shared.counters, key, policy.max_count, call.clock.now());
    inside.ok_or_else(|| {
        let text = "Too many requests";
        Raised::policy(StatusCode::TOO_MANY_REQUESTS, "ConcurrencyLimitExceeded", text, text)
    })
}
