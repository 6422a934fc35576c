#![doc = include_str!("README.md")]

// The modules in the order in which data passes through them.

pub mod diagnose;

pub mod clock;
pub mod door;
pub mod limit;
pub mod wire;

pub mod contract;
pub mod policy;

pub mod generate;

pub mod flow;
pub mod scenario;

pub mod observe;
pub mod target;
pub mod traffic;

pub mod record;

pub mod check;

pub mod capacity;
pub mod readiness;

pub mod report;

pub mod stack;

pub mod process;

pub mod project;

pub mod derive;

pub mod run;

pub mod cli;

/// Says that a test has nothing to do here, past the test runner, which keeps
/// what tests that pass print.
#[cfg(test)]
pub(crate) fn skipped(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
