//! `rate-limit`: so many calls in a period, for each subscription.

use std::time::Duration;

use super::announcements::Announcements;
use super::parts::{self, ApiPart};
use super::table::{BELOW_GLOBAL, Emulation, INBOUND, PolicyKind};
use crate::limit::Rate;
use crate::policy::reader::Reader;
use crate::policy::statement::Action;

/// `rate-limit`.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// The subscription's limit.
    pub rate: Rate,
    /// APIs with a limit of their own.
    pub apis: Vec<ApiPart<Rate>>,
    /// What it tells of itself.
    pub announcements: Announcements,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "rate-limit", sections: INBOUND, scopes: BELOW_GLOBAL, emulation: Emulation::Emulated, compile };

/// The longest period that the platform allows, in seconds (reference §2.1).
pub(super) const MAX_PERIOD: i64 = 300;

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.once("rate-limit");
    let rate = rate(reader);
    let apis = parts::read(reader, None, |reader, _| self::rate(reader));
    let announcements = Announcements::read(reader);
    Some(Action::RateLimit(Box::new(RateLimit { rate: rate?, apis, announcements })))
}

fn rate(reader: &mut Reader<'_, '_, '_>) -> Option<Rate> {
    let calls = reader.whole("calls", 1..=i64::MAX);
    let calls = reader.required("calls", calls);
    let period = reader.whole("renewal-period", 1..=MAX_PERIOD);
    let period = reader.required("renewal-period", period)?;
    Some(Rate { calls: calls? as u64, period: Duration::from_secs(period as u64) })
}
