//! The correlation ID on its way.

pub(super) mod echo;
pub(super) mod explained;
pub(super) mod missing;
pub(super) mod reaches_effects;
pub(super) mod reaches_log;
pub(super) mod reaches_rows;
