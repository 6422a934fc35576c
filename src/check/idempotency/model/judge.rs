//! The state machine: goes through a history and says what breaks a promise.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::item::Standing;
use super::{Answer, Asked, Attempt, Event, History, Kind, Violation};
use crate::contract::behaviour::{Idempotency, OtherContent, RunningPolicy, SameContent, Scope};
use crate::generate::Item;

/// How two calls' answers differ: what was expected and what came; `None`
/// where they are the same. Calls are named by their numbers.
pub(in crate::check::idempotency) type Differ<'d> = &'d dyn Fn(usize, usize) -> Option<(String, String)>;

/// Judges a history. `keyed`: items are rows of what is written, so that
/// effects can be counted item by item.
pub(in crate::check::idempotency) fn judge(
    promise: &Idempotency,
    keyed: bool,
    history: &History,
    differ: Differ<'_>,
) -> Vec<Violation> {
    let (items, bases, violations) = (HashMap::new(), Vec::new(), Vec::new());
    let mut judge = Judge {
        promise,
        keyed,
        differ,
        quiet: history.quiet,
        watched: history.watched,
        items,
        bases,
        faults: 0,
        violations,
    };
    for event in &history.events {
        match event {
            Event::Fault => judge.faults += 1,
            Event::Healed => judge.healed(),
            Event::Calls(calls) => judge.calls(calls),
        }
    }
    judge.effects(history);
    judge.violations
}

/// What makes two items of two calls one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    principal: Option<Arc<str>>,
    operation: Option<Arc<str>>,
    version: Option<Arc<str>>,
    step: Option<Arc<str>>,
    item: Option<String>,
    content: Option<u64>,
}

/// A success whose repetition must look the same.
struct Base<'a> {
    call: &'a Asked,
    sent: crate::clock::Timestamp,
}

struct Judge<'a> {
    promise: &'a Idempotency,
    keyed: bool,
    differ: Differ<'a>,
    quiet: bool,
    watched: bool,
    items: HashMap<Key, Standing>,
    bases: Vec<Base<'a>>,
    /// Faults that were armed so far; 1 << 16 and more: all are cleared.
    faults: u32,
    violations: Vec<Violation>,
}

/// Added to the count of faults when they are cleared.
const CLEARED: u32 = 1 << 16;

impl<'a> Judge<'a> {
    fn healed(&mut self) {
        self.faults = if self.faults.is_multiple_of(CLEARED) { self.faults } else { CLEARED };
    }

    /// Whether a fault of the sequence is in the way now.
    fn troubled(&self) -> bool {
        !self.faults.is_multiple_of(CLEARED)
    }

    /// Whether nothing ever went wrong behind the service.
    fn untroubled(&self) -> bool {
        self.faults == 0 && self.quiet && self.watched
    }

    fn key(&self, call: &Asked, item: &Item) -> Key {
        let within = |scope, value: &Arc<str>| self.promise.scope.contains(&scope).then(|| value.clone());
        let id = if self.keyed { item.id.to_ascii_lowercase() } else { item.id.to_string() };
        Key {
            principal: within(Scope::Principal, &call.principal),
            operation: within(Scope::Operation, &call.operation),
            version: within(Scope::Version, &call.version),
            step: call.step.clone(),
            item: self.promise.item.as_ref().map(|_| id),
            content: matches!(self.promise.other_content, Some(OtherContent::Executed)).then_some(item.content),
        }
    }

    fn standing(&mut self, call: &Asked, item: &Item) -> &mut Standing {
        let key = self.key(call, item);
        self.items.entry(key).or_default()
    }

    fn calls(&mut self, calls: &'a [Asked]) {
        let together = calls.len() > 1;
        if together {
            for (call, attempt) in calls.iter().filter_map(|call| Some((call, call.attempts.last()?))) {
                let sent = attempt.sent;
                for item in &call.items {
                    let standing = self.standing(call, item);
                    if standing.done.is_none() {
                        standing.running = true;
                        if !standing.contents.contains(&item.content) {
                            standing.contents.push(item.content);
                        }
                        standing.born.get_or_insert(sent);
                    }
                }
            }
        }
        let before: Vec<(Key, Option<u64>)> = self.items.iter().map(|(k, s)| (k.clone(), s.done)).collect();
        let known: HashMap<Key, Option<u64>> = before.into_iter().collect();
        let mut succeeded = false;
        for call in calls {
            for attempt in &call.attempts {
                succeeded |= matches!(attempt.answer, Answer::Done(_));
                self.attempt(call, attempt, &known, together);
            }
        }
        if together && succeeded {
            self.collisions(calls);
        }
    }

