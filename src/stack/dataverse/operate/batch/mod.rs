//! `$batch`: its parts, read and written.

mod read;
mod write;
