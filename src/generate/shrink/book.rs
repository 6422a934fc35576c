//! The drafts that a case is made of: which were drawn, and which stand in
//! their place.

use std::cell::RefCell;
use std::sync::Arc;

use crate::generate::payload::{Aimed, Draft};
use crate::generate::sequence::SequenceSpec;

/// What names a draft within its case: whoever draws it twice gets it twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::generate) struct Slot {
    /// `operationId`.
    pub(in crate::generate) operation: Arc<str>,
    /// The seed it was drawn with.
    pub(in crate::generate) seed: u64,
    /// How many elements were asked for.
    pub(in crate::generate) items: Option<usize>,
    /// What it was aimed at.
    pub(in crate::generate) target: Option<Aimed>,
}

/// Drafts by their names, in the order in which a case uses them first.
#[derive(Debug, Default)]
pub(in crate::generate) struct Book {
    /// Those that are taken instead of being drawn.
    replaced: Vec<(Slot, Draft)>,
    /// Those that the case was made of, pools not filled in.
    used: RefCell<Vec<(Slot, Draft)>>,
    /// The sequence instead of the one that was drawn.
    sequence: Option<SequenceSpec>,
}

impl Book {
    /// In which these drafts stand in the place of drawn ones.
    pub(super) fn of(replaced: Vec<(Slot, Draft)>, sequence: Option<SequenceSpec>) -> Self {
        Self { replaced, used: RefCell::default(), sequence }
    }

    /// The sequence that is taken instead of drawing one.
    pub(in crate::generate) fn sequence(&self) -> Option<SequenceSpec> {
        self.sequence.clone()
    }

    /// The draft that is taken instead of drawing one.
    pub(in crate::generate) fn instead(&self, slot: &Slot) -> Option<Draft> {
        self.replaced.iter().find(|(known, _)| known == slot).map(|(_, draft)| draft.clone())
    }

    /// Notes that a case is made of a draft.
    pub(in crate::generate) fn note(&self, slot: Slot, draft: Draft) {
        let mut used = self.used.borrow_mut();
        if !used.iter().any(|(known, _)| *known == slot) {
            used.push((slot, draft));
        }
    }

    /// The drafts that the case was made of.
    pub(super) fn used(self) -> Vec<(Slot, Draft)> {
        self.used.into_inner()
    }
}
