//! `quota-by-key`: so many calls or bytes in a fixed period, for each key.

use std::sync::Arc;

use super::quota::{PERIODS, counts_something};
use super::rate_limit_by_key::Increment;
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
    pub calls: Option<Given<i64>>,
    /// How many kilobytes of requests and responses.
    pub bandwidth: Option<Given<i64>>,
    /// The period, in seconds; 0: a lifetime.
    pub renewal_period: Given<i64>,
    /// The period as text, where it is written out: quotas of one key count
    /// each period apart.
    pub period_text: Option<Arc<str>>,
    /// Whose calls are counted together.
    pub counter_key: GivenText,
    /// Which calls count, and how much.
    pub increment: Increment,
    /// Where periods are counted from.
    pub first_period_start: Timestamp,
}

impl QuotaByKey {
    /// The shortest period that the platform allows, but for 0, in seconds
    /// (reference §2.4).
    pub const MIN_PERIOD: i64 = 300;
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "quota-by-key", sections: INBOUND, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let calls = reader.number("calls", 1..=i64::MAX);
    let bandwidth = reader.number("bandwidth", 1..=i64::MAX);
    counts_something(reader);
    let renewal_period = reader.number("renewal-period", PERIODS);
    let renewal_period = reader.required("renewal-period", renewal_period);
    if let Some(Given::Fixed(period @ 1..QuotaByKey::MIN_PERIOD)) = renewal_period {
        let fault = Diagnostic::error(reader.place(), "`renewal-period` is too short")
            .expected("0, or 300 seconds or more")
            .actual(period.to_string());
        reader.fault(fault);
    }
    let counter_key = reader.text("counter-key");
    let counter_key = reader.required("counter-key", counter_key);
    let (increment, first_period_start) = (Increment::read(reader), first_period_start(reader));
    Some(Action::QuotaByKey(Box::new(QuotaByKey {
        calls,
        bandwidth,
        period_text: renewal_period.as_ref().and_then(Given::fixed).map(|period| period.to_string().into()),
        renewal_period: renewal_period?,
        counter_key: counter_key?,
        increment,
        first_period_start,
    })))
}

/// The platform reads one form only: `yyyy-MM-ddTHH:mm:ssZ`.
fn first_period_start(reader: &mut Reader<'_, '_, '_>) -> Timestamp {
    let Some(text) = reader.literal("first-period-start") else { return Quota::DEFAULT_ANCHOR };
    let has_form = text.len() == "yyyy-MM-ddTHH:mm:ssZ".len() && text.ends_with('Z');
    Timestamp::parse(&text).filter(|_| has_form).unwrap_or_else(|| {
        let fault = Diagnostic::error(reader.place(), "`first-period-start` is no instant of the one form");
        reader.fault(fault.expected("`yyyy-MM-ddTHH:mm:ssZ`").actual(text.to_string()));
        Quota::DEFAULT_ANCHOR
    })
}
