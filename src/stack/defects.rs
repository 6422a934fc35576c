//! The defects that can be switched on by name: a table, and the lookup.

use serde::Serialize;

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

const fn defect(name: &'static str, family: &'static str, tier: Tier, summary: &'static str) -> Defect {
    Defect { name, family, summary, tier }
}

/// Every defect, by family.
pub const DEFECTS: &[Defect] = &[
    defect(
        "response-enum-broken",
        "response",
        Tier::Service,
        "an answer carries a status value that its schema does not have, for one of the enum's values",
    ),
    defect(
        "model-output-unchecked",
        "response",
        Tier::Service,
        "what the model says is passed on even where its own schema does not have it",
    ),
    defect("validation-as-500", "taxonomy", Tier::Service, "a client's mistake is answered 500 instead of 400"),
    defect("stack-trace-in-error", "taxonomy", Tier::Service, "an error's detail shows a stack trace"),
    defect("past-gateway-accepted", "identity", Tier::Service, "the service accepts calls that came past the gateway"),
    defect("anonymous-accepted", "identity", Tier::Gateway, "the gateway lets calls without a token through"),
    defect("wrong-audience-accepted", "identity", Tier::Gateway, "the gateway accepts a token made for another API"),
    defect(
        "correlation-dropped",
        "correlation",
        Tier::Service,
        "the correlation ID does not reach what is written to Dataverse",
    ),
    defect("duplicate-race", "idempotency", Tier::Service, "two equal calls at the same time are both executed"),
    defect(
        "other-content-replayed",
        "idempotency",
        Tier::Service,
        "other content under a known item is answered with the old result instead of a conflict",
    ),
    defect("throttle-remembered", "idempotency", Tier::Service, "a throttled attempt is remembered as the answer"),
    defect("stuck-after-failure", "idempotency", Tier::Service, "an item that failed once stays in progress for ever"),
    defect(
        "second-call-swallowed",
        "idempotency",
        Tier::Service,
        "another call of the same run is answered as a duplicate and not executed",
    ),
    defect(
        "conflict-while-running",
        "idempotency",
        Tier::Service,
        "a duplicate of a running call is answered 409, which flows never retry",
    ),
    defect(
        "oversized-body-forwarded",
        "limits",
        Tier::Gateway,
        "the gateway forwards bodies over the limit to the service",
    ),
    defect("retry-after-missing", "throttling", Tier::Gateway, "a 429 does not say when to come again"),
    defect("retry-after-too-short", "throttling", Tier::Gateway, "a call after the told wait is refused again"),
    defect("limit-shared", "throttling", Tier::Gateway, "all clients share one limit"),
    defect(
        "write-before-validation",
        "validation",
        Tier::Service,
        "valid items are written before the rest of the set is validated",
    ),
    defect(
        "around-the-gateway",
        "data-path",
        Tier::Service,
        "the service calls Dataverse itself instead of through the gateway",
    ),
    defect("sunset-missing", "lifecycle", Tier::Gateway, "a deprecated version does not announce its sunset"),
    defect("decision-by-time", "determinism", Tier::Service, "the time takes part in a decision"),
    defect(
        "decision-by-principal",
        "determinism",
        Tier::Service,
        "the caller takes part in a decision: another principal gets another one",
    ),
    defect(
        "model-version-ignored",
        "determinism",
        Tier::Service,
        "calls are split over two versions of the model, whichever was asked for",
    ),
    defect("every-tenth-late", "latency", Tier::Service, "every tenth answer comes 2 s late"),
];

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
            "taxonomy",
            "identity",
            "correlation",
            "idempotency",
            "limits",
            "throttling",
            "validation",
            "data-path",
            "lifecycle",
            "latency",
            "determinism",
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
