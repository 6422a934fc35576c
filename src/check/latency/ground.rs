//! Whether a phase is ground to judge an objective on.

use crate::check::PhaseSubject;
use crate::contract::Contract;
use crate::contract::behaviour::Objective;
use crate::observe::{CallRecord, Log};

/// How much of the objective's rate a phase offered.
#[derive(Debug, PartialEq)]
pub(super) enum Offered {
    /// The rate or more: judge.
    Enough,
    /// Nearly the rate: it was probably meant, and can't be judged.
    Short(f64),
    /// Less: this phase was about something else.
    Little,
}

/// First attempts of a contract's calls a second, polls not counted, against
/// the objective's rate. The time ends with the last call that was due: late
/// answers make no rate smaller.
pub(super) fn offered(subject: &PhaseSubject<'_>, contract: &Contract, objective: &Objective) -> Offered {
    let (mut count, mut last) = (0_u32, subject.run.began);
    for call in first_calls(subject, contract) {
        (count, last) = (count + 1, last.max(call.due));
    }
    let seconds = last.saturating_sub(subject.run.began).as_secs_f64();
    let rate = f64::from(count) / seconds.max(f64::EPSILON);
    // Arrivals are random: a phase that is due at the rate offers it within a
    // few in a hundred.
    if rate >= objective.at * 0.97 {
        Offered::Enough
    } else if rate >= objective.at * 0.8 {
        Offered::Short(rate)
    } else {
        Offered::Little
    }
}

/// First attempts of a contract's calls, without those that are to be refused.
fn first_calls<'a>(subject: &PhaseSubject<'a>, contract: &'a Contract) -> impl Iterator<Item = CallRecord> + 'a {
    let calls: &'a Log<CallRecord> = &subject.run.calls;
    calls
        .iter()
        .filter(|record| record.contract == contract.id && !record.poll && !record.refusable && record.attempt == 1)
}
