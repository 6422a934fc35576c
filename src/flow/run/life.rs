//! One call over its attempts and what follows them: polls, parts, pages.

use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::What;
use crate::clock::Timestamp;
use crate::flow::definition::{CallAction, Status};
use crate::flow::mix::mix;
use crate::flow::pages::{Page, next_page};
use crate::flow::parts::{NextPart, Part, next_part};
use crate::flow::polling::next_poll;
use crate::flow::retry::is_retried;
use crate::wire::{Failure, FailureKind, Response};

/// The most polls of one `Location` where nothing limits the action's time.
const POLLS: u32 = 300;

/// The most pages.
const PAGES: u32 = 5_000;

/// A call that is under way.
#[derive(Debug)]
pub(super) struct Life {
    /// The attempt that is under way or comes next, from 1.
    attempt: u32,
    further: Option<Further>,
    /// How many bytes of content the call has.
    pub(super) content: u64,
    /// When its time is over.
    pub(super) until: Option<Timestamp>,
    /// It waits for nothing but the end of its time.
    pub(super) expires: bool,
    /// How it will have ended.
    pub(super) result: Option<Status>,
}

/// A request that follows the first one of a call.
#[derive(Debug)]
struct Further {
    request: Request,
    /// The attempt at it, from 1.
    attempt: u32,
    /// How many there were, this one counted.
    number: u32,
}

#[derive(Clone, Debug)]
enum Request {
    /// Accepted work is asked for.
    Poll(String),
    Part(Part),
    Page(Page),
}

/// What follows an answer.
#[derive(Debug)]
pub(super) enum Next {
    /// Another call, or the end of the action's time, at an instant.
    Again(Timestamp),
    /// Nothing.
    Over(Status),
}

/// The service does not keep to a protocol, so that nobody knows how to go on.
struct Broken;

/// Whether another request follows an answer.
enum Onward {
    /// After so long.
    After(Duration),
    No,
    /// It would have to, and the service does not say where.
    Broken,
}

impl Life {
    pub(super) fn new(call: &CallAction, now: Timestamp) -> Self {
        let until = call.limit.map(|limit| now.plus(limit));
        Self { attempt: 1, further: None, content: 0, until, expires: false, result: None }
    }

    /// What is sent next.
    pub(super) fn what(&self) -> What {
        let Some(Further { request, attempt, .. }) = &self.further else { return What::Attempt(self.attempt) };
        match request.clone() {
            Request::Poll(location) => What::Poll { location, attempt: *attempt },
            Request::Part(part) => What::Part { part, attempt: *attempt },
            Request::Page(Page { location, .. }) => What::Page { location, attempt: *attempt },
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
        let wait = match self.goes_on(call, outcome, now) {
            Onward::After(wait) => wait,
            Onward::Broken => return Next::Over(Status::Failed),
            Onward::No => match self.retry(call, outcome, now, seed) {
                Some(wait) => wait,
                None => return Next::Over(result(outcome)),
            },
        };
        if let Some(status) = self.is_endless() {
            return Next::Over(status);
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

    /// How an action ends that asks and asks.
    fn is_endless(&self) -> Option<Status> {
        let further = self.further.as_ref()?;
        match further.request {
            Request::Poll(_) if self.until.is_none() && further.number > POLLS => Some(Status::TimedOut),
            Request::Page(_) if further.number > PAGES => Some(Status::Failed),
            _ => None,
        }
    }

    /// Whether an answer asks for another request.
    fn goes_on(&mut self, call: &CallAction, outcome: &Result<Response, Failure>, now: Timestamp) -> Onward {
        let Ok(response) = outcome else { return Onward::No };
        if !(200..300).contains(&response.status) {
            return Onward::No;
        }
        let (request, wait) = match self.follows(call, response, now) {
            Ok(Some(follows)) => follows,
            Ok(None) => return Onward::No,
            Err(Broken) => return Onward::Broken,
        };
        let number = self.further.as_ref().map_or(0, |further| further.number) + 1;
        self.further = Some(Further { request, attempt: 1, number });
        Onward::After(wait)
    }

    /// What follows an answer of 2xx, and after how long.
    fn follows(
        &self,
        call: &CallAction,
        response: &Response,
        now: Timestamp,
    ) -> Result<Option<(Request, Duration)>, Broken> {
        let before = self.further.as_ref().map(|further| &further.request);
        let location = if let Some(Request::Poll(location)) = before { Some(location.as_str()) } else { None };
        if let Some(poll) = next_poll(response, location, now).filter(|_| call.polled) {
            return Ok(Some((Request::Poll(poll.location), poll.after)));
        }
        let request = match (before, call.chunked.filter(|_| self.content > 0), call.pages) {
            (None, Some(usual), _) => self.part(response, None, usual)?,
            (Some(Request::Part(part)), Some(usual), _) => self.part(response, Some(part), usual)?,
            (None, _, Some(wanted)) => next_page(response, 0, wanted).map(Request::Page),
            (Some(Request::Page(page)), _, Some(wanted)) => next_page(response, page.items, wanted).map(Request::Page),
            _ => None,
        };
        Ok(request.map(|request| (request, Duration::ZERO)))
    }

    fn part(&self, response: &Response, sent: Option<&Part>, usual: u64) -> Result<Option<Request>, Broken> {
        match next_part(response, sent, self.content, usual) {
            NextPart::Send(part) => Ok(Some(Request::Part(part))),
            NextPart::All => Ok(None),
            NextPart::Broken => Err(Broken),
        }
    }

    /// How long to wait before the same request is made again.
    fn retry(
        &mut self,
        call: &CallAction,
        outcome: &Result<Response, Failure>,
        now: Timestamp,
        seed: u64,
    ) -> Option<Duration> {
        let (number, attempt) = match &mut self.further {
            Some(further) => (further.number, &mut further.attempt),
            None => (0, &mut self.attempt),
        };
        // Nearly all calls are answered at once: no source is made for them.
        if !is_retried(outcome) {
            return None;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(mix(seed, &[u64::from(number), u64::from(*attempt)]));
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
