//! Whether a phase is ground to judge an objective on.

use crate::check::PhaseSubject;
use crate::contract::Contract;
use crate::contract::behaviour::Objective;
use crate::observe::{CallRecord, Log, PhaseRun};

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
/// answers make no rate smaller. The warm-up counts for nothing.
pub(super) fn offered(subject: &PhaseSubject<'_>, contract: &Contract, objective: &Objective) -> Offered {
    let from = subject.run.measured_from();
    let (mut count, mut last) = (0_u32, from);
    for call in first_calls(subject, contract).filter(|call| call.due >= from) {
        (count, last) = (count + 1, last.max(call.due));
    }
    let seconds = last.saturating_sub(from).as_secs_f64();
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

/// How many runs waited for others, where some did: the time counts, since a
/// flow would feel it.
pub(super) fn waits(run: &PhaseRun) -> Option<String> {
    let waited = run.measured.waited;
    let words = "runs that were due waited until another had ended, since no more may be under way (`at_once`)";
    (waited > 0).then(|| format!("{waited} of {} {words}", run.due))
}

/// First attempts of a contract's calls, without those that are to be refused.
fn first_calls<'a>(subject: &PhaseSubject<'a>, contract: &'a Contract) -> impl Iterator<Item = CallRecord> + 'a {
    let calls: &'a Log<CallRecord> = &subject.run.calls;
    calls
        .iter()
        .filter(|record| record.contract == contract.id && !record.poll && !record.refusable && record.attempt == 1)
}

impl PhaseSubject<'_> {
    /// Whether the generator was late itself by so little that what was measured
    /// beside a bound can be believed.
    pub(super) fn is_calm(&self, bound: std::time::Duration) -> bool {
        self.run.own_lag() < bound.mul_f64(self.lag_share)
    }
}
