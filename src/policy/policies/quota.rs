//! `quota`: so many calls or bytes in a fixed period, for each subscription.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::parts::{self, ApiPart};
use super::table::{Emulation, INBOUND, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::limit;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Scope};

/// `quota`. Its periods are counted from the start of the subscription, which
/// is put in place of the anchors.
#[derive(Clone, Debug)]
pub struct Quota {
    /// The subscription's quota.
    pub quota: limit::Quota,
    /// APIs with a quota of their own.
    pub apis: Vec<ApiPart<limit::Quota>>,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "quota", sections: INBOUND, scopes: &[Scope::Product], emulation: Emulation::Emulated, compile };

/// Periods in seconds; 0 is a lifetime.
pub(super) const PERIODS: RangeInclusive<i64> = 0..=u32::MAX as i64;

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.once("quota");
    let quota = quota(reader);
    let apis = parts::read(reader, quota.as_ref(), part);
    Some(Action::Quota(Box::new(Quota { quota: quota?, apis })))
}

fn quota(reader: &mut Reader<'_, '_, '_>) -> Option<limit::Quota> {
    let period = reader.whole("renewal-period", PERIODS);
    let period = reader.required("renewal-period", period);
    sized(reader, period)
}

/// The quota of an API or an operation, whose period is that of the policy
/// where it has none of its own.
fn part(reader: &mut Reader<'_, '_, '_>, of: Option<&limit::Quota>) -> Option<limit::Quota> {
    let own = reader.whole("renewal-period", PERIODS);
    if reader.element.attribute("renewal-period").is_none() {
        let what = format!("`{}` has no period of its own, and takes that of the policy", reader.element.name);
        let notice = Diagnostic::notice(reader.place(), what);
        reader.fault(notice);
    }
    sized(reader, own.or_else(|| of.map(|quota| quota.period.as_secs() as i64)))
}

fn sized(reader: &mut Reader<'_, '_, '_>, period: Option<i64>) -> Option<limit::Quota> {
    let calls = reader.whole("calls", 1..=i64::MAX).map(|n| n as u64);
    let bandwidth = reader.whole("bandwidth", 1..=i64::MAX).map(|n| (n as u64).saturating_mul(limit::Quota::KILOBYTE));
    counts_something(reader);
    let period = Duration::from_secs(period? as u64);
    Some(limit::Quota { calls, bandwidth, period, anchor: limit::Quota::DEFAULT_ANCHOR })
}

/// Complains where a quota bounds neither calls nor bytes.
pub(super) fn counts_something(reader: &mut Reader<'_, '_, '_>) {
    if ["calls", "bandwidth"].iter().all(|name| reader.element.attribute(name).is_none()) {
        let what = format!("`{}` bounds neither calls nor bandwidth", reader.element.name);
        let fault = Diagnostic::error(reader.place(), what);
        reader.fault(fault.expected("`calls=\"…\"`, `bandwidth=\"…\"` (kilobytes), or both"));
    }
}
