//! The search for a smallest case: which candidate comes next, from what the
//! plays so far showed.

use std::collections::{BTreeSet, HashSet};

use super::smaller::{Candidate, Source, Stage, Taken, size};
use crate::generate::{Case, CaseKey, CouldNotMake, Generators, Nonce, Pools, Seed};

/// Candidates that are made in vain before the search gives up: making them
/// costs no request, but time.
const MOST_IN_VAIN: usize = 600;

/// A search for a smallest case that still fails. It plays nothing: whoever
/// leads it asks for the [next](Self::next) case, plays it, and
/// [tells](Self::tell) whether it fails in the same way.
pub struct Search<'s> {
    source: Source<'s>,
    key: CaseKey,
    /// The case so far, with a nonce that no play has.
    stage: Stage,
    taken: Taken,
    candidates: Vec<Candidate>,
    /// The candidate that comes next.
    at: usize,
    /// Candidates in a row that led nowhere.
    passed: usize,
    pending: Option<(usize, Taken)>,
    known: HashSet<u64>,
    labels: BTreeSet<String>,
    played: u32,
    minimal: bool,
    /// Bytes of content at the start.
    began: u64,
}

impl<'s> Search<'s> {
    /// Begins with a case that fails.
    ///
    /// # Errors
    /// The case can't be made.
    pub fn new(generators: &'s Generators, key: &CaseKey, seed: Seed, pools: &'s Pools) -> Result<Self, CouldNotMake> {
        let source = Source { generators, seed, pools };
        let taken = source.follow(key, &nobody())?;
        let stage = source.stage(key, &taken, &nobody())?;
        let (candidates, labels) = (source.candidates(&taken, &stage), stage.labels().into_iter().collect());
        let (known, began) = (HashSet::from([stage.content()]), size(&stage.case));
        Ok(Self {
            source,
            key: key.whole(),
            stage,
            taken,
            candidates,
            at: 0,
            passed: 0,
            pending: None,
            known,
            labels,
            played: 0,
            minimal: false,
            began,
        })
    }

    /// The next case to play; none where every candidate of the smallest case
    /// so far was tried, or none can be made any more.
    pub fn next(&mut self, nonce: &Nonce) -> Option<Case> {
        for _ in 0..MOST_IN_VAIN {
            if self.passed >= self.candidates.len() {
                self.minimal = true;
                return None;
            }
            let number = self.at;
            self.at = (self.at + 1) % self.candidates.len();
            self.passed += 1;
            let Some(taken) = self.taken.with(&self.candidates[number], number as u32, &self.stage) else { continue };
            let Ok(stage) = self.source.stage(&self.key, &taken, &nobody()) else { continue };
            let astray = stage.labels().into_iter().any(|label| !self.labels.contains(&label));
            if astray || stage.case.labels.is_empty() != self.labels.is_empty() || !self.known.insert(stage.content()) {
                continue;
            }
            if let Ok(fresh) = self.source.stage(&self.key, &taken, nonce) {
                self.played += 1;
                self.pending = Some((number, taken));
                return Some(fresh.case);
            }
        }
        None
    }

    /// The last case once more, for a target that remembers under another
    /// nonce: what depends on a race may show at the second play.
    pub fn again(&mut self, nonce: &Nonce) -> Option<Case> {
        let (_, taken) = self.pending.as_ref()?;
        let stage = self.source.stage(&self.key, taken, nonce).ok()?;
        self.played += 1;
        Some(stage.case)
    }

    /// What the last case showed: whether it fails in the same way.
    pub fn tell(&mut self, fails: bool) {
        let Some((number, taken)) = self.pending.take().filter(|_| fails) else { return };
        let Ok(stage) = self.source.stage(&self.key, &taken, &nobody()) else { return };
        let group = std::mem::take(&mut self.candidates[number].group);
        self.candidates = self.source.candidates(&taken, &stage);
        let same = self.candidates.iter().position(|candidate| candidate.group == group);
        self.at = same.unwrap_or_else(|| number.min(self.candidates.len().saturating_sub(1)));
        self.passed = 0;
        (self.stage, self.taken) = (stage, taken);
    }

    /// The smallest case so far.
    pub fn key(&self) -> CaseKey {
        self.taken.key(&self.key)
    }

    /// How many cases were given out to be played.
    pub fn played(&self) -> u32 {
        self.played
    }

    /// Whether no candidate of the smallest case is left.
    pub fn is_minimal(&self) -> bool {
        self.minimal
    }

    /// Bytes of content at the start, and of the smallest case.
    pub fn sizes(&self) -> (u64, u64) {
        (self.began, size(&self.stage.case))
    }
}

/// The nonce of cases that are only compared.
fn nobody() -> Nonce {
    Nonce("smaller".into())
}
