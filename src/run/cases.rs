//! Plays cases, several at once, and judges each when it is over.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::queue::{Lane, Planned, Queue};
use super::session::Session;
use super::{Progress, RunError, guest, phases};
use crate::check::{CaseSubject, Finding, NotChecked};
use crate::generate::{Case, CaseKey, CaseKind, Need};
use crate::observe::CaseRun;
use crate::scenario::Scenario;
use crate::target::Target;
use crate::wire::FailureKind;

/// All cases of a run.
pub(super) fn plan(session: &Session, each: u32) -> Queue {
    for contract in 0..session.contracts.len() {
        note_unoffered(session, contract);
        note_stale(session, contract);
    }
    Queue::new(session, each)
}

/// Plays what is planned with as many workers as the options say, until all
/// are played or somebody says stop. What was not played is not checked, by
/// name. Scenarios run `beside` the cases. Cases beside which nothing may run
/// have a system of their own; where there is none, they come at the end.
pub(super) async fn play_all(session: &Arc<Session>, queue: Queue, beside: &[&Scenario]) -> Result<(), RunError> {
    let queue = Arc::new(queue);
    let began = Instant::now();
    let cases = async {
        let played = side_by_side(session, &queue).await;
        played.map(|()| began.elapsed())
    };
    let (played, ran) = tokio::join!(cases, phases::run_all(session, beside, phases::Company::Cases));
    let (mut took, began) = (played?, Instant::now());
    ran?;
    alone(session, &queue).await;
    took += began.elapsed();
    let played = queue.taken();
    let rate = played as f64 / took.as_secs_f64().max(1e-9);
    session.listener.stage(format!("{played} cases in {}: {rate:.0} a second", crate::clock::format_duration(took)));
    leave_out(session, &queue);
    Ok(())
}

/// Lets the workers play until there is nothing left; where there is a system
/// apart, somebody plays there what they put aside.
async fn side_by_side(session: &Arc<Session>, queue: &Arc<Queue>) -> Result<(), RunError> {
    let apart = async {
        if session.target.offers(Need::Apart) {
            while session.stop.reason().is_none()
                && let Some(planned) = queue.next_apart().await
            {
                play_planned(session, queue, planned).await;
            }
        }
    };
    let beside = async {
        let mut tasks = tokio::task::JoinSet::new();
        for lane in workers(session) {
            tasks.spawn(work(session.clone(), queue.clone(), lane));
        }
        let mut worked = Ok(());
        while let Some(joined) = tasks.join_next().await {
            worked = worked.and(joined);
        }
        queue.close_aside();
        worked
    };
    let (worked, ()) = tokio::join!(beside, apart);
    worked.map_err(|panic| RunError::CouldNotRun(format!("a worker broke down: {panic}")))
}

/// One worker: takes cases of its lane, then of the other, one after the
/// other.
async fn work(session: Arc<Session>, queue: Arc<Queue>, lane: Lane) {
    while session.stop.reason().is_none()
        && let Some((contract, key)) = queue.next(lane, &session)
    {
        match make(&session, contract, &key) {
            Some(case) if case.is_alone() => queue.put_aside((contract, key)),
            Some(case) => play_one(&session, &queue, contract, case).await,
            None => {}
        }
    }
}

/// Plays the cases that were put aside, one by one.
async fn alone(session: &Session, queue: &Queue) {
    while session.stop.reason().is_none()
        && let Some(planned) = queue.next_aside()
    {
        play_planned(session, queue, planned).await;
    }
}

/// Plays a case that was put aside.
async fn play_planned(session: &Session, queue: &Queue, (contract, key): Planned) {
    if let Some(case) = make(session, contract, &key) {
        play_one(session, queue, contract, case).await;
    }
}

