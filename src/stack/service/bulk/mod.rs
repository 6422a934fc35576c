//! `bulk-update`: sets of account changes. The whole set is validated before
//! the first write; each record is written once under its ID and step.
//!
//! In: a JSON set. Out: what became of each record, at once (v1) or as a job
//! that can be asked for (v2). Knows nothing of HTTP.

mod apply;
mod batch;
mod job;
mod record;
mod result;
mod v1;
mod v2;

pub(super) use job::{Taken, work};
pub(super) use result::running;
pub(super) use v1::running as busy;
pub(super) use v1::submit as submit_v1;
pub(super) use v2::submit as submit_v2;
