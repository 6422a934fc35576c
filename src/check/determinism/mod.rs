//! The same input, the same decision.

pub(super) mod same_decision;
