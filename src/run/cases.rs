//! Plays cases, several at once, and judges each when it is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::queue::{Lane, Queue};
use super::session::Session;
use super::{Progress, RunError, phases};
use crate::check::{CaseSubject, Finding, NotChecked};
use crate::generate::{Case, CaseKey, Need};
use crate::observe::CaseRun;
use crate::scenario::Scenario;
use crate::traffic::Player;
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
/// name. Scenarios run `beside` the cases; when they are over, those cases are
/// played beside which nothing may run, and again at the end.
pub(super) async fn play_all(session: &Arc<Session>, queue: Queue, beside: &[&Scenario]) -> Result<(), RunError> {
    let queue = Arc::new(queue);
    let player = Arc::new(Player::new(session.target.clone()));
    let mut took = Duration::ZERO;
    let scenarios = async {
        let ran = phases::run_all(session, beside, false).await;
        if !beside.is_empty() {
            queue.call_in();
        }
        ran
    };
    let (played, ran) = tokio::join!(side_by_side(session, &queue, &player), scenarios);
    took += played? + alone(session, &queue, &player).await;
    ran?;
    queue.send_out();
    took += side_by_side(session, &queue, &player).await? + alone(session, &queue, &player).await;
    let played = queue.taken();
    let rate = played as f64 / took.as_secs_f64().max(1e-9);
    session.listener.stage(format!("{played} cases in {}: {rate:.0} a second", crate::clock::format_duration(took)));
    leave_out(session, &queue);
    Ok(())
}

/// Lets the workers play until there is nothing left or they are called in;
/// gives how long that took.
async fn side_by_side(session: &Arc<Session>, queue: &Arc<Queue>, player: &Arc<Player>) -> Result<Duration, RunError> {
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for lane in workers(session) {
        tasks.spawn(work(session.clone(), queue.clone(), player.clone(), lane));
    }
    while let Some(joined) = tasks.join_next().await {
        joined.map_err(|panic| RunError::CouldNotRun(format!("a worker broke down: {panic}")))?;
    }
    Ok(began.elapsed())
}

/// One worker: takes cases of its lane, then of the other, one after the
/// other.
async fn work(session: Arc<Session>, queue: Arc<Queue>, player: Arc<Player>, lane: Lane) {
    while session.stop.reason().is_none() {
        let Some((contract, key)) = queue.next(lane, &session) else { return };
        let play = async {
            match make(&session, contract, &key) {
                Some(case) if case.is_alone() => queue.put_aside((contract, key)),
                Some(case) => play_one(&session, &player, contract, case).await,
                None => {}
            }
        };
        tokio::select! {
            () = play => {}
            () = session.stop.stopped() => return,
        }
        session.listener.tell(Progress::Cases { done: queue.taken(), of: queue.planned() });
    }
}

/// Plays the cases that were put aside, one by one; gives how long that took.
async fn alone(session: &Session, queue: &Queue, player: &Player) -> Duration {
    let began = Instant::now();
    while session.stop.reason().is_none()
        && let Some((contract, key)) = queue.next_aside()
    {
        let Some(case) = make(session, contract, &key) else { continue };
        tokio::select! {
            () = play_one(session, player, contract, case) => {}
            () = session.stop.stopped() => break,
        }
        session.listener.tell(Progress::Cases { done: queue.taken(), of: queue.planned() });
    }
    began.elapsed()
}

/// The workers by the lane that they serve first. Where the clock runs as fast
/// as real time, most cases wait for a window or a retry, so more are under
/// way.
fn workers(session: &Session) -> Vec<Lane> {
    let by_default = if session.target.clock.scale() < 5.0 { 32 } else { 16 };
    let count = session.options.workers.unwrap_or(by_default).max(1);
    (0..count).map(|number| if number % 2 == 0 { Lane::Probes } else { Lane::Payloads }).collect()
}

fn leave_out(session: &Session, queue: &Queue) {
    let left = queue.left(session);
    let mut gathered = session.gathered();
    for (contract, left) in session.contracts.iter().zip(left).filter(|(_, left)| *left > 0) {
        gathered.not_checked.push(NotChecked {
            what: format!("{left} generated cases"),
            contract: Some(contract.id.clone()),
            why: super::finish::stopped_because(session.stop.reason()).to_owned(),
        });
    }
}

async fn play_one(session: &Session, player: &Player, contract: usize, case: Arc<Case>) {
    play_made(session, player, contract, case).await;
    session.count_case();
}

/// Plays and judges a case that was made.
pub(super) async fn play_made(session: &Session, player: &Player, contract: usize, case: Arc<Case>) {
    let key = case.key.clone();
    if let Some(findings) = observe(session, player, contract, case).await {
        session.announce(&findings, Some(&key));
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
async fn observe(session: &Session, player: &Player, contract: usize, case: Arc<Case>) -> Option<Vec<Finding>> {
    let contract = &session.contracts[contract];
    match player.play(contract, case).await {
        Ok(run) => {
            count(session, &run);
            session.gathered().reach.note(contract, &run);
            if is_lost(session, &run).await {
                return None;
            }
            let examined = session.checks.case(&CaseSubject { contract, run: &run });
            let found = session.judging().take(examined);
            super::play::note_calls(session, &found, &run);
            Some(found)
        }
        Err(fault) => {
            session.lose(fault.to_string());
            None
        }
    }
}

/// Counts the exchanges of a case.
pub(super) fn count(session: &Session, run: &CaseRun) {
    for exchange in run.calls.iter().flat_map(|call| call.exchanges.iter().chain(&call.polls)) {
        let retry_after = exchange.response().is_some_and(|r| r.headers.contains("retry-after"));
        session.count_exchange(exchange.status(), retry_after);
    }
}

/// Whether the target is gone.
pub(super) async fn is_lost(session: &Session, run: &CaseRun) -> bool {
    unreachable(run) && still_unreachable(session).await
}

/// Whether not one call found a listener.
fn unreachable(run: &CaseRun) -> bool {
    let mut outcomes = run.calls.iter().flat_map(|call| &call.exchanges).map(|exchange| &exchange.outcome).peekable();
    outcomes.peek().is_some()
        && outcomes.all(|outcome| outcome.as_ref().is_err_and(|failure| failure.kind == FailureKind::Connect))
}

/// Looks once more before the target is given up.
async fn still_unreachable(session: &Session) -> bool {
    match super::open::reach(&session.target.door, "the gateway", &session.target.gateway).await {
        Ok(()) => false,
        Err(fault) => {
            session.lose(format!("in the middle of the run: {fault}"));
            true
        }
    }
}
