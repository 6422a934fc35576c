//! A first behaviour file for a document that has none.
//!
//! In: an [`OpenApi`](super::openapi::OpenApi). Out: the text of a behaviour
//! file that loads and lints clean: what the document says is filled in, with a
//! note of where it says so; what it can't say is a question, with an answer
//! that only has to be uncommented and corrected. Guesses never stand
//! uncommented.

mod correlation;
mod refusals;
mod scaffold;
mod sheet;
mod work;

#[cfg(test)]
mod tests;

pub use scaffold::{Enforced, scaffold};
