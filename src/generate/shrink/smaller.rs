//! A case along its way to a smaller one.

use super::book::{Book, Slot};
use super::cut::Cut;
use super::edit::Change;
use super::propose;
use crate::generate::canonical;
use crate::generate::payload::Draft;
use crate::generate::sequence::{self, SequenceSpec};
use crate::generate::{Case, CaseKey, CaseKind, CouldNotMake, Generators, Nonce, Pools, Seed, ShrinkPath};

/// What a case is made from.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    pub(super) generators: &'s Generators,
    pub(super) seed: Seed,
    pub(super) pools: &'s Pools,
}

/// What was taken so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    path: ShrinkPath,
    drafts: Vec<(Slot, Draft)>,
    cuts: Vec<Cut>,
    sequence: Option<SequenceSpec>,
}

/// A case, and what it is made of.
pub(super) struct Stage {
    pub(super) case: Case,
    used: Vec<(Slot, Draft)>,
}

/// One way to make it smaller.
#[derive(Debug)]
pub(super) struct Candidate {
    /// What it belongs to.
    pub(super) group: String,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Cut(Cut),
    Change(usize, Change),
    Sequence(SequenceSpec),
}

impl Source<'_> {
    /// Makes the case with what was taken.
    pub(super) fn stage(&self, key: &CaseKey, taken: &Taken, nonce: &Nonce) -> Result<Stage, CouldNotMake> {
        let book = Book::of(taken.drafts.clone(), taken.sequence.clone());
        let mut case = self.generators.made_with(&key.whole(), self.seed, (nonce, self.pools), Some(&book))?;
        for cut in &taken.cuts {
            cut.apply(&mut case).ok_or_else(|| CouldNotMake::new(key.to_string(), "its steps can't be cut so"))?;
        }
        if !taken.path.is_empty() {
            case.key.shrunk = taken.path.clone();
            case.title.push_str(", made smaller");
        }
        Ok(Stage { case, used: book.used() })
    }

    /// The ways to make it smaller, in a stable order.
    pub(super) fn candidates(&self, taken: &Taken, stage: &Stage) -> Vec<Candidate> {
        let of_steps = |way| Candidate { group: "steps".to_owned(), way };
        let mut found: Vec<Candidate> = Cut::all(&stage.case).into_iter().map(|cut| of_steps(Way::Cut(cut))).collect();
        if stage.case.key.kind == CaseKind::Sequence {
            let drawn = || self.generators.sequence(&stage.case.key, self.seed).ok();
            let smaller = taken.sequence.clone().or_else(drawn).map_or_else(Vec::new, |spec| sequence::shrink(&spec));
            found.extend(smaller.into_iter().map(|spec| of_steps(Way::Sequence(spec))));
        }
        for (number, (slot, draft)) in stage.used.iter().enumerate() {
            let Ok(operation) = self.generators.operation(&slot.operation) else { continue };
            let openapi = &self.generators.contract().openapi;
            let changes = propose::changes(operation, openapi, draft, slot.target.as_ref());
            found.extend(changes.into_iter().map(|proposal| Candidate {
                group: format!("{number} {}", proposal.group),
                way: Way::Change(number, proposal.change),
            }));
        }
        found
    }

    /// Follows a path from the case it began with.
    pub(super) fn follow(&self, key: &CaseKey, nonce: &Nonce) -> Result<Taken, CouldNotMake> {
        let mut taken = Taken::default();
        for step in &key.shrunk.0 {
            let stage = self.stage(key, &taken, nonce)?;
            let candidates = self.candidates(&taken, &stage);
            let next = candidates.get(*step as usize).and_then(|c| taken.with(c, *step, &stage));
            taken = next.ok_or_else(|| CouldNotMake::new(key.to_string(), "the contract has no such smaller case"))?;
        }
        Ok(taken)
    }
}

impl Taken {
    /// What was taken with one candidate more; none where it leads nowhere.
    pub(super) fn with(&self, candidate: &Candidate, number: u32, stage: &Stage) -> Option<Self> {
        let mut taken = Self { path: self.path.then(number), ..self.clone() };
        match &candidate.way {
            Way::Cut(cut) => taken.cuts.push(*cut),
            Way::Sequence(spec) => taken.sequence = Some(spec.clone()),
            Way::Change(number, change) => {
                let (slot, draft) = stage.used.get(*number)?;
                let smaller = change.of(draft, slot.target.as_ref())?;
                match taken.drafts.iter_mut().find(|(known, _)| known == slot) {
                    Some((_, draft)) => *draft = smaller,
                    None => taken.drafts.push((slot.clone(), smaller)),
                }
            }
        }
        Some(taken)
    }

    /// The key of the case.
    pub(super) fn key(&self, key: &CaseKey) -> CaseKey {
        CaseKey { shrunk: self.path.clone(), ..key.clone() }
    }
}

impl Stage {
    /// What fails, with `*` for every index: shrinking moves elements.
    pub(super) fn labels(&self) -> Vec<String> {
        let star = |token: &str| if token.parse::<usize>().is_ok() { "*".to_owned() } else { token.to_owned() };
        let place = |at: &str| at.split('/').map(star).collect::<Vec<_>>().join("/");
        self.case.labels.iter().map(|label| format!("{} {}", label.keyword, place(&label.at))).collect()
    }

    /// Equal for cases that send the same.
    pub(super) fn content(&self) -> u64 {
        let mut all: Vec<u8> = Vec::new();
        for step in &self.case.steps {
            all.extend(format!("{:?}", std::mem::discriminant(step)).into_bytes());
        }
        for call in self.case.calls() {
            let request = &call.request;
            all.extend(format!("\n{} {} {:?}\n", request.method, request.target, call.caller).into_bytes());
            request.headers.iter().for_each(|(name, value)| all.extend(format!("{name}: {value}\n").into_bytes()));
            match request.body.bytes() {
                Some(bytes) => all.extend_from_slice(bytes),
                None => all.extend(request.body.len().to_be_bytes()),
            }
        }
        canonical::hash(&all)
    }
}

impl Generators {
    /// Makes a case along the path in its key.
    pub(in crate::generate) fn made_smaller(
        &self,
        key: &CaseKey,
        seed: Seed,
        (nonce, pools): (&Nonce, &Pools),
    ) -> Result<Case, CouldNotMake> {
        let source = Source { generators: self, seed, pools };
        let taken = source.follow(key, nonce)?;
        source.stage(key, &taken, nonce).map(|stage| stage.case)
    }
}

/// How large a case is, in bytes of content.
pub(super) fn size(case: &Case) -> u64 {
    case.calls().map(|call| call.request.body.len()).sum()
}
