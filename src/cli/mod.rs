//! Arguments, settings, screen, exit codes: the only place that prints.

/// Runs the command line; gives the exit code.
pub fn main() -> u8 {
    2
}
