//! `response/accepted-violation`.

use crate::check::answer::{in_words, succeeded};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{CaseKind, Expect, Label};

pub(in crate::check) const CHECK: Check = Check {
    id: "response/accepted-violation",
    family: Family::Response,
    title: "what breaks the contract is refused",
    explanation: "A request that breaks a keyword of the document, proven by a second schema engine on what went over \
        the wire, is not answered with a success. What a service accepts today its callers rely on tomorrow, and the \
        next version breaks them by keeping its own document.\n\nOnly `format` is different: validators may treat it \
        as a remark, so in a plain document its breach is a warning.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let case = &subject.run.case;
    if case.key.kind != CaseKind::Violating {
        return false;
    }
    let mut concerned = false;
    for (call, run) in subject.calls().filter(|(call, _)| matches!(call.expect, Expect::Refused(_))) {
        let Some(exchange) = run.last().filter(|exchange| exchange.response().is_some()) else { continue };
        concerned = true;
        if !succeeded(exchange) {
            continue;
        }
        let broken: Vec<String> = case.labels.iter().map(ToString::to_string).collect();
        let operation = subject.contract.openapi.operations.iter().find(|o| o.id == call.operation);
        let mut finding = subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: case.labels.first().map(stable).unwrap_or_default(),
                title: format!("{} accepted a request that breaks the contract: {}", call.operation, case.title),
                expected: format!("a refusal with a status from 400 to 499, for {}", broken.join(", ")),
                actual: in_words(exchange),
                place: operation.map(|o| o.request.as_ref().map_or(&o.place, |r| &r.place).clone()),
            },
        );
        let only_format = case.labels.iter().all(|label| label.keyword == "format");
        if subject.behaviour().is_none() && only_format {
            finding.level = Level::Warning;
        }
        found.push(finding);
    }
    concerned
}

/// A label without the numbers of elements: one broken promise, whichever
/// element showed it.
fn stable(label: &Label) -> String {
    let at: Vec<&str> =
        label.at.split('/').map(|token| if token.parse::<usize>().is_ok() { "*" } else { token }).collect();
    format!("{} {}", label.keyword, at.join("/"))
}

#[cfg(test)]
mod tests {
    use crate::check::Level;
    use crate::check::synthetic::{Play, answer, plain, with_behaviour};
    use crate::generate::{CaseKind, Expect};

    fn play(keyword: &str, status: u16) -> Play {
        let play = Play::new(CaseKind::Violating).label("body /records/3/creditLimit", keyword);
        play.call(Expect::Refused(vec![])).answered(answer(status))
    }

    #[test]
    fn a_success_for_broken_data_is_found_and_a_refusal_is_not() {
        let contract = with_behaviour();
        let found = play("minimum", 200).findings(&super::CHECK, &contract);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].level, Level::Error);
        let elsewhere = Play::new(CaseKind::Violating).label("body /records/7/creditLimit", "minimum");
        let elsewhere = elsewhere.call(Expect::Refused(vec![])).answered(answer(200));
        assert_eq!(elsewhere.findings(&super::CHECK, &contract)[0].fingerprint, found[0].fingerprint);
        assert!(play("minimum", 400).findings(&super::CHECK, &contract).is_empty());
        assert!(play("minimum", 429).findings(&super::CHECK, &contract).is_empty());
    }

    #[test]
    fn a_format_of_a_plain_document_is_a_warning() {
        assert_eq!(play("format", 200).findings(&super::CHECK, &plain())[0].level, Level::Warning);
    }
}
