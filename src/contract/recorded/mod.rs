//! `recorded.json`: what a version answered when it was frozen.
//!
//! In: the file beside a behaviour file, written by `seamstress record`. Out: a
//! [`Recorded`]: each case with its request's digest, the answer and what was
//! written, with marks where a value is another one each time. Knows nothing of
//! how the cases are made or compared.

mod load;
mod model;

pub use model::{
    ANY_NUMBER, ANY_TEXT, ANYTHING, Recorded, RecordedAnswer, RecordedCase, RecordedEffect, RecordedRequest, Told,
};

/// The file's name in a version's folder.
pub const FILE: &str = "recorded.json";

/// What stands under `format`.
pub const FORMAT: &str = "seamstress/recorded/1";
