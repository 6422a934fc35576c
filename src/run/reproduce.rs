//! Plays failing cases again, with a new nonce each time, so that a finding can
//! say "reproduced n of m".

use std::time::Duration;

use futures_util::future::join_all;

use super::play;
use super::session::Session;
use crate::check::{Finding, Reproduced};
use crate::generate::CaseKey;
use crate::observe::CallTrace;
use crate::wire::Request;

/// How often a failing case is played again.
const TIMES: u32 = 3;

/// How long it may take, in real time: what comes later is told without.
const PATIENCE: Duration = Duration::from_secs(10);

/// For how many cases at most: after that the first ones tell enough.
const MOST_CASES: usize = 12;

/// Plays the cases behind `findings` again and writes into each how often it
/// showed. A finding stands even when it never shows again: what was recorded
/// is evidence.
pub(super) async fn reproduce(session: &Session, findings: &mut [Finding]) {
    let shown_by = session.gathered().shown_by.clone();
    let mut cases: Vec<CaseKey> = findings.iter().filter_map(|f| shown_by.get(&f.fingerprint)).cloned().collect();
    cases.sort();
    cases.dedup();
    cases.truncate(MOST_CASES);
    let until = tokio::time::Instant::now() + PATIENCE;
    for key in cases {
        if session.stop.reason() >= Some(super::StopReason::TargetLost) {
            return;
        }
        // Side by side: a case that waits for a window waits once.
        let plays = (0..TIMES).map(|_| Box::pin(play::again(session, &key)));
        let Ok(plays) = tokio::time::timeout_at(until, join_all(plays)).await else { return };
        let seen: Vec<play::Shown> = plays.into_iter().flatten().collect();
        for finding in findings.iter_mut().filter(|f| shown_by.get(&f.fingerprint) == Some(&key)) {
            let shown = seen.iter().filter(|shown| shown.finding(&finding.fingerprint).is_some()).count() as u32;
            finding.reproduced = Some(Reproduced { shown, of: seen.len() as u32 });
            let again = seen.iter().find_map(|shown| shown.finding(&finding.fingerprint));
            if let Some(exchange) = again.and_then(|again| again.evidence.exchange.as_ref()) {
                finding.more.gateway = trace_of(session, &exchange.request).await;
            }
        }
    }
}

/// What a gateway of the run did with a request that it has just had; `None`
/// where none tells.
async fn trace_of(session: &Session, request: &Request) -> Option<CallTrace> {
    let correlation = request.headers.get("X-Correlation-Id")?;
    let targets = std::iter::once(&*session.target).chain(session.systems.apart());
    for control in targets.filter_map(|target| target.control.as_ref()) {
        let calls = control.traces(correlation).await.unwrap_or_default();
        let same = |call: &CallTrace| call.path == request.target && call.method == request.method.as_str();
        if let Some(call) = calls.into_iter().rev().find(same) {
            return Some(call);
        }
    }
    None
}
