//! Generated sequences: what a flow, its retries, its duplicates and the
//! accidents behind a service do to one correlation ID.
//!
//! In: an operation whose behaviour file promises idempotency, and a seed. Out:
//! a [`SequenceSpec`], which is drawn and shrunk as a plain value, and the
//! steps that it means. Each one can be made alone from its key. Knows nothing
//! of how sequences are played or judged.

mod alphabet;
mod build;
mod draw;
mod material;
mod shrink;
mod spec;
mod spelling;

pub use alphabet::Alphabet;
pub use draw::{draw, sequences};
pub use shrink::shrink;
pub use spec::{Edge, Move, Part, SequenceSpec, Submission, Trouble};

pub(super) use build::{build, needs};
