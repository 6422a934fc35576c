//! Synthetic observations for the tests of checks: a contract, answers, and
//! cases and phases that were never played.

mod answer;
mod contract;
mod phase;
mod play;

pub(super) use answer::{Answer, answer, failure, request, silence};
pub(super) use contract::{called_back_by, job, plain, selector, with, with_behaviour, with_jobs};
pub(super) use phase::{effect, phase, phase_findings, record, subject};
pub(super) use play::{Play, exchange_findings, load_findings};

/// The correlation ID of a play's calls unless told otherwise.
pub(super) const ID: &str = "0b5c1a52-7a52-4d27-9a4e-5d0f5a1c2e3f";

/// Another one.
pub(super) const OTHER_ID: &str = "9f0c7d1e-1111-4222-8333-444455556666";

/// What the clock shows when a play begins.
const START: &str = "2026-09-01T08:00:00Z";
