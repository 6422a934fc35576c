//! The user's service while a run goes on: whether it still runs, what it
//! printed, what it cost.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use super::session::Session;
use crate::process::{Service, Usage, own_usage};
use crate::report::{Cost, Rows};

/// How much of what a service printed a report holds at most, in bytes.
const MOST_OUTPUT: u64 = 64 * 1024 * 1024;

/// How long it may take until the end of a process is known, in real time.
const UNTIL_KNOWN: Duration = Duration::from_millis(500);

/// Gives the target up as soon as the run's own service ends by itself; comes
/// back only then.
pub(super) async fn watch(session: &Session) {
    let Some(service) = session.systems.services().into_iter().next() else {
        return std::future::pending().await;
    };
    let mut ended = service.ended();
    if let Ok(fault) = ended.wait_for(Option::is_some).await {
        lose(session, fault.as_ref().map(ToString::to_string));
    }
}

/// Whether one of the services has ended by itself. Where calls `failed` that
/// can be its end, which is not known at once.
pub(super) async fn is_gone(session: &Session, failed: bool) -> bool {
    let services = session.systems.services();
    for service in &services {
        let mut ended = service.ended();
        if failed && !service.listens().await {
            // Somebody may be restarting it; then it is none that has ended.
            let _ = tokio::time::timeout(UNTIL_KNOWN, ended.wait_for(Option::is_some)).await;
        }
        let why = ended.borrow().as_ref().map(ToString::to_string);
        if why.is_some() {
            lose(session, why);
            return true;
        }
    }
    false
}

fn lose(session: &Session, why: Option<String>) {
    let why = why.unwrap_or_default();
    session.lose(format!(
        "in the middle of the run: {why}\nhint: what it printed lies beside the report, in service-output.log; a call that ends your service is among the last cases of the run"
    ));
}

/// Stops every system of a run, and tells what the user's services cost and
/// printed, where some were started.
pub(super) async fn end(session: &Session) -> (Option<Cost>, Option<Rows>) {
    let cost = cost(session).await;
    session.systems.stop().await;
    (cost, output(session))
}

/// What the services of the run printed, without secrets; `None`: none was
/// started.
fn output(session: &Session) -> Option<Rows> {
    let services = session.systems.services();
    if services.is_empty() {
        return None;
    }
    let gathered = Rows::new().ok()?;
    let mut room = MOST_OUTPUT;
    for (number, service) in services.iter().enumerate() {
        let head = format!("--- service of system {} ---", number + 1);
        gathered.add_text(&head, &session.options.redactor).ok()?;
        room = take(session, service, &gathered, room)?;
    }
    Some(gathered)
}

/// Gives how much room is left.
fn take(session: &Session, service: &Service, into: &Rows, mut room: u64) -> Option<u64> {
    let mut lines = BufReader::new(service.output().read_from(0).ok()?);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = lines.read_until(b'\n', &mut line).ok()? as u64;
        if read == 0 {
            return Some(room);
        }
        if read > room {
            let words = format!("service-output.log holds the first {MOST_OUTPUT} bytes of what the service printed");
            session.gathered().notices.push(words);
            return Some(0);
        }
        room -= read;
        into.add_text(String::from_utf8_lossy(&line).trim_end_matches('\n'), &session.options.redactor).ok()?;
    }
}

/// What the harness with its embedded tiers cost, and what the user's service;
/// `None`: no service was started, or the system does not tell.
async fn cost(session: &Session) -> Option<Cost> {
    let services = session.systems.services();
    let own = own_usage()?;
    if services.is_empty() {
        return None;
    }
    let mut all = Usage::default();
    for service in &services {
        let usage = service.usage().await;
        all.cpu += usage.cpu;
        all.peak_memory += usage.peak_memory;
    }
    Some(Cost { harness: own.cpu, service: all.cpu, service_peak_memory: all.peak_memory })
}
