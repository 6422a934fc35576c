//! Sequences as a proptest strategy, and one of them by seed.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{Alphabet, Edge, Move, Part, SequenceSpec, Submission, Trouble};

/// Longest sequence, in moves.
const LONGEST: usize = 8;

/// Sequences over an alphabet. They begin with a call; shrinking drops moves,
/// then items.
pub fn sequences(alphabet: Alphabet) -> BoxedStrategy<SequenceSpec> {
    let rest = prop::collection::vec(any_move(alphabet), 1..LONGEST);
    (opening(alphabet), rest)
        .prop_map(move |(opening, rest)| {
            let mut moves = opening;
            moves.extend(rest);
            moves.truncate(LONGEST);
            echo(&mut moves);
            SequenceSpec { moves }
        })
        .boxed()
}

/// The sequence of a seed: always the same one.
///
/// # Panics
/// Never: no strategy of this room rejects a value.
pub fn draw(alphabet: Alphabet, seed: u64) -> SequenceSpec {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &key));
    sequences(alphabet).new_tree(&mut runner).expect("no strategy of this room rejects a value").current()
}

/// A first call, alone or with copies of itself, sometimes into trouble.
fn opening(alphabet: Alphabet) -> BoxedStrategy<Vec<Move>> {
    let first = prop_oneof![
        6 => submission(alphabet).prop_map(Move::Call),
        2 => (submission(alphabet), 2..13_u8).prop_map(|(call, copies)| Move::Together(call, copies)),
    ];
    if !alphabet.faults {
        return first.prop_map(|first| vec![first]).boxed();
    }
    (prop::option::weighted(0.5, trouble_of()), first)
        .prop_map(|(fault, first)| fault.map(Move::Fault).into_iter().chain([first]).collect())
        .boxed()
}

fn any_move(alphabet: Alphabet) -> BoxedStrategy<Move> {
    let mut choices: Vec<(u32, BoxedStrategy<Move>)> = vec![
        (8, submission(alphabet).prop_map(Move::Call).boxed()),
        (3, (submission(alphabet), 2..13_u8).prop_map(|(call, copies)| Move::Together(call, copies)).boxed()),
        (1, submission(alphabet).prop_map(Move::Unfollowed).boxed()),
    ];
    if alphabet.faults {
        choices.push((2, trouble_of().prop_map(Move::Fault).boxed()));
        choices.push((2, Just(Move::Heal).boxed()));
    }
    if alphabet.restarts {
        choices.push((3, Just(Move::Restart).boxed()));
    }
    if alphabet.window {
        choices.push((3, prop_oneof![Just(Edge::Inside), Just(Edge::Past)].prop_map(Move::Wait).boxed()));
    }
    proptest::strategy::Union::new_weighted(choices).boxed()
}

fn trouble_of() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        (0..9_u8).prop_map(|after| Trouble::Fails { after }),
        (0..3_u8).prop_map(|after| Trouble::AnswerLost { after }),
        (0..9_u8).prop_map(|after| Trouble::Throttles { after }),
        Just(Trouble::Slow),
    ]
}

fn submission(alphabet: Alphabet) -> impl Strategy<Value = Submission> {
    let contents = if alphabet.contents { 0.15 } else { 0.0 };
    let part = (0..alphabet.items.max(1), prop::bool::weighted(contents))
        .prop_map(|(item, other)| Part { item, content: u8::from(other) });
    let parts = prop::collection::vec(part, 1..=usize::from(alphabet.width.max(1)));
    let share = |on: bool, share: f64| prop::bool::weighted(if on { share } else { 0.0 });
    (
        parts,
        share(alphabet.spellings, 0.25),
        share(alphabet.principals, 0.3),
        share(alphabet.steps, 0.15),
        share(alphabet.versions, 0.3),
        prop::option::weighted(0.12, 1..25_u16),
        prop::bool::weighted(0.3),
    )
        .prop_map(|(mut parts, respelled, principal, step, elsewhere, leaves, retries)| {
            let mut seen = Vec::new();
            parts.retain(|part| !seen.contains(&part.item) && (seen.push(part.item), true).1);
            let (principal, step) = (u8::from(principal), u8::from(step));
            Submission { parts, respelled, principal, step, elsewhere, leaves, retries }
        })
}

/// Calls that have nothing to do with each other tell little: about half of
/// the later ones take up what an earlier one asked for.
fn echo(moves: &mut [Move]) {
    let mut earlier: Vec<Vec<Part>> = Vec::new();
    for (number, step) in moves.iter_mut().enumerate() {
        let Some(call) = step.submission_mut() else { continue };
        // Drawn already, so nothing is random here that shrinking would not see.
        let takes_up = (number + call.parts.len() + usize::from(call.retries)) % 2 == 1;
        if let (true, Some(parts)) = (takes_up, earlier.get(number % earlier.len().max(1)))
            && call.parts.iter().all(|part| part.content == 0)
        {
            call.parts.clone_from(parts);
        }
        earlier.push(call.parts.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Alphabet = Alphabet {
        items: 4,
        width: 3,
        contents: true,
        spellings: true,
        steps: true,
        principals: true,
        versions: true,
        faults: true,
        restarts: true,
        window: true,
    };

    proptest! {
        #[test]
        fn a_sequence_begins_with_a_call_and_names_no_item_twice(spec in sequences(ALL)) {
            prop_assert!((2..=LONGEST).contains(&spec.moves.len()));
            prop_assert!(spec.moves.iter().take(2).any(|step| step.submission().is_some()), "{spec}");
            for call in spec.moves.iter().filter_map(Move::submission) {
                let mut items: Vec<u8> = call.parts.iter().map(|part| part.item).collect();
                items.sort_unstable();
                items.dedup();
                prop_assert_eq!(items.len(), call.parts.len());
            }
        }
    }

    #[test]
    fn a_seed_makes_one_sequence_and_seeds_make_many() {
        let drawn: std::collections::HashSet<String> = (0..200).map(|seed| draw(ALL, seed).to_string()).collect();
        assert!(drawn.len() > 190, "{}", drawn.len());
        assert_eq!(draw(ALL, 7), draw(ALL, 7));
    }

    #[test]
    fn nothing_is_drawn_that_the_alphabet_lacks() {
        let plain = Alphabet { items: 2, width: 1, ..Alphabet::default() };
        for seed in 0..200 {
            for step in draw(plain, seed).moves {
                let call = step.submission().unwrap_or_else(|| panic!("{step} needs more"));
                assert_eq!(call.parts.len(), 1);
                assert!(!call.respelled && !call.elsewhere && call.principal == 0 && call.step == 0);
                assert_eq!(call.parts[0].content, 0);
            }
        }
    }
}
