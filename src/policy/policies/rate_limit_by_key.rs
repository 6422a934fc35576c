//! `rate-limit-by-key`: so many calls in a sliding window, for each key.

use std::sync::Arc;

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `rate-limit-by-key`.
#[derive(Clone, Debug)]
pub struct RateLimitByKey {
    /// How many calls.
    pub calls: Given<i64>,
    /// The window, in seconds.
    pub renewal_period: Given<i64>,
    /// Whose calls are counted together.
    pub counter_key: GivenText,
    /// Whether a call counts; one that reads the response is evaluated after
    /// it.
    pub increment_condition: Option<Given<bool>>,
    /// How much a call counts.
    pub increment_count: Given<i64>,
    /// The header field in place of `Retry-After`.
    pub retry_after_header: Option<Arc<str>>,
    /// The variable that takes the seconds to wait.
    pub retry_after_variable: Option<Arc<str>>,
    /// The header field for what is left.
    pub remaining_header: Option<Arc<str>>,
    /// The variable for what is left.
    pub remaining_variable: Option<Arc<str>>,
    /// The header field for the calls of a window.
    pub total_header: Option<Arc<str>>,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "rate-limit-by-key",
    sections: INBOUND,
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

/// The longest window that the policy allows.
const MAX_PERIOD: i64 = 300;

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let calls = reader.number("calls", 1..=i64::MAX);
    let calls = reader.required("calls", calls);
    let renewal_period = reader.number("renewal-period", 1..=MAX_PERIOD);
    let renewal_period = reader.required("renewal-period", renewal_period);
    let counter_key = reader.text("counter-key");
    let counter_key = reader.required("counter-key", counter_key);
    Some(Action::RateLimitByKey(RateLimitByKey {
        increment_condition: reader.flag("increment-condition"),
        increment_count: reader.number("increment-count", 0..=i64::MAX).unwrap_or(Given::Fixed(1)),
        retry_after_header: reader.literal("retry-after-header-name"),
        retry_after_variable: reader.literal("retry-after-variable-name"),
        remaining_header: reader.literal("remaining-calls-header-name"),
        remaining_variable: reader.literal("remaining-calls-variable-name"),
        total_header: reader.literal("total-calls-header-name"),
        calls: calls?,
        renewal_period: renewal_period?,
        counter_key: counter_key?,
    }))
}
