//! The controller: what to send next, and when.

use std::time::Duration;

use super::step::{Answer, Limits, Step};
use crate::clock::Timestamp;

/// One stretch of calls from the first that is admitted to the one that is
/// refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Round {
    /// When its first call was sent.
    pub(super) began: Timestamp,
    /// Calls that were admitted.
    pub(super) admitted: u64,
    /// When the call was sent that was refused.
    pub(super) refused_at: Option<Timestamp>,
    /// What that answer said.
    pub(super) retry_after: Option<Duration>,
    /// Whether a call clearly before the end of the wait was admitted.
    pub(super) admitted_before: Option<bool>,
    /// Whether a call after the end of the wait was refused all the same.
    pub(super) refused_after: bool,
    /// How many were.
    tries_after: u32,
}

impl Round {
    fn new(began: Timestamp) -> Self {
        Self {
            began,
            admitted: 0,
            refused_at: None,
            retry_after: None,
            admitted_before: None,
            refused_after: false,
            tries_after: 0,
        }
    }

    /// When calls are admitted again, by what the refusal said.
    pub(super) fn release(&self) -> Option<Timestamp> {
        Some(self.refused_at?.plus(self.retry_after?))
    }
}

/// Where the probe stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Sending until refused.
    Flood,
    /// A call clearly before the end of the wait.
    Before(Timestamp),
    /// A call just after the end of the wait.
    After(Timestamp),
    /// Nothing until then: by then all that the last flood used is free.
    Rest(Timestamp),
    /// Nothing until then: the start of a fresh window, for another flood.
    Again(Timestamp),
    /// Nothing until then: the start of a fresh window, for half of it.
    Fresh(Timestamp),
    /// Sending half of what a window admits.
    Half,
    /// Nothing until the window is half over.
    Middle(Timestamp),
    /// It is over.
    Over,
}

impl Stage {
    /// When the next call is to be sent, where not at once.
    fn due(self) -> Option<Timestamp> {
        match self {
            Self::Before(at)
            | Self::After(at)
            | Self::Rest(at)
            | Self::Again(at)
            | Self::Fresh(at)
            | Self::Middle(at) => Some(at),
            Self::Flood | Self::Half | Self::Over => None,
        }
    }
}

/// Why a probe ended before it knew everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Nothing was refused.
    NeverRefused,
    /// A refusal without `Retry-After`.
    NoRetryAfter,
    /// A wait beyond the longest.
    TooLongToWait,
    /// Refused again and again after waiting as told.
    NeverReleased,
    /// Answers that say nothing of rates: 401, 403, 404, or none.
    Unusable(Option<u16>),
    /// Whoever asked had no more time.
    Cut,
}

/// Rounds in order: the first flood, a flood after waiting as told, and, for
/// windows, two halves and what is admitted after them.
const HALVES: usize = 2;
const LAST: usize = 3;

/// A probe in progress. Ask [`Probe::next`], do it, tell what came with
/// [`Probe::observe`], until it is done.
#[derive(Clone, Debug)]
pub struct Probe {
    pub(super) limits: Limits,
    pub(super) rounds: Vec<Round>,
    /// A first flood that crossed the end of a window, and so says little.
    pub(super) crossed: Option<Round>,
    /// From one release to the next.
    pub(super) window: Option<Duration>,
    /// Whether the budget comes back drop by drop.
    pub(super) refills: bool,
    pub(super) stop: Option<Stop>,
    pub(super) sent: u64,
    pub(super) refusal: Option<u16>,
    stage: Stage,
    unanswered: u32,
}

