//! Why a case could not be made. It is never the fault of the API.

use std::fmt;

/// A case, or a part of one, that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct CouldNotMake {
    /// Where the obstacle stands in the contract, as a JSON Pointer or in the
    /// words of the contract (an operation, a pool).
    pub pointer: String,
    /// What stands in the way.
    pub reason: String,
    /// What kind of obstacle it is.
    pub obstacle: Obstacle,
}

/// What kind of obstacle kept a case from being made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Obstacle {
    /// Something that is missing or not understood; the reason says what.
    #[default]
    Other,
    /// It is proven that nothing can be so: `false`, bounds that contradict
    /// each other, `not: {}`.
    Empty,
    /// Nothing was found within the budget; there may be something.
    NotFound,
}

impl CouldNotMake {
    /// From place and reason.
    pub fn new(pointer: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), reason: reason.into(), obstacle: Obstacle::Other }
    }

    /// Nothing can be so; the reason says why.
    pub fn empty(pointer: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { obstacle: Obstacle::Empty, ..Self::new(pointer, reason) }
    }

    /// Nothing was found within the budget; the reason says what was sought.
    pub fn not_found(pointer: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { obstacle: Obstacle::NotFound, ..Self::new(pointer, reason) }
    }
}

impl fmt::Display for CouldNotMake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.obstacle {
            Obstacle::Other => "",
            Obstacle::Empty => "proven empty: ",
            Obstacle::NotFound => "no instance found within the budget: ",
        };
        write!(f, "could not make a case for {}: {kind}{}", self.pointer, self.reason)
    }
}
