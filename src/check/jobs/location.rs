//! `jobs/location`.

use std::collections::BTreeMap;

use super::state::{accepted, ended, told};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Call, Need, Step};
use crate::observe::CallRun;
use crate::wire::Exchange;

pub(in crate::check) const CHECK: Check = Check {
    id: "jobs/location",
    family: Family::Jobs,
    title: "a 202 leads to its own job",
    explanation: "The answer 202 says where its job can be asked for, absolute or relative; there the job is found, and it is the one of this call: different work has different addresses, and what is told there names the items of the call.\n\nA duplicate leads to the job of the first call.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

/// What is wrong, in a few words, as a sentence, and what was seen.
type Wrong<'a> = (&'static str, &'static str, String, &'a Exchange);

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(jobs) = &behaviour.jobs else { return false };
    let restarted = subject.run.case.steps.iter().any(|step| matches!(step, Step::Restart));
    let mut known: BTreeMap<String, &Call> = BTreeMap::new();
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let Some((exchange, response)) = accepted(run) else { continue };
        concerned = true;
        // Whoever asks for a job that still runs is told its address as well.
        let asks = call.request.method.is_safe();
        let location = told(response, &jobs.location);
        let wrong = match &location {
            None => Some((
                "missing",
                "a 202 does not say where its job can be asked for",
                "no address".to_owned(),
                exchange,
            )),
            Some(location) => match known.get(location) {
                Some(other) if !asks && !is_same_work(other, call) => {
                    Some(("shared", "two different jobs were given one address", location.clone(), exchange))
                }
                _ => leads_astray(subject, jobs, (call, run)).filter(|_| !restarted),
            },
        };
        if let Some(location) = location.filter(|_| !asks) {
            known.entry(location).or_insert(call);
        }
        let Some((what, title, actual, shown)) = wrong else { continue };
        found.push(subject.finding(
            &CHECK,
            Some(shown),
            Claim {
                what: format!("{} {what}", call.role),
                title: title.to_owned(),
                expected: format!("the address of the job of this call, at {}", jobs.location),
                actual,
                place: Some(behaviour.place("/jobs")),
            },
        ));
    }
    concerned
}

fn is_same_work(one: &Call, other: &Call) -> bool {
    one.correlation == other.correlation && one.items == other.items
}

/// Whether the address leads nowhere, or to a job of other items.
fn leads_astray<'a>(
    subject: &CaseSubject<'a>,
    jobs: &crate::contract::behaviour::Jobs,
    (call, run): (&'a Call, &'a CallRun),
) -> Option<Wrong<'a>> {
    let first = run.polls.first()?;
    if matches!(first.status(), Some(404 | 410)) {
        return Some(("nowhere", "a 202 leads to nothing", in_words(first), first));
    }
    let (exchange, response, _) = ended(jobs, run)?;
    let content = response.json()?;
    // Only where the answers of this API name items at all.
    let spoken = subject.calls().any(|(call, run)| {
        let content = ended(jobs, run).and_then(|(_, response, _)| response.json());
        content.is_some_and(|content| call.items.iter().any(|item| names(&content, &item.id)))
    });
    let listed = content.as_object()?.values().any(|value| {
        value
            .as_array()
            .is_some_and(|elements| elements.iter().any(|e| e.get("id").is_some_and(serde_json::Value::is_string)))
    });
    let foreign =
        (spoken || listed) && !call.items.is_empty() && !call.items.iter().any(|item| names(&content, &item.id));
    foreign.then(|| {
        ("another job", "a 202 leads to a job of other items", "none of the items of the call".to_owned(), exchange)
    })
}

fn names(value: &serde_json::Value, id: &str) -> bool {
    match value {
        serde_json::Value::String(text) => text.eq_ignore_ascii_case(id),
        serde_json::Value::Array(elements) => elements.iter().any(|element| names(element, id)),
        serde_json::Value::Object(members) => members.values().any(|member| names(member, id)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Play, answer, failure, with_jobs};
    use crate::generate::{CaseKind, Expect, Probe};

    fn job(play: Play, item: &str, location: Option<&str>) -> Play {
        let taken = answer(202).header("Retry-After", "1");
        let taken = match location {
            Some(location) => taken.header("Location", location),
            None => taken,
        };
        play.call(Expect::Success).items(&[(item, 1)]).answered(taken)
    }

    fn told(item: &str) -> crate::check::synthetic::Answer {
        answer(200).json(&json!({ "status": "completed", "records": [{ "id": item }] }))
    }

    #[test]
    fn an_address_that_is_missing_shared_or_astray_is_found() {
        let found = |play: Play| play.findings(&super::CHECK, &with_jobs()).len();
        let play = || Play::new(CaseKind::Probe(Probe::OtherItem));
        assert_eq!(found(job(play(), "a", Some("jobs/7")).polled(told("a"))), 0);
        assert_eq!(found(job(play(), "a", None)), 1);
        assert_eq!(found(job(play(), "a", Some("/jobs/7")).polled(failure(404, "not_found"))), 1);
        assert_eq!(found(job(play(), "a", Some("/jobs/7")).polled(told("b"))), 1);
        let two = |second: &str| job(job(play(), "a", Some("/jobs/7")).polled(told("a")), second, Some("/jobs/7"));
        assert_eq!(found(two("b")), 1);
        assert_eq!(found(two("a")), 0, "a duplicate");
    }
}
