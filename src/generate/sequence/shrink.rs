//! Smaller sequences to try where one fails.

use super::{Move, SequenceSpec};

/// Sequences that are one step simpler: a run of moves dropped, then one move,
/// then fewer copies, fewer items, plainer calls. Biggest leaps first; none is
/// longer than the one that is shrunk, so a search that follows those which
/// still fail ends.
pub fn shrink(spec: &SequenceSpec) -> Vec<SequenceSpec> {
    let mut candidates = Vec::new();
    drop_moves(spec, &mut candidates);
    for (number, step) in spec.moves.iter().enumerate() {
        for simpler in simpler(step) {
            let mut moves = spec.moves.clone();
            moves[number] = simpler;
            candidates.push(SequenceSpec { moves });
        }
    }
    candidates
}

/// Halves, quarters, …, single moves; what is left still makes a call.
fn drop_moves(spec: &SequenceSpec, candidates: &mut Vec<SequenceSpec>) {
    let length = spec.moves.len();
    let mut run = length / 2;
    while run > 0 {
        for from in (0..length).step_by(run) {
            let kept = |(number, step): (usize, &Move)| {
                let dropped = (from..from + run).contains(&number);
                (!dropped).then(|| step.clone())
            };
            let moves: Vec<Move> = spec.moves.iter().enumerate().filter_map(kept).collect();
            if moves.iter().any(|step| step.submission().is_some()) {
                candidates.push(SequenceSpec { moves });
            }
        }
        run /= 2;
    }
}

fn simpler(step: &Move) -> Vec<Move> {
    let mut found = Vec::new();
    match step {
        Move::Together(call, copies) if *copies > 2 => {
            found.push(Move::Together(call.clone(), 2));
            found.push(Move::Together(call.clone(), 2.max(copies / 2)));
            found.push(Move::Together(call.clone(), copies - 1));
        }
        Move::Together(call, _) | Move::Unfollowed(call) => found.push(Move::Call(call.clone())),
        _ => {}
    }
    let Some(call) = step.submission() else { return found };
    let mut with = |change: &dyn Fn(&mut super::Submission)| {
        let mut simpler = step.clone();
        simpler.submission_mut().map(change);
        if simpler != *step {
            found.push(simpler);
        }
    };
    for part in 0..call.parts.len() {
        if call.parts.len() > 1 {
            with(&|call| {
                call.parts.remove(part);
            });
        }
        with(&|call| call.parts[part].content = 0);
    }
    with(&|call| call.elsewhere = false);
    with(&|call| call.principal = 0);
    with(&|call| call.step = 0);
    with(&|call| call.leaves = None);
    with(&|call| call.respelled = false);
    with(&|call| call.retries = false);
    found
}

#[cfg(test)]
mod tests {
    use super::super::{Submission, draw};
    use super::*;
    use crate::generate::sequence::Alphabet;

    #[test]
    fn a_search_over_the_candidates_ends_at_what_matters() {
        let alphabet = Alphabet {
            items: 4,
            width: 3,
            contents: true,
            spellings: true,
            steps: true,
            principals: true,
            faults: true,
            ..Alphabet::default()
        };
        // Fails where something is called together with three copies or more.
        let fails = |spec: &SequenceSpec| {
            spec.moves.iter().any(|step| matches!(step, Move::Together(call, n) if *n > 2 && !call.parts.is_empty()))
        };
        let mut shrunk = 0;
        for seed in 0..400 {
            let mut spec = draw(alphabet, seed);
            if !fails(&spec) {
                continue;
            }
            let mut tried = 0;
            while let Some(smaller) = shrink(&spec).into_iter().inspect(|_| tried += 1).find(fails) {
                spec = smaller;
            }
            let [Move::Together(call, 3)] = spec.moves.as_slice() else { panic!("{spec}") };
            assert_eq!(*call, Submission::of(&[call.parts[0].item]));
            assert!(tried < 120, "{tried}");
            shrunk += 1;
        }
        assert!(shrunk > 50, "{shrunk}");
    }
}
