//! Everything is validated before the first write.

pub(super) mod exactly_the_valid;
pub(super) mod partly_invalid;
pub(super) mod write_before;
