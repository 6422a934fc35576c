//! What a version answers, told so that two times can be compared.
//!
//! In: a case that was played. Out: what it was [told](told()) — the answer and
//! what was written, with values that come from the request told by their place
//! in it. Two plays of one case with other identities [merge](merge()) into what
//! stays the same; a recorded one and a new one give their
//! [difference](difference()) in words. Pure; it writes a `recorded.json` as text
//! and never a file.

mod difference;
mod echo;
mod merge;
mod told;
mod write;

pub use difference::{Difference, difference, difference_but_words, effects_differ};
pub use merge::merge;
pub use told::{is_passing, told};
pub use write::text;
