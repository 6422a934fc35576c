//! `rate-limit-by-key`: so many calls in a period, for each key.

use super::announcements::Announcements;
use super::rate_limit::MAX_PERIOD;
use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `rate-limit-by-key`.
#[derive(Clone, Debug)]
pub struct RateLimitByKey {
    /// How many calls.
    pub calls: Given<i64>,
    /// The period, in seconds.
    pub renewal_period: Given<i64>,
    /// Whose calls are counted together.
    pub counter_key: GivenText,
    /// Which calls count, and how much.
    pub increment: Increment,
    /// What it tells of itself.
    pub announcements: Announcements,
}

/// Which calls count, how much, and when.
#[derive(Clone, Debug)]
pub struct Increment {
    /// Whether a call counts; one that reads the response is evaluated after
    /// it.
    pub condition: Option<Given<bool>>,
    /// How much a call counts.
    pub count: Given<i64>,
    /// Whether it counts after the response in any case.
    pub after_response: Given<bool>,
}

impl Increment {
    pub(super) fn read(reader: &mut Reader<'_, '_, '_>) -> Self {
        Self {
            condition: reader.flag("increment-condition"),
            count: reader.number("increment-count", 0..=i64::MAX).unwrap_or(Given::Fixed(1)),
            after_response: reader.flag("increment-after-response").unwrap_or(Given::Fixed(false)),
        }
    }
}

impl RateLimitByKey {
    /// The longest period that the platform allows, in seconds (reference
    /// §2.1).
    pub const MAX_PERIOD: i64 = MAX_PERIOD;
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "rate-limit-by-key",
    sections: INBOUND,
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let calls = reader.number("calls", 1..=i64::MAX);
    let calls = reader.required("calls", calls);
    let renewal_period = reader.number("renewal-period", 1..=MAX_PERIOD);
    let renewal_period = reader.required("renewal-period", renewal_period);
    let counter_key = reader.text("counter-key");
    let counter_key = reader.required("counter-key", counter_key);
    let (increment, announcements) = (Increment::read(reader), Announcements::read(reader));
    Some(Action::RateLimitByKey(Box::new(RateLimitByKey {
        calls: calls?,
        renewal_period: renewal_period?,
        counter_key: counter_key?,
        increment,
        announcements,
    })))
}
