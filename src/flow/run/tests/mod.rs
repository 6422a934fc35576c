//! Runs in simulated time: whoever plays them answers after spans that it
//! chooses, and nothing waits for anything.

mod calls;
mod order;
mod storm;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::flow::definition::{After, Statuses, Until};
use crate::flow::retry::RetryPolicy;
use crate::wire::{FailureKind, Headers};

/// What a call is answered with.
type Outcome = Result<Response, Failure>;

/// The same, and after how long.
type Answer = (Duration, Outcome);

/// Something that began.
#[derive(Clone, Debug, PartialEq)]
struct Began {
    at: Timestamp,
    number: usize,
    item: u64,
    what: What,
    limit: Option<Duration>,
}

/// A run that was played to its end.
struct Played {
    status: Status,
    began: Vec<Began>,
    told: Vec<(usize, u64, Status)>,
    /// How long it took.
    took: Duration,
}

impl Played {
    /// When calls to an action began, in seconds.
    fn seconds(&self, number: usize) -> Vec<f64> {
        let of = self.began.iter().filter(|began| began.number == number);
        of.map(|began| began.at.since(Timestamp::default()).as_secs_f64()).collect()
    }

    /// How an action outside of loops ended.
    fn status_of(&self, number: usize) -> Option<Status> {
        self.told.iter().find(|(told, _, _)| *told == number).map(|(_, _, status)| *status)
    }
}

/// Plays a run; `answer` is asked for each attempt, poll and child.
fn play(
    definition: &Definition,
    seed: (Option<usize>, u64),
    answer: impl FnMut(&Begin<'_>, Timestamp) -> Answer,
) -> Played {
    play_with(definition, seed, 0, answer)
}

/// The same; calls have so many bytes of content.
fn play_with(
    definition: &Definition,
    (only, seed): (Option<usize>, u64),
    content: u64,
    mut answer: impl FnMut(&Begin<'_>, Timestamp) -> Answer,
) -> Played {
    let mut run = Run::new(definition, only, seed);
    let (mut now, mut began) = (Timestamp::default(), Vec::new());
    let mut under_way: BinaryHeap<Reverse<(Timestamp, usize)>> = BinaryHeap::new();
    let mut calls: Vec<Option<(Spot, What, Outcome)>> = Vec::new();
    loop {
        for begin in run.begin(now) {
            let (took, outcome) = answer(&begin, now);
            under_way.push(Reverse((now.plus(took), calls.len())));
            let Begin { spot, number, item, what, limit, .. } = begin;
            run.carries(spot, content);
            calls.push(Some((spot, what.clone(), outcome)));
            began.push(Began { at: now, number, item, what, limit });
        }
        if let Some(status) = run.ended() {
            assert!(under_way.is_empty(), "the run has ended before its calls");
            return Played { status, began, told: run.told, took: now.since(Timestamp::default()) };
        }
        let ends = under_way.peek().map(|Reverse((at, _))| *at);
        now = ends.into_iter().chain(run.next()).min().expect("a run that has not ended waits for something");
        if ends == Some(now)
            && let Some(Reverse((_, number))) = under_way.pop()
            && let Some((spot, what, outcome)) = calls[number].take()
        {
            tell(&mut run, (spot, &what), &outcome, now);
        }
    }
}

fn tell(run: &mut Run<'_>, (spot, what): (Spot, &What), outcome: &Outcome, now: Timestamp) {
    if matches!(what, What::Child(_)) {
        let good = outcome.as_ref().is_ok_and(|response| response.status == 200);
        run.child_ended(spot, if good { Status::Succeeded } else { Status::Failed });
    } else if run.answered(spot, outcome, now) == Answered::Result {
        run.close(spot);
    }
}

#[allow(clippy::unnecessary_wraps, reason = "failures stand beside it")]
fn response(status: u16, fields: &[(&str, &str)]) -> Outcome {
    let headers: Headers = fields.iter().copied().collect();
    Ok(Response { status, headers, body: Bytes::new(), truncated: false })
}

#[allow(clippy::unnecessary_wraps, reason = "answers stand beside it")]
fn failure(kind: FailureKind) -> Outcome {
    Err(Failure { kind, detail: String::new() })
}

/// Answered after a second.
fn with(status: u16) -> Answer {
    (s(1.0), response(status, &[]))
}

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn call(retry: RetryPolicy) -> Kind {
    Kind::Call(CallAction::plain(0, retry))
}

/// An action that waits for others; its name is its number.
fn node(number: usize, kind: Kind, after: &[(usize, &[Status])]) -> Node {
    let after = after.iter().map(|(node, statuses)| After { node: *node, statuses: Statuses::of(statuses) });
    Node { name: Arc::from(format!("N{number}")), after: after.collect(), kind }
}

fn definition(nodes: Vec<Node>, entries: &[usize]) -> Definition {
    Definition::new(nodes, entries.to_vec(), None).expect("no circle")
}

const SUCCEEDED: &[Status] = &[Status::Succeeded];
const FAILED: &[Status] = &[Status::Failed, Status::TimedOut];
