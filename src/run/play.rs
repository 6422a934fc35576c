//! One play of a case beside the run: judged alone, counted nowhere.

use std::sync::Arc;

use super::cases;
use super::session::Session;
use crate::check::{CallMark, CaseSubject, Finding, Judging};
use crate::contract::Contract;
use crate::generate::{Call, Case, CaseKey, Nonce};
use crate::observe::{CallRun, CaseRun};

/// What one play shows.
pub(super) struct Shown {
    /// The findings.
    pub(super) findings: Vec<Finding>,
    /// What came of each call.
    pub(super) calls: Vec<CallMark>,
}

impl Shown {
    /// The finding with this fingerprint.
    pub(super) fn finding(&self, fingerprint: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.fingerprint == fingerprint)
    }
}

/// Plays a case once more, with a new nonce; none where it could not be
/// played.
pub(super) async fn again(session: &Session, key: &CaseKey) -> Option<Shown> {
    let (index, contract) = session.contract(&key.contract)?;
    let (seed, nonce) = (session.options.seed, Nonce::fresh());
    let case = session.generators[index].case(key, seed, &nonce, &session.pools[index]).ok()?;
    once(session, contract, case).await
}

/// Plays a case; none where it could not be played.
pub(super) async fn once(session: &Session, contract: &Contract, case: Case) -> Option<Shown> {
    let player = session.systems.of(&case).await.ok()?;
    let run = player.play(contract, Arc::new(case)).await.ok()?;
    let mut judging = Judging::new(&session.selection, &session.target.offers);
    let findings = judging.case(&CaseSubject { contract, run: &run });
    Some(Shown { findings, calls: marks(&run) })
}

/// Plays a case as a part of the run: judged and counted in it. None where it
/// could not be played.
pub(super) async fn counted(session: &Session, contract: usize, case: Arc<Case>) -> Option<Shown> {
    let key = case.key.clone();
    let run = cases::played(session, contract, case).await?;
    let contract = &session.contracts[contract];
    session.count_case();
    let subject = CaseSubject { contract, run: &run };
    let fresh = session.judging().case(&subject);
    note_calls(session, &fresh, &run);
    session.announce(&fresh, Some(&key));
    let mut judging = Judging::new(&session.selection, &session.target.offers);
    Some(Shown { findings: judging.case(&subject), calls: marks(&run) })
}

/// Keeps what came of the calls of a case that shows something new.
pub(super) fn note_calls(session: &Session, found: &[Finding], run: &CaseRun) {
    if found.is_empty() {
        return;
    }
    let marks = marks(run);
    let mut gathered = session.gathered();
    for finding in found {
        gathered.calls.entry(finding.fingerprint.clone()).or_insert_with(|| marks.clone());
    }
}

/// What came of each call.
pub(super) fn marks(run: &CaseRun) -> Vec<CallMark> {
    let calls: Vec<&Call> = run.case.calls().collect();
    run.calls.iter().filter_map(|played| calls.get(played.call).map(|call| mark(call, played))).collect()
}

fn mark(call: &Call, played: &CallRun) -> CallMark {
    let request = &call.request;
    let path = request.target.split('?').next().unwrap_or_default();
    let result = match played.result().map(|exchange| &exchange.outcome) {
        Some(Ok(response)) => response.status.to_string(),
        Some(Err(failure)) => failure.kind.word().to_owned(),
        None => "not sent".to_owned(),
    };
    CallMark { role: call.role.to_owned(), call: format!("{} {path}", request.method), result }
}
