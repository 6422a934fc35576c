//! What the gateways of a run did with each call, for the report.

use serde_json::json;

use super::session::Session;
use crate::observe::STEP_COLUMNS;
use crate::report::Rows;
use crate::target::{Control, TargetError};

/// The traces of every system that the run played on, each after a line that
/// tells how many calls it had and how many of them were left out; `None` where
/// nothing was recorded, as in a system that another process serves.
pub(super) async fn gather(session: &Session) -> Option<Rows> {
    let own = session.target.control.as_ref()?;
    let apart = session.systems.apart().filter_map(|target| target.control.as_ref());
    let gathered = Rows::new().ok()?;
    for (system, control) in std::iter::once(own).chain(apart).enumerate() {
        // A surface that does not answer any more changes no verdict.
        take(session, &gathered, (system + 1, control)).await.ok()?;
    }
    Some(gathered)
}

async fn take(session: &Session, into: &Rows, (system, control): (usize, &Control)) -> Result<(), TargetError> {
    let mut page = control.recorded_traces(0).await?;
    let (calls, left_out) = (page.calls, page.left_out);
    let first = json!({ "system": system, "calls": calls, "left_out": left_out, "steps": STEP_COLUMNS });
    // A disk that is full is told when the report is written.
    let _ = into.add_lines(&first.to_string(), &session.options.redactor);
    if left_out > 0 {
        let words = format!("gateway-traces.jsonl holds {} of {calls} calls of system {system}", calls - left_out);
        session.gathered().notices.push(words);
    }
    while !page.lines.is_empty() {
        let _ = into.add_lines(&page.lines, &session.options.redactor);
        page = control.recorded_traces(page.next).await?;
    }
    Ok(())
}
