//! Turns a verdict into an exit code; everything else is in the library.

use std::process::ExitCode;

/// A third of a run's time went into the system's allocator: millions of small
/// texts, made in one thread and dropped in another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(seamstress::cli::main())
}
