//! `throttling/admitted-under-load`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::window::{Span, most_within, with_tolerance};
use crate::check::claim::Claim;
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::clock::format_duration;
use crate::contract::behaviour::ThrottlingPer;
use crate::generate::Need;
use crate::observe::CallRecord;

pub(in crate::check) const CHECK: Check = Check {
    id: "throttling/admitted-under-load",
    family: Family::Throttling,
    title: "under load no more calls are admitted than declared",
    explanation: "The same count as `throttling/admitted`, over a whole scenario and for each client: in no window of \
        the declared length are more than the declared calls admitted, plus one in a hundred. Polls count.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Phase(judge),
};

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let mut concerned = false;
    for contract in subject.contracts {
        let Some(behaviour) = contract.behaviour.as_deref() else { continue };
        let Some(throttling) = &behaviour.throttling else { continue };
        let Some(rate) = throttling.rate else { continue };
        let mut clients: BTreeMap<Arc<str>, Vec<Span>> = BTreeMap::new();
        for record in subject.run.calls.iter().filter(|r| r.contract == contract.id && is_admitted(r)) {
            let client = if throttling.per == ThrottlingPer::Client { record.client } else { "all clients".into() };
            clients.entry(client).or_default().push(Span { sent: record.sent_at, done: record.done_at });
        }
        concerned |= !clients.is_empty();
        let over = clients
            .iter()
            .filter(|(_, spans)| spans.len() > with_tolerance(rate.calls))
            .map(|(client, spans)| (client, most_within(spans, rate.per)))
            .find(|(_, most)| *most > with_tolerance(rate.calls));
        if let Some((client, most)) = over {
            found.push(subject.finding(
                &CHECK,
                Some(&contract.id),
                Claim {
                    what: subject.run.scenario.to_string(),
                    title: format!("{}: a client was admitted more often than its rate allows", subject.run.scenario),
                    expected: format!("at most {} calls in any {}", rate.calls, format_duration(rate.per)),
                    actual: format!("{client}: {most} calls within {}", format_duration(rate.per)),
                    place: Some(behaviour.place("/throttling/rate")),
                },
            ));
        }
    }
    concerned
}

fn is_admitted(record: &CallRecord) -> bool {
    record.status.is_some_and(|status| status != 429 && !(status == 403 && record.retry_after.is_some()))
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{phase, phase_findings, record, with_behaviour};

    #[test]
    fn more_than_the_rate_is_found_for_each_client() {
        let contract = with_behaviour();
        let calls = |n: u64| (0..n).map(|i| record(i, i * 10)).collect::<Vec<_>>();
        assert!(phase_findings(&super::CHECK, &contract, &phase(calls(101), vec![])).is_empty());
        assert_eq!(phase_findings(&super::CHECK, &contract, &phase(calls(150), vec![])).len(), 1);
        let mut two = calls(150);
        two.iter_mut().step_by(2).for_each(|call| call.client = "client-1".into());
        assert!(phase_findings(&super::CHECK, &contract, &phase(two, vec![])).is_empty());
        let mut refused = calls(150);
        refused.iter_mut().skip(100).for_each(|call| call.status = Some(429));
        assert!(phase_findings(&super::CHECK, &contract, &phase(refused, vec![])).is_empty());
    }
}
