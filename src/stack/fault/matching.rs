//! Whether a fault's filters hold for a request.

use super::board::Subject;
use crate::clock::Timestamp;
use crate::wire::Fault;

/// Whether every filter holds; `asked` is when the fault was first asked.
pub(super) fn matches(fault: &Fault, subject: &Subject<'_>, asked: Timestamp) -> bool {
    fault.tier == subject.tier
        && fault.table.as_deref().is_none_or(|table| table == subject.table)
        && fault.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(subject.method))
        && fault.operation.is_none_or(|wanted| subject.operation.is_some_and(|found| wanted.covers(found)))
        && fault.principal.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(subject.principal))
        && fault.correlation.as_deref().is_none_or(|wanted| carries(subject, wanted))
        && fault.from.is_none_or(|from| subject.now >= from)
        && fault.until.is_none_or(|until| subject.now < until)
        && is_on(fault, subject.now, asked)
}

fn carries(subject: &Subject<'_>, wanted: &str) -> bool {
    subject.headers.values().any(|value| value.as_bytes().eq_ignore_ascii_case(wanted.as_bytes()))
        || subject.tag.is_some_and(|tag| tag.eq_ignore_ascii_case(wanted))
}

fn is_on(fault: &Fault, now: Timestamp, asked: Timestamp) -> bool {
    let Some(cycle) = fault.cycle else { return true };
    let round = u128::from(cycle.on) + u128::from(cycle.off);
    let since = now.since(fault.from.unwrap_or(asked)).as_millis();
    round == 0 || since % round < u128::from(cycle.on)
}
