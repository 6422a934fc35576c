//! `record`: plays a bounded set of single calls of a frozen version twice, and
//! writes down what it answers.

mod changes;
mod conduct;
mod play;
mod write;

pub use conduct::{RecordQuestion, RecordedVersion, outline_record, record};
pub use write::Fate;
