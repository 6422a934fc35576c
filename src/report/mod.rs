//! A recorded run and its verdict as files: `run.json`, `junit.xml`,
//! `summary.md`, `report.html`, `latency.hlog`, `gateway-rows.jsonl`,
//! `gateway-traces.jsonl`; and the score of the harness itself.
//!
//! In: a [`Run`]. Out: files under `<reports>/<run>/` and `<reports>/latest/`.
//! Pure but for the writing: any report can be made again from the recorded
//! run. Whatever came from a target, a contract or a generator is hostile here:
//! escaped for HTML, Markdown, XML, terminal and shell, and redacted.

pub mod compare;
pub mod escape;
pub mod json;
pub mod score;

mod coverage;
mod excerpt;
mod finding;
mod hlog;
mod html;
mod junit;
mod phase;
mod rows;
mod run;
mod summary;
mod text;
mod write;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod sample_seconds;
#[cfg(test)]
mod tests;

pub use coverage::{CoverageRecord, CoveredRecord};
pub use excerpt::{BodyRecord, ExchangeRecord, RequestRecord, ResponseRecord};
pub use finding::KnownRecord;
pub use json::OperationsRecord;
pub use phase::{GeneratorRecord, PhaseRecord, RefusedRecord, SizeRecord, SizesRecord, ThresholdRecord};
pub use rows::Rows;
pub use run::{Cost, InjectedFault, Machine, ObjectiveMark, Phase, Run, Totals};
pub use score::Score;
pub use text::findings_text;
pub use write::{ReportError, folder_name, write};
