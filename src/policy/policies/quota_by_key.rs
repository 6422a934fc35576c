//! `quota-by-key`: so many calls in a fixed period, for each key.

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::clock::Timestamp;
use crate::diagnose::Diagnostic;
use crate::limit::Quota;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `quota-by-key`.
#[derive(Clone, Debug)]
pub struct QuotaByKey {
    /// How many calls.
    pub calls: Given<i64>,
    /// The period, in seconds; 0: a lifetime.
    pub renewal_period: Given<i64>,
    /// Whose calls are counted together.
    pub counter_key: GivenText,
    /// Whether a call counts; one that reads the response is evaluated after
    /// it.
    pub increment_condition: Option<Given<bool>>,
    /// How much a call counts.
    pub increment_count: Given<i64>,
    /// Where periods are counted from.
    pub first_period_start: Timestamp,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "quota-by-key", sections: INBOUND, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

/// The shortest period that the policy allows, but for 0.
const MIN_PERIOD: i64 = 300;

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let calls = reader.number("calls", 1..=i64::MAX);
    let calls = reader.required("calls", calls);
    let renewal_period = reader.number("renewal-period", 0..=i64::from(u32::MAX));
    let renewal_period = reader.required("renewal-period", renewal_period);
    if let Some(Given::Fixed(period @ 1..MIN_PERIOD)) = renewal_period {
        let fault = Diagnostic::error(reader.place(), "`renewal-period` is too short")
            .expected("0, or 300 seconds or more")
            .actual(period.to_string());
        reader.fault(fault);
    }
    let counter_key = reader.text("counter-key");
    let counter_key = reader.required("counter-key", counter_key);
    let start = reader.literal("first-period-start");
    let first_period_start = match start.as_deref().map(Timestamp::parse) {
        None => Quota::DEFAULT_ANCHOR,
        Some(Some(start)) => start,
        Some(None) => {
            let fault = Diagnostic::error(reader.place(), "`first-period-start` is no instant");
            reader.fault(fault.expected("`yyyy-MM-ddTHH:mm:ssZ`"));
            Quota::DEFAULT_ANCHOR
        }
    };
    Some(Action::QuotaByKey(QuotaByKey {
        increment_condition: reader.flag("increment-condition"),
        increment_count: reader.number("increment-count", 0..=i64::MAX).unwrap_or(Given::Fixed(1)),
        calls: calls?,
        renewal_period: renewal_period?,
        counter_key: counter_key?,
        first_period_start,
    }))
}