    /// One attempt. `known`: what was certain before this call and those beside
    /// it.
    fn attempt(&mut self, call: &'a Asked, attempt: &'a Attempt, known: &HashMap<Key, Option<u64>>, together: bool) {
        let window = self.promise.window;
        let doubted = self.troubled() || matches!(attempt.answer, Answer::Failed { .. });
        for item in &call.items {
            let standing = self.standing(call, item);
            standing.meet(attempt.done, window);
            standing.doubted |= doubted;
        }
        let last = call.attempts.last().is_some_and(|last| std::ptr::eq(last, attempt));
        match &attempt.answer {
            Answer::Neutral | Answer::Refused | Answer::Repeated => {}
            Answer::Conflict => self.conflict(call, attempt),
            Answer::Running => {
                self.running(call, attempt, together);
                self.maybe(call, attempt, false);
            }
            Answer::Failed { .. } | Answer::Accepted | Answer::Lost => self.maybe(call, attempt, true),
            Answer::Done(undone) => self.done(call, attempt, undone, known),
        }
        let refused = matches!(attempt.answer, Answer::Running | Answer::Failed { by_service: true, .. });
        if last && call.patient && refused && !self.troubled() && self.quiet {
            let expected = "a success: nothing is in the way any more".to_owned();
            let actual = format!("{} after {} attempts", attempt.words, call.attempts.len());
            self.violate(Kind::Stuck, call, None, (expected, actual));
        }
    }

    /// Whatever it asked for may be done, or being done.
    fn maybe(&mut self, call: &Asked, attempt: &Attempt, running: bool) {
        for item in &call.items {
            let standing = self.standing(call, item);
            if standing.done.is_none() {
                standing.may_execute(item.content, attempt.sent);
                standing.running |= running;
            }
        }
    }

    fn conflict(&mut self, call: &Asked, attempt: &Attempt) {
        let may = call.items.iter().any(|item| self.standing(call, item).may_conflict(item.content));
        if !may {
            let expected = "no conflict: the ID was never sent with other content of these items".to_owned();
            self.violate(Kind::NoConflict, call, call.items.first(), (expected, attempt.words.clone()));
        }
        // What is beside the conflict may have been executed or not: nobody says.
        let beside: Vec<&Item> =
            call.items.iter().filter(|item| !self.standing(call, item).may_conflict(item.content)).collect();
        for item in beside {
            let standing = self.standing(call, item);
            if standing.done.is_none() {
                standing.may_execute(item.content, attempt.sent);
            }
        }
    }

    fn running(&mut self, call: &Asked, attempt: &Attempt, together: bool) {
        let may = together
            || call.items.iter().any(|item| {
                let standing = self.standing(call, item);
                standing.running || standing.open
            });
        if !may {
            let expected = "no refusal as running: nothing is under way".to_owned();
            self.violate(Kind::NotRunning, call, call.items.first(), (expected, attempt.words.clone()));
        }
    }

    fn done(&mut self, call: &'a Asked, attempt: &'a Attempt, undone: &[usize], known: &HashMap<Key, Option<u64>>) {
        let typed = matches!(self.promise.other_content, Some(OtherContent::Type(_)));
        for (place, item) in call.items.iter().enumerate() {
            if undone.contains(&place) {
                let standing = self.standing(call, item);
                if standing.done.is_none() {
                    standing.may_execute(item.content, attempt.sent);
                }
                continue;
            }
            let key = self.key(call, item);
            let certain = known.get(&key).copied().flatten();
            let standing = self.items.entry(key).or_default();
            let other = standing.done.is_some() && certain.is_some_and(|content| content != item.content);
            if other && !typed {
                standing.open = true;
                standing.done = None;
            }
            standing.is_done(item.content, attempt.sent);
            if other && typed {
                // What was certain stays so: it was the answer that was wrong.
                standing.done = certain;
                let expected = match &self.promise.other_content {
                    Some(OtherContent::Type(name)) => format!("`{name}`: the item was done with other content"),
                    _ => String::new(),
                };
                self.violate(Kind::OtherContentTaken, call, Some(item), (expected, attempt.words.clone()));
            }
        }
        if undone.is_empty() {
            self.repeat(call, attempt);
        }
    }

