//! Searches for the smallest case behind each finding of a generated case, by
//! playing smaller ones against the target.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};

use super::play::{self, Shown};
use super::session::Session;
use crate::check::{Finding, Level, Shrunk};
use crate::generate::shrink::Search;
use crate::generate::{Case, CaseKey, CaseKind, Nonce, Step};

/// How long all searches together may take, in real time.
const PATIENCE: Duration = Duration::from_secs(8);

/// Cases that one search may play.
const MOST_PLAYS: u32 = 120;

/// How often a case is played whose calls race each other: one sighting in so
/// many is enough, since what is seen is evidence. How often the smallest one
/// shows it is told when it is played again.
const SIGHTINGS: u32 = 3;

/// Findings whose cases are made smaller; after that the first ones tell
/// enough.
const MOST_FINDINGS: usize = 8;

/// Findings of one check whose cases are made smaller.
const MOST_OF_A_CHECK: usize = 2;

/// A finding's case, smaller.
struct Smaller {
    key: CaseKey,
    shown: Shown,
    shrunk: Shrunk,
}

/// Puts the smallest case that was found in the place of the one that showed
/// a finding first. The fingerprint stays what it was: only what still shows
/// the same is smaller.
pub(super) async fn shrink(session: &Session, findings: &mut [Finding]) {
    if session.stop.reason() > Some(super::StopReason::FailFast)
        || session.stop.reason() == Some(super::StopReason::Budget)
    {
        return;
    }
    let wanted = wanted(session, findings);
    if wanted.is_empty() {
        return;
    }
    session.listener.stage(format!("making {} smaller", if wanted.len() == 1 { "the case" } else { "the cases" }));
    let until = Instant::now() + PATIENCE;
    let searches = wanted.iter().map(|(at, key)| search(session, &findings[*at], key, until));
    let found = join_all(searches).await;
    for ((at, _), smaller) in wanted.into_iter().zip(found) {
        if let Some(smaller) = smaller {
            take(session, &mut findings[at], smaller);
        }
    }
}

/// The findings whose cases are worth the search: place, case.
fn wanted(session: &Session, findings: &[Finding]) -> Vec<(usize, CaseKey)> {
    let gathered = session.gathered();
    let mut chosen: Vec<(usize, CaseKey)> = Vec::new();
    for (at, finding) in findings.iter().enumerate().filter(|(_, f)| f.level == Level::Error) {
        let alike = chosen.iter().filter(|(other, _)| findings[*other].check == finding.check).count();
        if let Some(key) = gathered.shown_by.get(&finding.fingerprint)
            && alike < MOST_OF_A_CHECK
            && chosen.len() < MOST_FINDINGS
        {
            chosen.push((at, key.clone()));
        }
    }
    chosen
}

/// Whether a play costs few requests: floods and searches for limits don't.
fn is_cheap(case: &Case) -> bool {
    case.steps.iter().all(|step| {
        matches!(
            step,
            Step::Call(_)
                | Step::Together(_)
                | Step::Unfollowed(_)
                | Step::Follow(_)
                | Step::Linked(_)
                | Step::AwaitCallbacks
                | Step::Inject(_)
                | Step::ClearFaults
                | Step::Restart
                | Step::Advance(_)
                | Step::AdvanceTo(_)
        )
    })
}

/// Whether what a case shows may depend on which of its calls comes first.
fn is_racy(case: &Case) -> bool {
    case.steps.iter().any(|step| match step {
        Step::Together(calls) | Step::Unfollowed(calls) | Step::WhileHeld(calls) => calls.len() > 1,
        _ => false,
    })
}

async fn search(session: &Session, finding: &Finding, key: &CaseKey, until: Instant) -> Option<Smaller> {
    // A smaller one was never recorded.
    if key.kind == CaseKind::Recorded {
        return None;
    }
    let (index, contract) = session.contract(&key.contract)?;
    let (generators, pools, seed) = (&session.generators[index], &session.pools[index], session.options.seed);
    // Each play has a nonce of its own, and the same one in the next run.
    let run = &session.options.nonce.0;
    let nonce = |number: u32| Nonce(format!("{run}-{}-{number}", finding.fingerprint).into());
    let whole = |number| generators.case(key, seed, &nonce(number), pools).ok();
    let first = whole(0).filter(is_cheap)?;
    let sightings = if is_racy(&first) { SIGHTINGS } else { 1 };
    let fails = async |case: Case| {
        let play = timeout_at(until, Box::pin(play::once(session, contract, case)));
        play.await.ok().flatten().filter(|shown| shown.finding(&finding.fingerprint).is_some())
    };
    // What does not show again at all can't be told from what is smaller.
    let mut seen = fails(first).await.is_some();
    for number in 1..sightings {
        if !seen {
            seen = fails(whole(MOST_PLAYS * 2 + number)?).await.is_some();
        }
    }
    seen.then_some(())?;
    let mut search = Search::new(generators, key, seed, pools).ok()?;
    let mut last = None;
    while search.played() < MOST_PLAYS && Instant::now() < until && !is_over(session) {
        let Some(case) = search.next(&nonce(search.played() + 1)) else { break };
        let mut shown = fails(case).await;
        for _ in 1..sightings {
            if shown.is_none()
                && let Some(case) = search.again(&nonce(search.played() + 1))
            {
                shown = fails(case).await;
            }
        }
        search.tell(shown.is_some());
        last = shown.or(last);
    }
    let (smallest, shown) = (search.key(), last?);
    let (bytes_before, bytes_after) = search.sizes();
    let (played, minimal) = (search.played(), search.is_minimal());
    let shrunk = Shrunk { from: key.clone(), played, minimal, bytes_before, bytes_after };
    Some(Smaller { key: smallest, shown, shrunk })
}

fn is_over(session: &Session) -> bool {
    session.stop.reason() >= Some(super::StopReason::TargetLost)
}

/// The finding as the smaller case shows it.
fn take(session: &Session, finding: &mut Finding, smaller: Smaller) {
    let Smaller { key, shown, shrunk } = smaller;
    let Some(found) = shown.finding(&finding.fingerprint) else { return };
    let known = finding.clone();
    *finding = Finding { level: known.level, occurrences: known.occurrences, shrunk: Some(shrunk), ..found.clone() };
    let mut gathered = session.gathered();
    gathered.calls.insert(finding.fingerprint.clone(), shown.calls);
    gathered.shown_by.insert(finding.fingerprint.clone(), key);
}
