//! Which size is tried next, and what an answer says about it.

use std::collections::BTreeSet;

use crate::generate::{Knob, Search};
use crate::observe::SearchRun;
use crate::wire::{Exchange, FailureKind, Response};

/// The most sizes that are tried.
const TRIALS: usize = 40;

/// A search that is under way.
#[derive(Debug)]
pub(super) struct Bisection<'s> {
    search: &'s Search,
    run: SearchRun,
    tried: BTreeSet<u64>,
    /// What the smallest size was answered: what passes is answered alike.
    passes: Option<(u16, Option<String>)>,
    over: bool,
}

impl<'s> Bisection<'s> {
    pub(super) fn new(search: &'s Search, call: usize) -> Self {
        let run = SearchRun { call, trials: Vec::new(), accepted: None, refused: None };
        Self { search, run, tried: BTreeSet::new(), passes: None, over: false }
    }

    /// The size to try next; `None` once nothing more can be learnt.
    pub(super) fn next(&self) -> Option<u64> {
        if self.over || self.tried.len() >= TRIALS {
            return None;
        }
        let Some(accepted) = self.run.accepted else {
            return self.tried.is_empty().then_some(self.search.low);
        };
        let refused = self.run.refused;
        let inside = |size: &u64| *size > accepted && *size <= self.search.high && refused.is_none_or(|r| *size < r);
        let declared = self.search.declared;
        let marks = [declared, declared.map(|d| d + 1), Some(self.search.high)];
        if let Some(mark) = marks.into_iter().flatten().find(inside) {
            return Some(mark);
        }
        let refused = refused?;
        let near = declared.and_then(|declared| near(declared, accepted, refused)).filter(inside);
        near.or_else(|| Some(accepted + (refused - accepted) / 2).filter(inside))
    }

    /// Takes note of an answer. Gives whether it moved one of the two bounds.
    pub(super) fn learn(&mut self, size: u64, exchange: &Exchange) -> bool {
        self.tried.insert(size);
        let verdict = self.verdict(exchange);
        self.run.trials.push((size, verdict));
        match verdict {
            Some(true) => self.run.accepted = Some(size),
            Some(false) => self.run.refused = Some(size),
            None => self.over = true,
        }
        verdict.is_some()
    }

    pub(super) fn into_run(self) -> SearchRun {
        self.run
    }

    fn verdict(&mut self, exchange: &Exchange) -> Option<bool> {
        let response = match &exchange.outcome {
            Ok(response) => response,
            // A server that is told too much in header fields may just close.
            Err(failure) => {
                let closed = failure.kind == FailureKind::Reset && self.search.knob == Knob::Headers;
                return (closed && self.passes.is_some()).then_some(false);
            }
        };
        let said = (response.status, failure_type(response));
        match &self.passes {
            None if response.status < 500 && response.status != 429 => {
                self.passes = Some(said);
                Some(true)
            }
            Some(passes) if *passes == said => Some(true),
            Some(_) if (400..500).contains(&response.status) && response.status != 429 => Some(false),
            _ => None,
        }
    }
}

/// A size close to the declared limit: one that is off is off by little most
/// of the time. Each is sixteen times as far away as the one before.
fn near(declared: u64, accepted: u64, refused: u64) -> Option<u64> {
    if refused <= declared {
        refused.checked_sub(16 * (declared - refused) + 1)
    } else {
        Some(accepted + 16 * accepted.checked_sub(declared + 1)? + 1)
    }
}

fn failure_type(response: &Response) -> Option<String> {
    response.json()?.get("failureType")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::Method;

    use super::*;
    use crate::clock::Timestamp;
    use crate::generate::{Call, Caller, Expect, Manner, Via};
    use crate::wire::{Body, Headers, Request};

    fn search(low: u64, high: u64, declared: Option<u64>) -> Search {
        let request = Request { method: Method::POST, target: "/".into(), headers: Headers::new(), body: Body::Empty };
        let call = Call {
            role: "search",
            operation: "o".into(),
            request,
            caller: Caller::Any,
            via: Via::Gateway,
            correlation: None,
            items: Vec::new(),
            expect: Expect::Nothing,
            contract: None,
            manner: Manner::default(),
        };
        Search { call, knob: Knob::Headers, low, high, declared }
    }

    fn answered(search: &Search, status: u16) -> Exchange {
        let response = Response { status, headers: Headers::new(), body: Bytes::new(), truncated: false };
        let zero = Duration::ZERO;
        Exchange {
            request: search.call.request.clone(),
            outcome: Ok(response),
            attempt: 1,
            due: zero,
            sent: zero,
            headers: None,
            done: zero,
            sent_at: Timestamp::from_seconds(0),
            done_at: Timestamp::from_seconds(0),
            tier: None,
        }
    }

    fn found(search: &Search, limit: u64) -> (SearchRun, usize) {
        let mut bisection = Bisection::new(search, 0);
        while let Some(size) = bisection.next() {
            bisection.learn(size, &answered(search, if size <= limit { 200 } else { 413 }));
        }
        let run = bisection.into_run();
        let trials = run.trials.len();
        (run, trials)
    }

    #[test]
    fn a_limit_that_is_where_it_should_be_takes_three_trials() {
        let (run, trials) = found(&search(1, 8_000_000, Some(4_194_304)), 4_194_304);
        assert_eq!((run.exact(), trials), (Some(4_194_304), 3));
    }

    #[test]
    fn a_limit_that_is_off_by_one_is_found_at_once() {
        assert_eq!(found(&search(1, 8_000_000, Some(4_194_304)), 4_194_303).1, 3);
        assert_eq!(found(&search(1, 8_000_000, Some(4_194_304)), 4_194_305).1, 5);
    }

    #[test]
    fn every_other_limit_is_found_to_the_byte() {
        let declared = search(1, 4096, Some(1000));
        for limit in [1, 2, 500, 999, 1001, 1002, 3000, 4095] {
            let (run, trials) = found(&declared, limit);
            assert_eq!(run.exact(), Some(limit));
            assert!(trials < 20, "{limit}: {trials}");
        }
        let (none, trials) = found(&declared, 10_000);
        assert_eq!((none.accepted, none.refused, trials), (Some(4096), None, 4));
        assert_eq!(found(&search(1, 4096, None), 77).0.exact(), Some(77));
    }

    #[test]
    fn an_answer_that_decides_nothing_ends_it() {
        let search = search(1, 4096, Some(1000));
        let mut bisection = Bisection::new(&search, 0);
        bisection.learn(1, &answered(&search, 200));
        assert!(!bisection.learn(1000, &answered(&search, 503)));
        assert_eq!(bisection.next(), None);
        assert_eq!(bisection.into_run().trials, [(1, Some(true)), (1000, None)]);
    }
}
