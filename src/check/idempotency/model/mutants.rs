//! The model against a service that keeps its promises, and against those that
//! break one each.

use proptest::prelude::*;

use super::reference::{Mutant, Service, WINDOW};
use super::{Violation, judge};
use crate::check::synthetic::with_behaviour;
use crate::contract::behaviour::{Idempotency, OtherContent, RunningPolicy, SameContent, Scope, TypeName};
use crate::generate::sequence::{Alphabet, SequenceSpec, draw, sequences, shrink};

const ALL: Alphabet = Alphabet {
    items: 4,
    width: 3,
    contents: true,
    spellings: true,
    steps: true,
    principals: true,
    versions: false,
    faults: true,
    restarts: true,
    window: true,
};

fn promise() -> Idempotency {
    let behaviour = with_behaviour().behaviour.expect("it has one");
    Idempotency {
        scope: vec![Scope::Principal, Scope::Operation],
        same_content: SameContent::SameResult,
        other_content: Some(OtherContent::Type(TypeName::new("idempotency_conflict"))),
        while_running: Some(RunningPolicy::Type(TypeName::new("in_progress"))),
        window: WINDOW,
        ..behaviour.idempotency.clone().expect("it promises some")
    }
}

fn violations(spec: &SequenceSpec, seed: u64, mutant: Option<Mutant>) -> Vec<Violation> {
    let (history, shown) = Service::play(spec, seed, mutant);
    let differ = |first: usize, second: usize| {
        (shown[first] != shown[second]).then(|| (shown[first].to_string(), shown[second].to_string()))
    };
    judge(&promise(), true, &history, &differ)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Whatever is done in whatever interleaving: a service that keeps its
    /// promises is never blamed.
    #[test]
    fn a_right_service_is_never_blamed(spec in sequences(ALL), seed in any::<u64>()) {
        let found = violations(&spec, seed, None);
        prop_assert!(found.is_empty(), "{spec}\n{found:#?}");
    }
}

/// Each broken promise shows within some hundred sequences, and in a sequence
/// that was made as small as it goes.
#[test]
fn each_mutant_is_found_and_its_sequence_shrinks() {
    for mutant in Mutant::ALL {
        let fails = |spec: &SequenceSpec| (0..8).any(|seed| !violations(spec, seed, Some(mutant)).is_empty());
        let found = (0..600).map(|seed| draw(ALL, seed)).find(fails);
        let mut spec = found.unwrap_or_else(|| panic!("{mutant:?} was not found"));
        while let Some(smaller) = shrink(&spec).into_iter().find(fails) {
            spec = smaller;
        }
        assert!(spec.moves.len() <= 4, "{mutant:?}: {spec}");
    }
}
