//! Work that goes on after a 202.

pub(super) mod after_crash;
pub(super) mod ends;
pub(super) mod failure_type;
pub(super) mod location;
pub(super) mod looks_done;
pub(super) mod pace;
pub(super) mod queue_full;

pub(super) mod state;
