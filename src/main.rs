//! Turns a verdict into an exit code; everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(seamstress::cli::main())
}
