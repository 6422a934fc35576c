//! Named sequences: the ones of the fault model that everybody should see by
//! name, built and judged like those that are drawn.

use super::{Bench, Sequence};
use crate::generate::generators::Generators;
use crate::generate::payload::OperationGenerator;
use crate::generate::sequence::{self, Alphabet, Edge, Move, SequenceSpec, Submission, Trouble};
use crate::generate::{CouldNotMake, Probe};

/// How many cases of a probe an operation has.
pub(super) fn count(probe: Probe, generators: &Generators, operation: &OperationGenerator) -> u32 {
    let Some(alphabet) = Alphabet::of(generators, operation) else { return 0 };
    let (most, possible) = match probe {
        Probe::KeyOrder => (4, alphabet.spellings),
        Probe::ClientGone => (6, true),
        Probe::RetriedDuplicate => (4, alphabet.faults),
        Probe::OtherVersion => (4, alphabet.versions),
        Probe::AfterRestart => (if alphabet.faults { 4 } else { 3 }, alphabet.restarts),
        Probe::InsideWindow => (2, alphabet.window),
        Probe::PastWindow => (1, alphabet.window),
        _ => (0, false),
    };
    if possible { most } else { 0 }
}

/// Makes one.
pub(super) fn make(probe: Probe, bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let alphabet = Alphabet::of(bench.generators, bench.operation)
        .ok_or_else(|| bench.fault("nothing is promised that sequences could break"))?;
    let call = Submission::of(&items(bench, alphabet));
    let (title, moves) = match probe {
        Probe::KeyOrder => ("the same content with its members in another order", key_order(bench, call)),
        Probe::ClientGone => ("the same call again after its client was gone", client_gone(bench, call)),
        Probe::RetriedDuplicate => ("duplicates that retry after a failure", retried(bench, call)),
        Probe::OtherVersion => ("the same call to another version", other_version(call)),
        Probe::AfterRestart => ("the same call again after the service was restarted", after_restart(bench, call)),
        Probe::InsideWindow => ("the same call again just before the window ends", at(Edge::Inside, call)),
        Probe::PastWindow => ("the same call again after the window", at(Edge::Past, call)),
        _ => return Err(bench.fault("this probe is no sequence")),
    };
    let made = sequence::build(bench, &SequenceSpec { moves })?;
    Ok(Sequence { title: title.to_owned(), ..made })
}

/// As many items as the number of the case says.
fn items(bench: &Bench<'_>, alphabet: Alphabet) -> Vec<u8> {
    let most = if alphabet.width > 1 { bench.size() as u8 } else { 1 };
    (0..most).collect()
}

fn key_order(bench: &Bench<'_>, call: Submission) -> Vec<Move> {
    let respelled = Submission { respelled: true, ..call.clone() };
    if bench.index % 2 == 1 {
        return vec![Move::Call(respelled), Move::Call(call)];
    }
    vec![Move::Call(call), Move::Call(respelled)]
}

/// The client leaves while the call is on its way, while it is worked at, and
/// when it is nearly done.
fn client_gone(bench: &Bench<'_>, call: Submission) -> Vec<Move> {
    let after = [4, 10, 2, 20, 7, 14][bench.index as usize % 6];
    let gone = Submission { leaves: Some(after), ..call.clone() };
    let patient = Submission { retries: true, ..call };
    vec![Move::Call(gone), Move::Call(patient)]
}

fn retried(bench: &Bench<'_>, call: Submission) -> Vec<Move> {
    let after = (bench.index % 3) as u8;
    let trouble = if bench.index == 3 { Trouble::Throttles { after: 1 } } else { Trouble::Fails { after } };
    let patient = Submission { retries: true, ..call.clone() };
    vec![Move::Fault(trouble), Move::Call(call), Move::Heal, Move::Together(patient, 3)]
}

fn other_version(call: Submission) -> Vec<Move> {
    let elsewhere = Submission { elsewhere: true, ..call.clone() };
    vec![Move::Call(call.clone()), Move::Call(elsewhere), Move::Call(call)]
}

fn after_restart(bench: &Bench<'_>, call: Submission) -> Vec<Move> {
    match bench.index % 4 {
        0 => vec![Move::Call(call.clone()), Move::Restart, Move::Call(call)],
        1 => vec![Move::Unfollowed(call.clone()), Move::Restart, Move::Call(call)],
        2 => {
            let gone = Submission { leaves: Some(6), ..call.clone() };
            vec![Move::Call(gone), Move::Restart, Move::Call(Submission { retries: true, ..call })]
        }
        _ => vec![
            Move::Fault(Trouble::AnswerLost { after: 0 }),
            Move::Call(call.clone()),
            Move::Heal,
            Move::Restart,
            Move::Call(call),
        ],
    }
}

fn at(edge: Edge, call: Submission) -> Vec<Move> {
    vec![Move::Call(call.clone()), Move::Wait(edge), Move::Call(call)]
}
