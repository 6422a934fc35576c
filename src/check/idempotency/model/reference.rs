//! A service in memory that keeps what it promises, and one for each way not
//! to: what the model is tried on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Answer, Asked, Attempt, Event, History, Written};
use crate::clock::Timestamp;
use crate::generate::Item;
use crate::generate::sequence::{Edge, Move, Part, SequenceSpec, Submission, Trouble};

/// The window that the reference promises.
pub(super) const WINDOW: Duration = Duration::from_hours(24);

/// Ways to break a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mutant {
    Race,
    ReplaysOtherContent,
    RemembersFailure,
    ForgetsEarly,
    KeyOrderMatters,
    SwallowsNewItems,
    SharesPrincipals,
    ForgetsOnRestart,
    ExecutesWhileRunning,
    ReplayDiffers,
    LosesAnEffect,
    CommitsTwice,
    StuckAfterClientLeft,
    Collides,
}

impl Mutant {
    pub(super) const ALL: [Self; 14] = [
        Self::Race,
        Self::ReplaysOtherContent,
        Self::RemembersFailure,
        Self::ForgetsEarly,
        Self::KeyOrderMatters,
        Self::SwallowsNewItems,
        Self::SharesPrincipals,
        Self::ForgetsOnRestart,
        Self::ExecutesWhileRunning,
        Self::ReplayDiffers,
        Self::LosesAnEffect,
        Self::CommitsTwice,
        Self::StuckAfterClientLeft,
        Self::Collides,
    ];
}

/// Principal, step, item.
type Place = (u8, u8, u8);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running { stuck: bool },
    Done,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    content: u8,
    state: State,
    at: u64,
}

pub(super) struct Service {
    mutant: Option<Mutant>,
    rng: ChaCha8Rng,
    now: u64,
    known: HashMap<Place, Known>,
    trouble: Option<Trouble>,
    /// Answers that are given again whatever comes: a fault of its own.
    remembered: Vec<Submission>,
    answers: u64,
    history: History,
    calls: usize,
    /// What each call was shown, by its number.
    pub(super) shown: Vec<u64>,
}

