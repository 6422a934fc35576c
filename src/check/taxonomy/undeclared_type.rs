//! `taxonomy/undeclared-type`.

use super::failed;
use crate::check::answer::{failure_type, one_of};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::TypeName;
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "taxonomy/undeclared-type",
    family: Family::Taxonomy,
    title: "every error has a declared type",
    explanation: "The `failureType` of each answer from 400 up is one that the behaviour file declares. A flow \
        routes on it: an unknown one ends in the branch for the unexpected, whatever it means.\n\nA body that names \
        no type at all is `taxonomy/shape`.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, response)) = failed(subject) else { return false };
    let Some(name) = failure_type(response) else { return false };
    if behaviour.error(&name).is_none() {
        let fitting: Vec<TypeName> =
            behaviour.errors.iter().filter(|t| t.status == response.status).map(|t| t.name.clone()).collect();
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: name.to_string(),
                title: format!("an error has the type `{name}`, which is not declared"),
                expected: match fitting.as_slice() {
                    [] => format!("a declared type; none is declared for {}", response.status),
                    fitting => format!("a declared type, for {}: {}", response.status, one_of(fitting)),
                },
                actual: format!("{} with failureType `{name}`", response.status),
                place: Some(behaviour.place("/errors/types")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{exchange_findings, failure, plain, with_behaviour};

    #[test]
    fn an_undeclared_type_is_found() {
        let contract = with_behaviour();
        assert_eq!(exchange_findings(&super::CHECK, &contract, failure(400, "bad_luck")).len(), 1);
        assert!(exchange_findings(&super::CHECK, &contract, failure(400, "validation_error")).is_empty());
        assert!(exchange_findings(&super::CHECK, &plain(), failure(400, "bad_luck")).is_empty());
    }
}
