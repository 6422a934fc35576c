//! `lifecycle/active`.

use super::answered;
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::LifecycleStatus;
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "lifecycle/active",
    family: Family::Lifecycle,
    title: "an active version does not announce its end",
    explanation: "A version that the contract calls active carries neither `Deprecation` nor `Sunset`, in \
        successes and in errors: readers would begin to migrate away from the version that they were sent to.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, _, response)) = answered(subject, LifecycleStatus::Active) else { return false };
    for name in ["Deprecation", "Sunset"] {
        if let Some(value) = response.headers.get(name) {
            found.push(subject.finding(
                &CHECK,
                Claim {
                    what: name.to_owned(),
                    title: format!("an active version carries {name}"),
                    expected: format!("no {name}"),
                    actual: format!("{name}: {value}"),
                    place: Some(behaviour.place("/lifecycle/status")),
                },
            ));
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, with, with_behaviour};
    use crate::contract::behaviour::LifecycleStatus;

    #[test]
    fn an_announcement_is_found() {
        let contract = with(|b| b.lifecycle.as_mut().unwrap().status = LifecycleStatus::Active);
        let told = answer(200).header("Deprecation", "@1782777600").header("Sunset", "Wed, 31 Mar 2027 00:00:00 GMT");
        assert_eq!(exchange_findings(&super::CHECK, &contract, told.clone()).len(), 2);
        assert_eq!(exchange_findings(&super::CHECK, &contract, answer(404).header("Sunset", "soon")).len(), 1);
        assert!(exchange_findings(&super::CHECK, &contract, answer(200)).is_empty());
        assert!(exchange_findings(&super::CHECK, &with_behaviour(), told).is_empty());
    }
}
