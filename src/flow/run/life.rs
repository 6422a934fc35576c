//! One call over its attempts and polls.

use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::What;
use crate::clock::Timestamp;
use crate::flow::definition::{CallAction, Status};
use crate::flow::mix::mix;
use crate::flow::polling::next_poll;
use crate::flow::retry::is_retried;
use crate::wire::{Failure, FailureKind, Response};

/// The most polls of one `Location` where nothing limits the action's time.
const POLLS: u32 = 300;

/// A call that is under way.
#[derive(Debug)]
pub(super) struct Life {
    /// The attempt that is under way or comes next, from 1.
    attempt: u32,
    polled: Option<Polled>,
    /// When its time is over.
    pub(super) until: Option<Timestamp>,
    /// It waits for nothing but the end of its time.
    pub(super) expires: bool,
    /// How it will have ended.
    pub(super) result: Option<Status>,
}

/// Accepted work that is asked for.
#[derive(Debug)]
struct Polled {
    location: String,
    /// The attempt at this poll, from 1.
    attempt: u32,
    polls: u32,
}

/// What follows an answer.
#[derive(Debug)]
pub(super) enum Next {
    /// Another call, or the end of the action's time, at an instant.
    Again(Timestamp),
    /// Nothing.
    Over(Status),
}

impl Life {
    pub(super) fn new(call: &CallAction, now: Timestamp) -> Self {
        let until = call.limit.map(|limit| now.plus(limit));
        Self { attempt: 1, polled: None, until, expires: false, result: None }
    }

    /// What is sent next.
    pub(super) fn what(&self) -> What {
        match &self.polled {
            Some(polled) => What::Poll { location: polled.location.clone(), attempt: polled.attempt },
            None => What::Attempt(self.attempt),
        }
    }

    pub(super) fn answered(
        &mut self,
        call: &CallAction,
        outcome: &Result<Response, Failure>,
        now: Timestamp,
        seed: u64,
    ) -> Next {
        let over = self.until.is_some_and(|until| now >= until);
        if over && matches!(outcome, Err(Failure { kind: FailureKind::Timeout, .. })) {
            return Next::Over(Status::TimedOut);
        }
        let Some(wait) = self.poll(call, outcome, now).or_else(|| self.retry(call, outcome, now, seed)) else {
            return Next::Over(result(outcome));
        };
        if self.until.is_none() && self.polled.as_ref().is_some_and(|polled| polled.polls > POLLS) {
            return Next::Over(Status::TimedOut);
        }
        let at = now.plus(wait);
        match self.until {
            Some(until) if at > until => {
                self.expires = true;
                Next::Again(until.max(now))
            }
            _ => Next::Again(at),
        }
    }

    /// How long to wait before the `Location` is asked.
    fn poll(&mut self, call: &CallAction, outcome: &Result<Response, Failure>, now: Timestamp) -> Option<Duration> {
        let response = outcome.as_ref().ok().filter(|_| call.polled)?;
        let before = self.polled.as_ref();
        let poll = next_poll(response, before.map(|polled| polled.location.as_str()), now)?;
        let polls = before.map_or(0, |polled| polled.polls) + 1;
        self.polled = Some(Polled { location: poll.location, attempt: 1, polls });
        Some(poll.after)
    }

    /// How long to wait before the same call, or the same poll, is made again.
    fn retry(
        &mut self,
        call: &CallAction,
        outcome: &Result<Response, Failure>,
        now: Timestamp,
        seed: u64,
    ) -> Option<Duration> {
        let (polls, attempt) = match &mut self.polled {
            Some(polled) => (polled.polls, &mut polled.attempt),
            None => (0, &mut self.attempt),
        };
        // Nearly all calls are answered at once: no source is made for them.
        if !is_retried(outcome) {
            return None;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(mix(seed, &[u64::from(polls), u64::from(*attempt)]));
        let wait = call.retry.wait(*attempt, outcome, now, &mut rng)?;
        *attempt += 1;
        Some(wait)
    }
}

fn result(outcome: &Result<Response, Failure>) -> Status {
    match outcome {
        Ok(response) if (200..300).contains(&response.status) => Status::Succeeded,
        _ => Status::Failed,
    }
}
