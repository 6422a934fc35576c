//! `lifecycle/changed-behaviour`.

use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::record::{difference, difference_but_words};

use super::frozen::frozen;

pub(in crate::check) const CHECK: Check = Check {
    id: "lifecycle/changed-behaviour",
    family: Family::Lifecycle,
    title: "a frozen version answers as it was recorded",
    explanation: "A version that clients still call, and that nobody develops any more, is frozen: not only its \
        contract, but all that clients may have come to rely on within it. `seamstress record` writes down what it \
        answers to a fixed set of single calls, beside its behaviour file; each run plays them again and compares \
        status, failure type, media type, declared header fields and content. Values that are another one each \
        time, that repeat the request or tell the moment are left out; so are `Deprecation`, `Sunset` and `Link`, \
        which tell of the version's life.\n\nA change that is meant is recorded again with `seamstress record \
        --force`. A case that can't be made any more as it was is a notice, not a finding. Too many calls, and a \
        system that is not available now, change nothing. Other words for people (`title` and `detail` of a problem, \
        RFC 9457) are worth knowing and break no promise.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(frozen) = frozen(subject) else { return false };
    if let Some(difference) = difference_but_words(&frozen.case.told, &frozen.now) {
        found.push(frozen.finding(subject, &CHECK, difference, "answers"));
    } else if let Some(difference) = difference(&frozen.case.told, &frozen.now) {
        let finding = frozen.finding(subject, &CHECK, difference, "words its answer");
        found.push(Finding { level: Level::Information, ..finding });
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::Level;
    use crate::check::lifecycle::frozen::tests::{played, recorded};
    use crate::check::synthetic::{answer, failure};

    #[test]
    fn other_words_for_people_are_worth_knowing_only() {
        let problem = |detail: &str, pointer: &str| {
            json!({"failureType": "validation_error", "detail": detail,
                   "errors": [{"pointer": pointer, "detail": detail}]})
        };
        let contract = recorded(400, problem("is too long", "/name"), &[]);
        let found = |now| played(answer(400).json(&now)).findings(&super::CHECK, &contract);
        assert!(found(problem("is too long", "/name")).is_empty());
        let worded = found(problem("has 161 characters", "/name"));
        // Alone, the member of no problem document counts; below a pointer it doesn't.
        assert_eq!(worded[0].level, Level::Error);
        let below = json!({"failureType": "validation_error", "detail": "is too long",
                           "errors": [{"pointer": "/name", "detail": "has 161 characters"}]});
        assert_eq!(found(below)[0].level, Level::Information);
        assert_eq!(found(problem("is too long", "/names"))[0].level, Level::Error);
    }

    #[test]
    fn an_answer_that_changed_is_found() {
        let contract = recorded(200, json!({"batchId": "<any>", "updated": 1}), &[]);
        let found = |answer| played(answer).findings(&super::CHECK, &contract);
        assert!(found(answer(200).json(&json!({"batchId": "another", "updated": 1}))).is_empty());
        let told = found(answer(200).json(&json!({"batchId": "x", "updated": 2})));
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].title, "the frozen version answers another way: body /updated");
        assert!(told[0].expected.starts_with("1 (recorded in submitBatch:boundary:7"), "{}", told[0].expected);
        assert_eq!(found(failure(400, "validation_error")).len(), 1);
        assert!(found(failure(429, "throttled")).is_empty());
        assert!(found(failure(503, "in_progress")).is_empty());
    }
}
