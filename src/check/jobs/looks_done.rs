//! `jobs/looks-done`.

use super::state::ended;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "jobs/looks-done",
    family: Family::Jobs,
    title: "a job that failed does not look like success",
    explanation: "The state of a job is what a flow branches on. Where the answer itself says of every item that it failed, the job has not completed, and a state that means success sends the flow on as if the work were done.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(jobs) = behaviour.jobs.as_ref().filter(|jobs| !jobs.failed.is_empty()) else { return false };
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let Some((exchange, response, state)) = ended(jobs, run) else { continue };
        concerned = true;
        let content = response.json().unwrap_or_default();
        let failed = |id: &str| says_failed(&content, id);
        if jobs.failed.contains(&state) || call.items.is_empty() || !call.items.iter().all(|item| failed(&item.id)) {
            continue;
        }
        found.push(subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: call.role.to_owned(),
                title: format!("a job of which every item failed was told as `{state}`"),
                expected: format!("`{}`", jobs.failed.join("` or `")),
                actual: format!("`{state}`"),
                place: Some(behaviour.place("/jobs/failed")),
            },
        ));
    }
    concerned
}

/// Whether the element that names an item says that it failed.
fn says_failed(value: &serde_json::Value, id: &str) -> bool {
    match value {
        serde_json::Value::Array(elements) => elements.iter().any(|element| says_failed(element, id)),
        serde_json::Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(serde_json::Value::as_str);
            let named = members.values().any(|v| v.as_str().is_some_and(|text| text.eq_ignore_ascii_case(id)));
            let failed = ["outcome", "status"].iter().any(|name| text(name) == Some("failed"));
            (named && failed) || members.values().any(|member| says_failed(member, id))
        }
        _ => false,
    }
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
    fn a_failed_job_that_is_told_as_completed_is_found() {
        let found = |state: &str, outcome: &str| {
            let told = json!({ "status": state, "records": [{ "id": "a", "outcome": outcome }] });
            let play = taken(CaseKind::Probe(Probe::JobPoisoned)).polled(answer(200).json(&told));
            play.findings(&super::CHECK, &with_jobs()).len()
        };
        assert_eq!(found("completed", "failed"), 1);
        assert_eq!(found("completed", "updated"), 0);
        assert_eq!(found("completed", "invalid"), 0, "the caller's mistake");
        assert_eq!(found("failed", "failed"), 0);
    }
}
