//! Contract and observation in, findings and a verdict out.
//!
//! Each check lives in its own file and is one entry of the [`table()`]: id,
//! title, explanation, severity, what it needs, and a function. Pure: no
//! sockets, no clock, no memory between subjects, so a recorded run can be
//! judged again. Imports neither `traffic` nor `stack`, and neither `limit` nor
//! `policy`: it judges throttling by a count of its own.

mod accounted;
mod answer;
mod cause;
mod claim;
mod constraints;
mod coverage;
mod effect;
mod examine;
mod finding;
mod glance;
mod judging;
mod known;
mod reach;
mod regrade;
mod selection;
mod subject;
mod table;
mod verdict;

mod callback;
mod correlation;
mod data_path;
mod dataverse;
mod determinism;
mod idempotency;
mod identity;
mod jobs;
mod latency;
mod lifecycle;
mod limits;
mod response;
mod taxonomy;
mod throttling;
mod validation;
mod wire;

#[cfg(test)]
mod synthetic;

pub use accounted::looked_up;
pub use cause::{Answered, group};
pub use coverage::not_checked;
pub use examine::{Checks, Examined};
pub use finding::{CallMark, Evidence, Finding, Level, More, Origin, Reproduced, Shrunk};
pub use glance::Glances;
pub use judging::{Judged, Judging};
pub use known::{FILE as KNOWN_FINDINGS, Known, KnownFinding, KnownFindings};
pub use reach::{Coverage, Covered, Reach};
pub use regrade::{Weight, Weights};
pub use selection::{Selection, UnknownCheck};
pub use subject::{CaseSubject, ExchangeSubject, PhaseSubject};
pub use table::{Check, Family, Judge, find, table};
pub use verdict::{Apart, NotChecked, Outcome, Tally, Verdict};