    /// Compares a success with the first of the same call.
    fn repeat(&mut self, call: &'a Asked, attempt: &'a Attempt) {
        if self.promise.same_content != SameContent::SameResult {
            return;
        }
        let unsure = |standing: &Standing| standing.aged || standing.open;
        if call.items.iter().any(|item| unsure(self.standing(call, item))) {
            return;
        }
        let same = |base: &&Base<'_>| {
            let earlier = base.call;
            (&earlier.principal, &earlier.operation, &earlier.version, &earlier.step, &earlier.items)
                == (&call.principal, &call.operation, &call.version, &call.step, &call.items)
        };
        match self.bases.iter().find(same) {
            None => self.bases.push(Base { call, sent: attempt.sent }),
            Some(base) if attempt.done.since(base.sent) >= self.promise.window => {}
            Some(base) => {
                if let Some((expected, actual)) = (self.differ)(base.call.number, call.number) {
                    self.violate(Kind::Differs, call, None, (expected, actual));
                }
            }
        }
    }

    /// Calls released together, of which some succeeded: a failure that nothing
    /// behind the service explains is a collision.
    fn collisions(&mut self, calls: &[Asked]) {
        if !self.untroubled() || self.promise.while_running.is_none() {
            return;
        }
        let expected = match &self.promise.while_running {
            Some(RunningPolicy::Type(name)) => format!("a success or `{name}`"),
            Some(RunningPolicy::Waits) => "the same after waiting".to_owned(),
            _ => "the same Location".to_owned(),
        };
        for call in calls {
            let failed = call
                .attempts
                .iter()
                .find(|a| matches!(a.answer, Answer::Failed { status: 500..=503, by_service: true, .. }));
            if let Some(attempt) = failed {
                self.violate(Kind::Collision, call, None, (expected.clone(), attempt.words.clone()));
            }
        }
    }

    fn effects(&mut self, history: &History) {
        let mut written: BTreeMap<String, Vec<&super::Written>> = BTreeMap::new();
        for effect in &history.effects {
            written.entry(effect.key.to_ascii_lowercase()).or_default().push(effect);
        }
        written.values_mut().for_each(|effects| effects.sort_by_key(|effect| effect.sequence));
        for (row, effects) in &written {
            let most = self.most_on(row, effects);
            if effects.len() as u64 > u64::from(most) {
                self.excess(history, row, effects, most);
            }
        }
        if self.keyed && !history.unmarked {
            self.lost(history, &written);
        }
    }

    /// How many effects a row may have. Whoever can't tell what became of a
    /// write looks at the row, and writes again where it holds somebody else's
    /// by now.
    fn most_on(&self, row: &str, effects: &[&super::Written]) -> u32 {
        let may = |s: &Standing| if s.open { u32::MAX / 4096 } else { s.most };
        let doubted = |s: &Standing| u32::from(s.doubted);
        let (most, doubted, alone) = if self.keyed {
            (self.of_row(row, may), self.of_row(row, doubted), self.of_row(row, |_| 1) <= 1)
        } else {
            (self.items.values().map(may).sum(), self.items.values().map(doubted).sum(), true)
        };
        let theirs = effects.iter().any(|effect| effect.over_others);
        if theirs || !alone { most + doubted } else { most }
    }

    fn of_row(&self, row: &str, count: impl Fn(&Standing) -> u32) -> u32 {
        self.items.iter().filter(|(key, _)| key.item.as_deref() == Some(row)).map(|(_, s)| count(s)).sum()
    }

    fn excess(&mut self, history: &History, row: &str, effects: &[&super::Written], most: u32) {
        let first = effects.get(most as usize).or(effects.last()).copied();
        let calls = || history.events.iter().flat_map(|e| if let Event::Calls(calls) = e { &calls[..] } else { &[] });
        let asks = |call: &&Asked| !self.keyed || call.items.iter().any(|item| item.id.eq_ignore_ascii_case(row));
        let during = |call: &&Asked| {
            first.is_some_and(|effect| call.attempts.iter().any(|a| a.sent <= effect.at && effect.at <= a.done))
        };
        let sent = |call: &&Asked| first.is_some_and(|effect| call.attempts.iter().any(|a| a.sent <= effect.at));
        let shown = calls().rev().filter(asks).find(during);
        let Some(call) = shown.or_else(|| calls().rev().filter(asks).find(sent)).or_else(|| calls().next_back()) else {
            return;
        };
        let violation = Violation {
            kind: Kind::Excess,
            call: call.number,
            role: call.role,
            item: Some(row.to_owned()),
            expected: format!("at most {most} on row {row}"),
            actual: format!("{} effects on row {row}", effects.len()),
            effects: effects.iter().map(|effect| effect.sequence).collect(),
        };
        self.violations.push(violation);
    }

    fn lost(&mut self, history: &History, written: &BTreeMap<String, Vec<&super::Written>>) {
        let calls = history.events.iter().flat_map(|e| if let Event::Calls(calls) = e { &calls[..] } else { &[] });
        let mut told = Vec::new();
        for call in calls {
            for item in &call.items {
                let row = item.id.to_ascii_lowercase();
                let is_done = call.attempts.iter().any(|a| matches!(a.answer, Answer::Done(_)));
                let certain = self.of_row(&row, |standing| if standing.doubted { 0 } else { standing.least });
                let least = certain.max(self.of_row(&row, |standing| standing.least).min(1));
                let there = written.get(&row).map_or(0, |effects| effects.len() as u32);
                if is_done && there < least && !told.contains(&row) {
                    let expected = format!("at least {least} on row {row}");
                    let actual = format!("{there} effects on row {row}");
                    self.violate(Kind::Lost, call, Some(item), (expected, actual));
                    told.push(row);
                }
            }
        }
    }

    fn violate(&mut self, kind: Kind, call: &Asked, item: Option<&Item>, (expected, actual): (String, String)) {
        let item = item.map(|item| item.id.to_string());
        let violation =
            Violation { kind, call: call.number, role: call.role, item, expected, actual, effects: Vec::new() };
        self.violations.push(violation);
    }
}