/// The workers by the lane that they serve first: two of three take probes,
/// many of which wait for a window or a retry. Where the clock runs as fast as
/// real time they wait longer, so more are under way; and where nothing but
/// payloads is played, since jobs among them wait for their next poll.
fn workers(session: &Session) -> Vec<Lane> {
    let waiting = session.target.clock.scale() < 5.0 || session.options.payloads;
    let by_default = if waiting { 48 } else { 24 };
    let count = session.options.workers.unwrap_or(by_default).max(1);
    (0..count).map(|number| if number % 3 == 2 { Lane::Payloads } else { Lane::Probes }).collect()
}

/// Names what was not played: how many cases, and what runs beside no other
/// and never had its turn.
fn leave_out(session: &Session, queue: &Queue) {
    let because = super::finish::stopped_because(session.stop.reason());
    let mut counts = vec![0_u64; session.contracts.len()];
    let mut apart = BTreeSet::new();
    for (contract, key) in queue.left(session) {
        counts[contract] += 1;
        let kind = (contract, key.kind);
        if !apart.contains(&kind) && !queue.has_played(contract, key.kind) && wants_apart(session, contract, &key) {
            apart.insert(kind);
        }
    }
    let left_out = |contract: usize, what: String, why: String| NotChecked {
        what,
        contract: Some(session.contracts[contract].id.clone()),
        why,
    };
    let counted = counts.into_iter().enumerate().filter(|(_, left)| *left > 0);
    let counted = counted.map(|(contract, left)| left_out(contract, format!("{left} generated cases"), because.into()));
    let named = apart.into_iter().map(|(contract, kind)| {
        let what = if kind == CaseKind::Sequence {
            "sequences that restart the service or move the clock".to_owned()
        } else {
            format!("probe {kind}")
        };
        left_out(contract, what, format!("{because} before it had its turn, apart from all others"))
    });
    session.gathered().not_checked.extend(counted.chain(named));
}

/// Whether a case runs beside no other.
fn wants_apart(session: &Session, contract: usize, key: &CaseKey) -> bool {
    if !matches!(key.kind, CaseKind::Probe(_) | CaseKind::Sequence) {
        return false;
    }
    let (seed, nonce, pools) = (session.options.seed, &session.options.nonce, &session.pools[contract]);
    session.generators[contract].case(key, seed, nonce, pools).is_ok_and(|case| case.is_alone())
}

/// Plays, judges and counts a case, unless somebody says stop.
async fn play_one(session: &Session, queue: &Queue, contract: usize, case: Arc<Case>) {
    let key = case.key.clone();
    let play = async {
        if let Some(findings) = observe(session, contract, case).await {
            session.announce(&findings, Some(&key));
        }
        session.count_case();
    };
    tokio::select! {
        () = play => {
            queue.note_played(contract, key.kind);
            session.listener.tell(Progress::Cases { done: queue.taken(), of: queue.planned() });
        }
        () = session.stop.stopped() => queue.take_back((contract, key.clone())),
    }
}

/// Makes a case; one that can't be made, or needs what is not offered, is
/// noted and passed over.
pub(super) fn make(session: &Session, contract: usize, key: &CaseKey) -> Option<Arc<Case>> {
    let (seed, nonce) = (session.options.seed, &session.options.nonce);
    match session.generators[contract].case(key, seed, nonce, &session.pools[contract]) {
        Ok(case) => {
            let lacks = session.target.lacks(&case.needs);
            if lacks.is_empty() {
                return Some(Arc::new(case));
            }
            note_lacking(session, key, &lacks);
            None
        }
        Err(reason) => {
            *session.gathered().could_not_make.entry((key.contract.clone(), reason.to_string())).or_insert(0) += 1;
            None
        }
    }
}

/// Probes that the plan leaves out for what they need.
fn note_unoffered(session: &Session, contract: usize) {
    let generators = &session.generators[contract];
    for key in generators.probes() {
        let lacks = session.target.lacks(&generators.needs(key.kind));
        if !lacks.is_empty() {
            note_lacking(session, &key, &lacks);
        }
    }
}

