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
}

impl CouldNotMake {
    /// From place and reason.
    pub fn new(pointer: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), reason: reason.into() }
    }
}

impl fmt::Display for CouldNotMake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not make a case for {}: {}", self.pointer, self.reason)
    }
}
