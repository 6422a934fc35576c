//! Everything is validated before the first write.

pub(super) mod exactly_the_valid;
pub(super) mod partly_invalid;
pub(super) mod same_in_every_form;
pub(super) mod write_before;
