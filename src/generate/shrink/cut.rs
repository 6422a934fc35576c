//! Fewer steps of a case. Only what leaves the promises of the other steps as
//! they are is cut: the end, further copies of the same call.

use crate::generate::{Case, CaseKind, Expect, Step};

/// One cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Only so many steps, the first ones.
    After(usize),
    /// A step's calls that are released together are so many.
    Copies(usize, usize),
    /// Without a step that only repeats an earlier call.
    Repeat(usize),
}

impl Cut {
    /// The cuts of a case, biggest leaps first.
    pub(super) fn all(case: &Case) -> Vec<Self> {
        // A drawn sequence is made smaller as a whole: its end settles what
        // its model is asked.
        if case.key.kind == CaseKind::Sequence {
            return Vec::new();
        }
        let steps = &case.steps;
        let mut found: Vec<Self> = Vec::new();
        for kept in [steps.len() / 2, steps.len().saturating_sub(1)] {
            if steps[..kept].iter().any(|step| calls(step) > 0) && !found.contains(&Self::After(kept)) {
                found.push(Self::After(kept));
            }
        }
        for (at, step) in steps.iter().enumerate() {
            match step {
                Step::Call(call) if matches!(call.expect, Expect::Replay { .. }) => found.push(Self::Repeat(at)),
                Step::Together(calls) if calls.len() > 2 => {
                    found.push(Self::Copies(at, 2));
                    if calls.len() > 3 {
                        found.push(Self::Copies(at, calls.len() - 1));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Cuts; none where a later step speaks of what would be gone.
    pub(super) fn apply(self, case: &mut Case) -> Option<()> {
        match self {
            Self::After(kept) if kept < case.steps.len() => case.steps.truncate(kept),
            Self::Copies(at, copies) => {
                let before: usize = case.steps.get(..at)?.iter().map(calls).sum();
                let Some(Step::Together(calls)) = case.steps.get_mut(at) else { return None };
                let gone = calls.len().checked_sub(copies)?;
                calls.truncate(copies);
                renumber(case, before + copies, gone)?;
            }
            Self::Repeat(at) if at < case.steps.len() => {
                let before: usize = case.steps[..at].iter().map(calls).sum();
                let gone = calls(&case.steps.remove(at));
                renumber(case, before, gone)?;
            }
            Self::After(_) | Self::Repeat(_) => return None,
        }
        Some(())
    }
}

/// How many numbers of calls a step takes up.
fn calls(step: &Step) -> usize {
    match step {
        Step::Call(_) | Step::Flood { .. } => 1,
        Step::Together(calls) | Step::Unfollowed(calls) | Step::WhileHeld(calls) => calls.len(),
        _ => 0,
    }
}

/// After `gone` calls from number `from` on are no more.
fn renumber(case: &mut Case, from: usize, gone: usize) -> Option<()> {
    let moved = |number: &mut usize| {
        match *number {
            n if n < from => {}
            n if n < from + gone => return None,
            n => *number = n - gone,
        }
        Some(())
    };
    for step in &mut case.steps {
        let calls = match step {
            Step::AwaitRetryAfter { call, .. } => {
                moved(call)?;
                continue;
            }
            Step::Call(call) | Step::Flood { call, .. } => std::slice::from_mut(call),
            Step::Together(calls) | Step::Unfollowed(calls) | Step::WhileHeld(calls) => calls.as_mut_slice(),
            _ => continue,
        };
        for call in calls {
            if let Expect::Replay { of } = &mut call.expect {
                moved(of)?;
            }
        }
    }
    Some(())
}
