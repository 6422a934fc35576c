//! Keeps Goose from writing.

use log::{Log, Metadata, Record};

/// A logger for the whole process that writes nothing.
struct Silence;

impl Log for Silence {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &Record<'_>) {}

    fn flush(&self) {}
}

/// Goose sets a logger that writes to standard output, where only results
/// belong, unless the process has one.
pub(super) fn hush() {
    // Whoever set another one before decides for himself.
    let _ = log::set_logger(&Silence);
}
