//! Arguments, settings, screen, exit codes: the only place that prints, reads
//! the environment or ends the process.
//!
//! In: the command line. Out: lines on a screen and an exit code. Results go to
//! standard output, everything else to standard error.

mod args;
mod commands;
mod compare;
mod derive;
mod init;
mod interrupt;
mod lists;
mod live;
mod policies;
mod policy_table;
mod probe;
mod readiness;
mod record;
mod replay;
mod score;
mod screen;
mod serve;
mod service;
mod settle;
mod tables;
mod verdict;

use clap::Parser;
use clap::error::ErrorKind;

/// Runs the command line; gives the exit code.
pub fn main() -> u8 {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(fault) => {
            // Help and version are answers, not faults; a closed pipe is fine.
            let _ = fault.print();
            return if matches!(fault.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) { 0 } else { 2 };
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(commands::run(cli));
            runtime.shutdown_timeout(std::time::Duration::from_secs(1));
            code
        }
        Err(fault) => {
            screen::error(&format!("no threads to run on: {fault}"));
            3
        }
    }
}
