//! `taxonomy/tier`.

use super::failed;
use crate::check::answer::declared;
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Via};
use crate::wire::Tier;

pub(in crate::check) const CHECK: Check = Check {
    id: "taxonomy/tier",
    family: Family::Taxonomy,
    title: "each failure comes from the tier that declares it",
    explanation: "A failure type that is declared for one tier is answered by that tier. A body limit that the \
        service enforces because the gateway doesn't has already travelled; a validation error that the gateway \
        answers was never validated.\n\nJudged only where the tier that answered can be told.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, response)) = failed(subject) else { return false };
    if subject.call.is_some_and(|call| call.via == Via::Service) {
        return false;
    }
    let Some(of_type) = declared(behaviour, response) else { return false };
    let (Some(wanted), Some(tier)) = (of_type.tier, subject.exchange.tier) else { return false };
    if wanted != tier {
        let name = &of_type.name;
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: name.to_string(),
                title: format!("`{name}` was answered by the {}, not by the {}", word(tier), word(wanted)),
                expected: format!("{} {name} from the {}", of_type.status, word(wanted)),
                actual: format!("{} {name} from the {}", response.status, word(tier)),
                place: Some(behaviour.place(&of_type.pointer())),
            },
        ));
    }
    true
}

fn word(tier: Tier) -> &'static str {
    match tier {
        Tier::Gateway => "gateway",
        Tier::Service => "service",
        Tier::Dataverse => "Dataverse",
    }
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{exchange_findings, failure, with_behaviour};
    use crate::wire::Tier;

    #[test]
    fn the_wrong_tier_is_found_and_an_unknown_one_is_not_judged() {
        let contract = with_behaviour();
        let late = failure(413, "payload_too_large");
        assert_eq!(exchange_findings(&super::CHECK, &contract, late.clone().tier(Tier::Service)).len(), 1);
        assert!(exchange_findings(&super::CHECK, &contract, late.clone().tier(Tier::Gateway)).is_empty());
        assert!(exchange_findings(&super::CHECK, &contract, late).is_empty());
        let either = failure(404, "not_found").tier(Tier::Service);
        assert!(exchange_findings(&super::CHECK, &contract, either).is_empty());
    }
}
