//! Ctrl-C and termination: the first asks everybody to stop and the reports are
//! still written, the second ends the process at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::run::{Stop, StopReason};

/// Takes the process's signals for this run. Goose installs a handler of its
/// own when it starts; the first one that is installed stays, so this must come
/// before.
pub(super) fn watch(stop: Stop) {
    let asked = AtomicBool::new(false);
    let installed = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::SeqCst) {
            end();
        }
        stop.stop(StopReason::Interrupted);
    });
    if let Err(fault) = installed {
        super::screen::note(&format!("ctrl-c ends this run at once, without reports: {fault}"));
    }
}

#[expect(clippy::exit, reason = "the user asked twice; nothing is worth waiting for any more")]
fn end() -> ! {
    std::process::exit(130)
}
