//! All defects as one table.

use serde::Serialize;

use super::{callers, dataverse, repetitions, requests};
use crate::diagnose::closest;
use crate::wire::Tier;

/// A fault that can be built into the embedded stack, to see whether the
/// checks find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Defect {
    /// What it is switched on by.
    pub name: &'static str,
    /// The family of the checks that may speak of it.
    pub family: &'static str,
    /// What goes wrong, in one line.
    pub summary: &'static str,
    /// Who does it wrong.
    pub tier: Tier,
}

/// One of the service, of the trigger's caller, or of what is behind them.
pub(super) const fn service(name: &'static str, family: &'static str, summary: &'static str) -> Defect {
    Defect { name, family, summary, tier: Tier::Service }
}

/// One of the gateway: an overlay of its documents, or of its log.
pub(super) const fn gateway(name: &'static str, family: &'static str, summary: &'static str) -> Defect {
    Defect { name, family, summary, tier: Tier::Gateway }
}

const GROUPS: [&[Defect]; 4] = [requests::DEFECTS, callers::DEFECTS, repetitions::DEFECTS, dataverse::DEFECTS];

const COUNT: usize = GROUPS[0].len() + GROUPS[1].len() + GROUPS[2].len() + GROUPS[3].len();

static ALL: [Defect; COUNT] = {
    let mut all = [GROUPS[0][0]; COUNT];
    let (mut group, mut at) = (0, 0);
    while group < GROUPS.len() {
        let mut within = 0;
        while within < GROUPS[group].len() {
            all[at] = GROUPS[group][within];
            (at, within) = (at + 1, within + 1);
        }
        group += 1;
    }
    all
};

/// Every defect, by family.
pub static DEFECTS: &[Defect] = &ALL;

/// The defect of a name.
///
/// # Errors
/// There is none; the error is the known name nearest to it, if one is near.
pub fn find(name: &str) -> Result<&'static Defect, Option<&'static str>> {
    DEFECTS.iter().find(|d| d.name == name).ok_or_else(|| closest(name, DEFECTS.iter().map(|d| d.name)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_names_are_unique_and_the_families_are_those_of_the_checks() {
        let names: BTreeSet<_> = DEFECTS.iter().map(|d| d.name).collect();
        assert_eq!(names.len(), DEFECTS.len());
        let families: BTreeSet<_> = DEFECTS.iter().map(|d| d.family).collect();
        let expected = [
            "response",
            "wire",
            "taxonomy",
            "identity",
            "correlation",
            "idempotency",
            "limits",
            "throttling",
            "validation",
            "data-path",
            "dataverse",
            "lifecycle",
            "latency",
            "determinism",
            "jobs",
            "callback",
        ];
        assert_eq!(families, expected.into_iter().collect());
    }

    #[test]
    fn a_misspelt_name_is_told_the_nearest_one() {
        assert_eq!(find("duplicate-race").map(|d| d.family), Ok("idempotency"));
        assert_eq!(find("duplicate-rase"), Err(Some("duplicate-race")));
        assert_eq!(find("zzz"), Err(None));
    }
}
