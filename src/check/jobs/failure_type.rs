//! `jobs/failure-type`.

use super::state::{ended, told};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::TypeName;
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "jobs/failure-type",
    family: Family::Jobs,
    title: "a job that failed says why, by a declared type",
    explanation: "A failed job is routed on like a failed call: by its failure type. Without one, or with one that the contract does not declare, a flow can't tell what is worth another try from what needs a person.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(jobs) = &behaviour.jobs else { return false };
    let Some(place) = &jobs.failure else { return false };
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let Some((exchange, response, state)) = ended(jobs, run) else { continue };
        if !jobs.failed.contains(&state) {
            continue;
        }
        concerned = true;
        let named = told(response, place);
        if named.as_ref().is_some_and(|name| behaviour.error(&TypeName::new(name)).is_some()) {
            continue;
        }
        let what = if named.is_some() { "undeclared" } else { "none" };
        found.push(subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: format!("{} {what}", call.role),
                title: match &named {
                    Some(name) => format!("a job failed with the type `{name}`, which is not declared"),
                    None => "a job failed and did not say why".to_owned(),
                },
                expected: format!("a declared failure type at {place}"),
                actual: named.unwrap_or_else(|| "no failure type".to_owned()),
                place: Some(behaviour.place("/jobs/failure")),
            },
        ));
    }
    concerned
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Play, answer, with_jobs};
    use crate::generate::{CaseKind, Expect, Probe};

    fn taken(kind: CaseKind) -> Play {
        let play = Play::new(kind).call(Expect::Success).items(&[("a", 1)]);
        play.answered(answer(202).header("Location", "/jobs/7").header("Retry-After", "1"))
    }

    #[test]
    fn a_failure_without_a_declared_type_is_found() {
        let found = |told: serde_json::Value| {
            let play = taken(CaseKind::Probe(Probe::JobPoisoned)).polled(answer(200).json(&told));
            play.findings(&super::CHECK, &with_jobs()).len()
        };
        assert_eq!(found(json!({ "status": "failed" })), 1);
        assert_eq!(found(json!({ "status": "failed", "failureType": "oops" })), 1);
        assert_eq!(found(json!({ "status": "failed", "failureType": "downstream_unavailable" })), 0);
        assert_eq!(found(json!({ "status": "completed" })), 0);
    }
}
