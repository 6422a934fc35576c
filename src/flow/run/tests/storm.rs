//! What many runs do to one backend that none of them asks about the others:
//! the documented retry storm.

use std::collections::BTreeMap;

use super::*;

/// A backend that takes so many calls a second.
#[derive(Default)]
struct Backend {
    taken: BTreeMap<u64, (u32, u32)>,
}

impl Backend {
    fn answer(&mut self, at: Timestamp, limit: u32) -> Answer {
        let second = at.since(Timestamp::default()).as_secs();
        let (taken, refused) = self.taken.entry(second).or_default();
        if *taken < limit {
            *taken += 1;
            return (s(0.01), response(200, &[]));
        }
        *refused += 1;
        (s(0.01), response(429, &[]))
    }
}

/// Runs under way, and when those begin that have not.
type Playing<'d> = Vec<(Option<Timestamp>, Run<'d>)>;

/// When calls end, whose they are, and whether they were taken.
type Ends = BinaryHeap<Reverse<(Timestamp, usize, Spot, bool)>>;

/// Plays runs that begin one a second, each of 20 items at once.
fn storm(runs: usize, limit: u32, interval: Duration) -> Backend {
    let policy = RetryPolicy::fixed(90, interval);
    let flow = Definition::new(vec![node(0, call(policy), &[])], vec![0], Some((20, 20))).expect("no circle");
    let (mut backend, mut ends) = (Backend::default(), Ends::new());
    let mut playing: Playing<'_> =
        (0..runs).map(|n| (Some(Timestamp::default().plus(s(n as f64))), Run::new(&flow, None, n as u64))).collect();
    while let Some(now) = next(&playing, &ends) {
        while ends.peek().is_some_and(|Reverse((at, ..))| *at <= now)
            && let Some(Reverse((_, number, spot, taken))) = ends.pop()
        {
            tell(&mut playing[number].1, (spot, &What::Attempt(1)), &response(if taken { 200 } else { 429 }, &[]), now);
        }
        for (number, (from, run)) in playing.iter_mut().enumerate() {
            if from.take_if(|from| *from <= now).is_none() && from.is_some() {
                continue;
            }
            for begin in run.begin(now) {
                let (took, outcome) = backend.answer(now, limit);
                let taken = outcome.is_ok_and(|response| response.status == 200);
                ends.push(Reverse((now.plus(took), number, begin.spot, taken)));
            }
        }
    }
    backend
}

/// When something happens next: a run begins or goes on, or a call ends.
fn next(playing: &Playing<'_>, ends: &Ends) -> Option<Timestamp> {
    let runs = playing.iter().filter_map(|(from, run)| from.or_else(|| run.next()));
    runs.chain(ends.peek().map(|Reverse((at, ..))| *at)).min()
}

#[test]
fn twenty_at_once_against_fifteen_a_second_grow_a_backlog_that_never_shrinks() {
    let backend = storm(20, 15, s(1.0));
    let refused: Vec<u32> = (0..20).map(|second| backend.taken[&second].1).collect();
    assert_eq!(&refused[..4], &[5, 10, 15, 20], "five more each second");
    assert!(refused.windows(2).all(|pair| pair[1] >= pair[0] + 5), "{refused:?}");
    // All is done in the end, later than a backend of that speed needs.
    let done: u32 = backend.taken.values().map(|(taken, _)| taken).sum();
    assert_eq!(done, 20 * 20);
}

#[test]
fn a_backend_that_takes_what_comes_sees_no_storm() {
    let backend = storm(20, 20, s(1.0));
    assert!(backend.taken.values().all(|(_, refused)| *refused == 0));
}
