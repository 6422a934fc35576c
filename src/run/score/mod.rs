//! The harness measured on itself: every defect of the embedded system, one
//! after the other, and the right system again and again.

mod conduct;
mod play;
mod sum;
mod trial;

pub use conduct::{ScoreQuestion, score};