/// Recorded cases that can't be made any more as they were.
fn note_stale(session: &Session, contract: usize) {
    let (still, stale) = session.generators[contract].recorded();
    let (Some(first), Some(recorded)) = (stale.first(), &session.contracts[contract].recorded) else { return };
    let id = &session.contracts[contract].id;
    session.gathered().notices.push(format!(
        "{}: {} of {} recorded cases can't be made any more as they were ({}: {}); record again: seamstress record {id} --force",
        recorded.file,
        stale.len(),
        still.len() + stale.len(),
        first.name,
        first.why
    ));
}

fn note_lacking(session: &Session, key: &CaseKey, lacks: &[Need]) {
    let words: Vec<String> = lacks.iter().map(Need::to_string).collect();
    let left_out = NotChecked {
        what: format!("probe {}", key.kind),
        contract: Some(key.contract.clone()),
        why: format!("the target does not offer {}", words.join(", ")),
    };
    let mut gathered = session.gathered();
    if !gathered.not_checked.contains(&left_out) {
        gathered.not_checked.push(left_out);
    }
}

/// Plays a case and judges it; `None` where the target was lost.
async fn observe(session: &Session, contract: usize, case: Arc<Case>) -> Option<Vec<Finding>> {
    let run = played(session, contract, case).await?;
    let contract = &session.contracts[contract];
    session.gathered().reach.note(contract, &run);
    let examined = session.checks.case(&CaseSubject { contract, run: &run });
    let found = session.judging().take(examined);
    super::play::note_calls(session, &found, &run);
    Some(found)
}

/// Plays a case on the system that it wants, and counts its exchanges; `None`
/// where the target was lost.
pub(super) async fn played(session: &Session, contract: usize, case: Arc<Case>) -> Option<CaseRun> {
    let fault = match session.systems.of(&case).await {
        Ok(player) => match player.play(&session.contracts[contract], case).await {
            Ok(run) => {
                count(session, &run);
                session.sent_by_case(&run);
                return (!is_lost(session, player.target(), &run).await).then_some(run);
            }
            Err(fault) => fault.to_string(),
        },
        Err(fault) => fault.to_string(),
    };
    session.lose(fault);
    None
}

/// Counts the exchanges of a case.
fn count(session: &Session, run: &CaseRun) {
    for exchange in run.calls.iter().flat_map(|call| call.exchanges.iter().chain(&call.polls)) {
        let retry_after = exchange.response().is_some_and(|r| r.headers.contains("retry-after"));
        session.count_exchange(exchange.status(), retry_after);
    }
}

/// Whether the target is gone.
async fn is_lost(session: &Session, target: &Target, run: &CaseRun) -> bool {
    guest::is_gone(session, failed(run)).await || (unreachable(run) && still_unreachable(session, target).await)
}

/// Whether a call failed as it would where the service is gone.
fn failed(run: &CaseRun) -> bool {
    let mut exchanges = run.calls.iter().flat_map(|call| call.exchanges.iter().chain(&call.polls));
    exchanges.any(|exchange| exchange.status().is_none_or(|status| status >= 500))
}

/// Whether not one call found a listener.
fn unreachable(run: &CaseRun) -> bool {
    let mut outcomes = run.calls.iter().flat_map(|call| &call.exchanges).map(|exchange| &exchange.outcome).peekable();
    outcomes.peek().is_some()
        && outcomes.all(|outcome| outcome.as_ref().is_err_and(|failure| failure.kind == FailureKind::Connect))
}

/// Looks once more before the target is given up.
async fn still_unreachable(session: &Session, target: &Target) -> bool {
    match super::open::reach(&target.door, "the gateway", &target.gateway).await {
        Ok(()) => false,
        Err(fault) => {
            session.lose(format!("in the middle of the run: {fault}"));
            true
        }
    }
}
