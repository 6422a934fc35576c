//! `taxonomy/retry-class`.

use super::failed;
use crate::check::answer::declared;
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::Retry;
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "taxonomy/retry-class",
    family: Family::Taxonomy,
    title: "flows retry what can succeed, and nothing else",
    explanation: "Power Automate's retry policy repeats 408, 429 and 5xx, and nothing else. A type marked `policy` \
        that comes with another status is never repeated and its operation is lost; a type marked `later` or `never` \
        that comes with one of these is repeated in vain, up to ninety times.\n\nJudged is the status on the wire.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, response)) = failed(subject) else { return false };
    let Some(of_type) = declared(behaviour, response) else { return false };
    let repeated = matches!(response.status, 408 | 429) || response.status >= 500;
    if repeated != (of_type.retry == Retry::Policy) {
        let name = &of_type.name;
        let (title, expected) = if repeated {
            (
                format!("flows would repeat `{name}`, which can't succeed"),
                "a status that flows don't retry: 4xx other than 408 and 429",
            )
        } else {
            (
                format!("flows would give up on `{name}`, which only needs to be repeated"),
                "a status that flows retry: 408, 429 or 5xx",
            )
        };
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: format!("{name} {}", response.status),
                title,
                expected: expected.to_owned(),
                actual: format!("{} {name}", response.status),
                place: Some(behaviour.place(&of_type.pointer())),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{exchange_findings, failure, with_behaviour};

    #[test]
    fn both_ways_of_going_wrong_are_found() {
        let contract = with_behaviour();
        for (status, name, broken) in [
            (409, "in_progress", true),
            (500, "validation_error", true),
            (503, "in_progress", false),
            (400, "validation_error", false),
            (403, "quota_exceeded", false),
        ] {
            let found = exchange_findings(&super::CHECK, &contract, failure(status, name));
            assert_eq!(!found.is_empty(), broken, "{status} {name}");
        }
    }
}