impl Service {
    /// Plays a sequence with some interleaving, and what is asked again at its
    /// end.
    pub(super) fn play(spec: &SequenceSpec, seed: u64, mutant: Option<Mutant>) -> (History, Vec<u64>) {
        let history = History { quiet: true, watched: true, ..History::default() };
        let (known, remembered, shown) = (HashMap::new(), Vec::new(), Vec::new());
        let rng = ChaCha8Rng::seed_from_u64(seed);
        let (trouble, now, answers, calls) = (None, 0, 0, 0);
        let mut service = Self { mutant, rng, now, known, trouble, remembered, answers, history, calls, shown };
        spec.moves.iter().for_each(|step| service.step(step));
        service.heal();
        let mut again: Vec<Submission> = Vec::new();
        for call in spec.moves.iter().filter_map(Move::submission) {
            if !again.iter().any(|known| known.asks_the_same(call)) {
                again.push(Submission { respelled: false, leaves: None, retries: true, ..call.clone() });
            }
        }
        for call in &again {
            service.group(call, 1);
        }
        (service.history, service.shown)
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    fn step(&mut self, step: &Move) {
        match step {
            Move::Call(call) => self.group(call, 1),
            Move::Together(call, copies) => self.group(call, usize::from(*copies)),
            Move::Unfollowed(call) => self.unseen(call, Answer::Accepted),
            Move::Fault(trouble) => {
                self.trouble = Some(*trouble);
                self.history.events.push(Event::Fault);
            }
            Move::Heal => self.heal(),
            Move::Restart => {
                self.finish();
                if self.is(Mutant::ForgetsOnRestart) {
                    self.known.clear();
                }
            }
            Move::Wait(edge) => {
                let span = WINDOW.as_millis() as u64;
                self.now += if *edge == Edge::Inside { span - 900_000 } else { span + 60_000 };
            }
        }
    }

    fn heal(&mut self) {
        self.trouble = None;
        self.history.events.push(Event::Healed);
    }

    /// Whatever runs in the background ends now, or was lost.
    fn finish(&mut self) {
        let running: Vec<(Place, Known)> = self
            .known
            .iter()
            .filter(|(_, k)| k.state == State::Running { stuck: false })
            .map(|(p, k)| (*p, *k))
            .collect();
        let mut running = running;
        running.sort_by_key(|(place, _)| *place);
        for (place, known) in running {
            if self.rng.random_bool(0.5) {
                self.write(place.2);
                self.known.insert(place, Known { state: State::Done, ..known });
            } else {
                self.known.remove(&place);
            }
        }
    }

    fn place(&self, call: &Submission, part: Part) -> Place {
        let principal = if self.is(Mutant::SharesPrincipals) { 0 } else { call.principal };
        (principal, call.step, part.item)
    }

    fn write(&mut self, item: u8) {
        self.now += 1;
        let sequence = self.history.effects.len() as u64 + 1;
        let at = Timestamp::from_seconds(0).plus(Duration::from_millis(self.now));
        self.history.effects.push(Written { key: format!("row-{item}"), at, sequence, over_others: false });
    }

    /// A call whose caller does not learn what came of it.
    fn unseen(&mut self, call: &Submission, answer: Answer) {
        let sent = self.now;
        let fate = self.rng.random_range(0..3);
        if fate == 0 {
            self.attempt(call);
        } else if fate == 1 && self.free(call) {
            let stuck = self.is(Mutant::StuckAfterClientLeft) && answer == Answer::Lost;
            for part in &call.parts {
                let (place, at) = (self.place(call, *part), self.now);
                self.known.entry(place).or_insert(Known { content: part.content, state: State::Running { stuck }, at });
            }
        }
        let attempt = self.told(sent, answer, "no answer");
        let asked = self.asked(call, vec![attempt]);
        self.history.events.push(Event::Calls(vec![asked]));
    }

    /// Whether nothing of a call runs or conflicts.
    fn free(&mut self, call: &Submission) -> bool {
        self.forget();
        call.parts.iter().all(|part| {
            self.known.get(&self.place(call, *part)).is_none_or(|k| k.state == State::Done && k.content == part.content)
        })
    }

    fn group(&mut self, call: &Submission, copies: usize) {
        if call.leaves.is_some() {
            return self.unseen(call, Answer::Lost);
        }
        // One is first; of the others some come while it runs.
        let late = self.rng.random_range(0..=copies);
        let (mut asked, mut late_calls) = (Vec::new(), Vec::new());
        let begin = self.now;
        let fresh = self.free(call) && call.parts.iter().any(|p| !self.known.contains_key(&self.place(call, *p)));
        for copy in 0..copies {
            let overlaps = copy > 0 && copy >= late && fresh && self.trouble.is_none();
            let mut attempts = Vec::new();
            if overlaps && !self.is(Mutant::Race) {
                let answer = if self.is(Mutant::Collides) { failed(500) } else { Answer::Running };
                attempts.push(self.told(begin, answer, "503 in_progress"));
                if call.retries {
                    late_calls.push((asked.len(), attempts.clone()));
                }
            } else {
                if overlaps {
                    call.parts.iter().for_each(|part| self.write(part.item));
                }
                self.persist(call, begin, &mut attempts);
            }
            asked.push(self.asked(call, attempts));
        }
        // Whoever retries comes again when the first is done.
        for (place, mut attempts) in late_calls {
            let now = self.now;
            self.persist(call, now, &mut attempts);
            asked[place].attempts = attempts;
        }
        self.now += 10;
        self.history.events.push(Event::Calls(asked));
    }

    /// Attempts until it is done, or the caller gives up.
    fn persist(&mut self, call: &Submission, begin: u64, attempts: &mut Vec<Attempt>) {
        for retry in 0..6 {
            let sent = if retry == 0 { begin } else { self.now };
            let answer = self.attempt(call);
            let again = matches!(answer, Answer::Running | Answer::Failed { .. });
            attempts.push(self.told(sent, answer, "answered"));
            if !(again && call.retries) {
                return;
            }
            self.now += 1000;
            self.finish();
        }
    }

    fn forget(&mut self) {
        let early = if self.is(Mutant::ForgetsEarly) { 3_600_000 } else { 0 };
        let (now, window) = (self.now, WINDOW.as_millis() as u64 - early);
        self.known.retain(|_, known| now - known.at < window);
    }

    fn attempt(&mut self, call: &Submission) -> Answer {
        self.now += 3;
        self.forget();
        if self.remembered.iter().any(|known| known.asks_the_same(call)) {
            return failed(503);
        }
        let standing = |part: &Part| self.known.get(&self.place(call, *part)).copied();
        let other = |part: &&Part| standing(part).is_some_and(|k| k.content != part.content);
        let respelled = self.is(Mutant::KeyOrderMatters) && call.respelled;
        let odd = respelled && call.parts.iter().any(|part| standing(part).is_some());
        if odd || (call.parts.iter().any(|p| other(&p)) && !self.is(Mutant::ReplaysOtherContent)) {
            return Answer::Conflict;
        }
        let runs = |part: &Part| standing(part).is_some_and(|k| matches!(k.state, State::Running { .. }));
        if call.parts.iter().any(runs) && !self.is(Mutant::ExecutesWhileRunning) {
            return Answer::Running;
        }
        let known = call.parts.iter().any(|part| standing(part).is_some());
        let swallowed = self.is(Mutant::SwallowsNewItems) && known;
        self.execute(call, swallowed)
    }

    fn execute(&mut self, call: &Submission, swallowed: bool) -> Answer {
        let fails_at = match self.trouble {
            Some(Trouble::Fails { after } | Trouble::Throttles { after }) => Some(usize::from(after)),
            _ => None,
        };
        for (number, part) in call.parts.iter().enumerate() {
            let place = self.place(call, *part);
            if self.known.get(&place).is_some_and(|k| k.state == State::Done) {
                continue;
            }
            if fails_at.is_some_and(|at| number >= at) {
                if self.is(Mutant::RemembersFailure) {
                    self.remembered.push(call.clone());
                }
                return failed(503);
            }
            let lost = self.is(Mutant::LosesAnEffect) && number == 2;
            if !swallowed && !lost {
                self.write(part.item);
            }
            if matches!(self.trouble, Some(Trouble::AnswerLost { .. })) && self.is(Mutant::CommitsTwice) {
                self.write(part.item);
            }
            // Whoever was at it ends as well.
            if matches!(self.known.get(&place).map(|k| k.state), Some(State::Running { .. })) {
                self.write(part.item);
            }
            let at = self.known.get(&place).map_or(self.now, |known| known.at);
            self.known.insert(place, Known { content: part.content, state: State::Done, at });
        }
        Answer::Done(Vec::new())
    }

    fn told(&mut self, sent: u64, answer: Answer, words: &str) -> Attempt {
        self.now += 2;
        let at = |ms: u64| Timestamp::from_seconds(0).plus(Duration::from_millis(ms));
        Attempt { sent: at(sent), done: at(self.now), answer, words: words.to_owned() }
    }

    fn asked(&mut self, call: &Submission, attempts: Vec<Attempt>) -> Asked {
        let number = self.calls;
        self.calls += 1;
        self.answers += 1;
        let once = if self.is(Mutant::ReplayDiffers) { self.answers } else { 0 };
        self.shown.push(once);
        let item = |part: &Part| Item { id: format!("row-{}", part.item).into(), content: u64::from(part.content) };
        Asked {
            number,
            role: "call",
            principal: format!("client-{}", call.principal).into(),
            operation: "submitBatch".into(),
            version: "v1".into(),
            step: (call.step > 0).then(|| Arc::from(format!("step-{}", call.step))),
            items: call.parts.iter().map(item).collect(),
            patient: call.retries,
            attempts,
        }
    }
}

fn failed(status: u16) -> Answer {
    Answer::Failed { status, name: None, by_service: true }
}
