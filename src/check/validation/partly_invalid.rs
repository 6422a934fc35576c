//! `validation/partly-invalid`.

use crate::check::answer::{in_words, one_of, succeeded, throttled};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Expect, Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "validation/partly-invalid",
    family: Family::Validation,
    title: "one invalid item among valid ones is treated as declared",
    explanation: "Under `refuse_all` one invalid item refuses the whole call; under `skip_invalid` the call succeeds \
        and tells the item's outcome. Where the caller chooses, its word counts.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(call), Some(behaviour)) = (subject.call, subject.behaviour()) else { return false };
    let Some(response) = subject.exchange.response() else { return false };
    if !subject.is_probe(Probe::PartlyInvalid) || throttled(response) || response.status >= 500 {
        return false;
    }
    let (what, title, expected) = match &call.expect {
        Expect::Refused(types) if succeeded(subject.exchange) => {
            ("accepted", "a call with an invalid item was accepted as a whole", one_of(types))
        }
        Expect::Success if !succeeded(subject.exchange) => (
            "refused",
            "a call was refused as a whole for one invalid item that was to be skipped",
            "a success that tells the outcome of each item".to_owned(),
        ),
        Expect::Refused(_) | Expect::Success => return true,
        _ => return false,
    };
    found.push(subject.finding(
        &CHECK,
        Claim {
            what: what.to_owned(),
            title: title.to_owned(),
            expected,
            actual: in_words(subject.exchange),
            place: Some(behaviour.place("/effects/on_invalid")),
        },
    ));
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn both_ways_of_going_wrong_are_found() {
        let contract = with_behaviour();
        let found = |expect: Expect, answer: Answer| {
            let play = Play::new(CaseKind::Probe(Probe::PartlyInvalid)).call(expect).answered(answer);
            play.findings(&super::CHECK, &contract).len()
        };
        assert_eq!(found(Expect::Refused(vec![]), answer(200)), 1);
        assert_eq!(found(Expect::Refused(vec![]), failure(400, "validation_error")), 0);
        assert_eq!(found(Expect::Success, failure(400, "validation_error")), 1);
        assert_eq!(found(Expect::Success, answer(202)), 0);
        assert_eq!(found(Expect::Success, failure(429, "throttled")), 0);
    }
}
