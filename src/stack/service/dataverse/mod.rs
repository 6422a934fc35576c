//! The service's way to Dataverse: through the gateway's `data` API, with a
//! token of its own, bounded retries, and writes that can be sent again.
//!
//! A write carries a condition (`If-Match` with a version, or `If-None-Match: *`),
//! so the second attempt after a lost answer can't take effect twice: it gets
//! 412, and the row then says whose write it was. For that to be told apart
//! from somebody else's, writers of one record take turns.
//!
//! Many rows go in a `$batch`: each for itself, or all together in a change set.

mod batch;
mod client;
mod each;
mod multipart;
mod overwrite;
mod pace;
mod patience;
mod together;
mod turns;
mod write;

pub(super) use client::{Around, Dataverse, Errand, Row, Trouble};
pub(super) use each::{Each, ROWS_OF_BATCH};
pub(super) use overwrite::Remembered;
pub(super) use pace::Pace;
pub(super) use together::{NotTogether, Row as RowOfSet};
pub(super) use turns::Turns;
pub(super) use write::{Condition, GivenUp, Target, Written};