impl Probe {
    /// A probe that has sent nothing yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            rounds: Vec::new(),
            crossed: None,
            window: None,
            refills: false,
            stop: None,
            sent: 0,
            refusal: None,
            stage: Stage::Flood,
            unanswered: 0,
        }
    }

    /// What to do next.
    pub fn next(&self, now: Timestamp) -> Step {
        match (self.stage, self.stage.due()) {
            (Stage::Over, _) => Step::Done,
            (_, Some(at)) if now < at => Step::Wait(at),
            _ => Step::Send,
        }
    }

    /// How far it is, for people.
    pub fn progress(&self) -> String {
        let round = self.rounds.len().max(1);
        match (self.stage, self.stage.due()) {
            (Stage::Over, _) => "done".into(),
            (_, Some(at)) => format!("round {round}: waiting until {at}"),
            _ => format!("round {round}: sending until refused, {} calls so far", self.sent),
        }
    }

    /// Takes what came of the call that was sent.
    pub fn observe(&mut self, answer: Answer) {
        self.sent += 1;
        if !self.is_usable(&answer) {
            return;
        }
        if answer.is_refused() {
            self.refusal = answer.status;
        }
        match self.stage {
            Stage::Flood => self.flooded(answer),
            Stage::Before(_) => self.came_before(answer),
            Stage::After(_) => self.came_after(answer),
            Stage::Rest(_) | Stage::Middle(_) => {
                self.stage = Stage::Flood;
                self.flooded(answer);
            }
            Stage::Again(_) => {
                self.rounds.push(Round::new(answer.sent_at));
                self.stage = Stage::Flood;
                self.flooded(answer);
            }
            Stage::Fresh(_) => {
                self.rounds.push(Round::new(answer.sent_at));
                self.stage = Stage::Half;
                self.halved(answer);
            }
            Stage::Half => self.halved(answer),
            Stage::Over => {}
        }
    }

    /// Ends it here: the report says what is known so far.
    pub fn cut(&mut self) {
        if self.stage != Stage::Over {
            self.end(Stop::Cut);
        }
    }

    fn is_usable(&mut self, answer: &Answer) -> bool {
        let unusable = match answer.status {
            None => {
                self.unanswered += 1;
                self.unanswered >= 5
            }
            Some(401 | 404 | 405) => true,
            Some(403) => !answer.is_refused(),
            Some(_) => {
                self.unanswered = 0;
                false
            }
        };
        if unusable {
            self.end(Stop::Unusable(answer.status));
        }
        !unusable && answer.status.is_some()
    }

    fn end(&mut self, stop: Stop) {
        self.stop = Some(stop);
        self.stage = Stage::Over;
    }

    fn round(&mut self, sent_at: Timestamp) -> &mut Round {
        if self.rounds.is_empty() {
            self.rounds.push(Round::new(sent_at));
        }
        self.rounds.last_mut().expect("one was just made if there was none")
    }

    fn flooded(&mut self, answer: Answer) {
        let most = self.limits.most;
        let round = self.round(answer.sent_at);
        if answer.is_refused() {
            round.refused_at = Some(answer.sent_at);
            round.retry_after = answer.retry_after;
            self.refused(answer);
        } else {
            round.admitted += 1;
            if round.admitted >= most {
                self.end(Stop::NeverRefused);
            }
        }
    }

    /// The end of a round: what comes next depends on which it was.
    fn refused(&mut self, answer: Answer) {
        if self.window.is_none() {
            self.window = self.between_releases();
        }
        self.tell_kind();
        let number = self.rounds.len() - 1;
        if number == LAST || self.refills {
            self.stage = Stage::Over;
            return;
        }
        let Some(wait) = answer.retry_after else { return self.end(Stop::NoRetryAfter) };
        if wait > self.limits.longest_wait {
            return self.end(Stop::TooLongToWait);
        }
        let release = answer.sent_at.plus(wait);
        // Whole seconds are rounded up, so being admitted within the last one
        // is no lie.
        let early = Duration::from_secs(1) + self.limits.margin;
        self.stage = if number < HALVES && wait > early + self.limits.margin {
            Stage::Before(release.minus(early))
        } else {
            Stage::After(release.plus(self.limits.margin))
        };
    }

    /// Whether the second round admitted much less than the first: the budget
    /// comes back drop by drop, or the first crossed the end of a fixed window.
    fn is_suspicious(&self) -> bool {
        matches!(self.rounds.as_slice(), [first, second] if second.admitted * 4 < first.admitted * 3)
    }

    /// After three windows more a bucket has gained more than in the time
    /// before, a fixed window has not (but for the one call after the wait).
    fn tell_kind(&mut self) {
        let [first, second, third] = self.rounds.as_slice() else { return };
        if second.admitted * 4 >= first.admitted * 3 {
            return;
        }
        if (third.admitted + 1) * 20 > second.admitted * 23 + 20 {
            self.refills = true;
        } else {
            self.crossed = Some(self.rounds.remove(0));
        }
    }

    fn came_before(&mut self, answer: Answer) {
        let margin = self.limits.margin;
        if let Some(round) = self.rounds.last_mut() {
            round.admitted_before = Some(!answer.is_refused());
            if let Some(release) = round.release() {
                self.stage = Stage::After(release.plus(margin));
            }
        }
    }

    fn came_after(&mut self, answer: Answer) {
        let number = self.rounds.len() - 1;
        let margin = self.limits.margin;
        if answer.is_refused() {
            let round = &mut self.rounds[number];
            round.tries_after += 1;
            // A call that was admitted too early took what this one was promised.
            round.refused_after |= round.admitted_before != Some(true);
            let again = round.tries_after < 4;
            match answer.retry_after {
                None => self.end(Stop::NoRetryAfter),
                Some(wait) if wait > self.limits.longest_wait => self.end(Stop::TooLongToWait),
                Some(wait) if again => self.stage = Stage::After(answer.sent_at.plus(wait).plus(margin)),
                Some(_) => self.end(Stop::NeverReleased),
            }
            return;
        }
        let last = self.rounds[number];
        if number == 1 {
            // Whole windows more: then all is free, and a fixed window begins
            // right there.
            let window = self.window.unwrap_or_default();
            let begin = last.release().unwrap_or(answer.sent_at).plus(margin);
            self.stage = if self.is_suspicious() {
                // A quarter in, since whole seconds add up to a drift.
                Stage::Again(begin.plus(window * 3 + window / 4))
            } else {
                Stage::Fresh(begin.plus(window))
            };
            return;
        }
        self.rounds.push(Round { admitted: 1, ..Round::new(answer.sent_at) });
        let used = last.refused_at.map_or(Duration::ZERO, |at| at.since(last.began));
        self.stage = if number == 0 { Stage::Rest(answer.sent_at.plus(used)) } else { Stage::Flood };
    }

    /// From one release to the next.
    fn between_releases(&self) -> Option<Duration> {
        let (first, second) = (self.rounds.first()?.release()?, self.rounds.get(1)?.release()?);
        (second > first).then(|| second.since(first))
    }

    fn halved(&mut self, answer: Answer) {
        let half = (self.rounds[1].admitted / 2).max(1);
        let window = self.window.unwrap_or_default();
        let round = self.round(answer.sent_at);
        if answer.is_refused() {
            // Somebody else uses the same budget: the kind stays unknown.
            self.stage = Stage::Over;
            return;
        }
        round.admitted += 1;
        if round.admitted >= half {
            self.stage = Stage::Middle(round.began.plus(window / 2));
        }
    }
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
