//! Latency objectives, judged only where a judgement is honest.

pub(super) mod answer_within;
pub(super) mod errors;
pub(super) mod generator;
pub(super) mod objective;
pub(super) mod threshold;

mod ground;
