//! `$batch`: its parts, read and written.

mod read;
mod run;
mod write;

pub(super) use read::Inner;
