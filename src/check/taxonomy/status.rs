//! `taxonomy/status`.

use super::failed;
use crate::check::answer::declared;
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "taxonomy/status",
    family: Family::Taxonomy,
    title: "type and status agree",
    explanation: "A declared failure type always comes with its declared status, from whichever tier. Gateways, \
        proxies and the flow's retry see the status only; the type is for whoever reads the body. Where the two \
        disagree, they act differently on one failure.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, response)) = failed(subject) else { return false };
    let Some(of_type) = declared(behaviour, response) else { return false };
    if of_type.status != response.status {
        let name = &of_type.name;
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: format!("{name} {}", response.status),
                title: format!("`{name}` came with status {}, {} is declared", response.status, of_type.status),
                expected: format!("{} {name}", of_type.status),
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
    fn another_status_is_found() {
        let contract = with_behaviour();
        assert_eq!(exchange_findings(&super::CHECK, &contract, failure(409, "in_progress")).len(), 1);
        assert!(exchange_findings(&super::CHECK, &contract, failure(503, "in_progress")).is_empty());
    }
}
