//! From what piled up to a verdict and a recorded run.

use std::sync::Arc;

use super::session::Session;
use super::{RunError, StopReason, chain, conclude, facts, guest, reproduce, shrink, traces};
use crate::check::{self, Finding, Judged, Level, NotChecked, Origin, Outcome, Verdict};
use crate::contract::Contract;
use crate::report::{self, ObjectiveMark, Rows, Run};

/// Why something was left out.
pub(super) fn stopped_because(reason: Option<StopReason>) -> &'static str {
    match reason {
        Some(StopReason::Budget) => "the budget was used up",
        Some(StopReason::FailFast) => "--fail-fast stopped at the first finding",
        Some(StopReason::TargetLost) => "the target went away",
        Some(StopReason::Interrupted) => "interrupted",
        None => "the run ended",
    }
}

/// Ends a run: reproduces, sums up, stops the stack.
pub(super) async fn finish(session: Arc<Session>, command: &str) -> Result<Run, RunError> {
    let Judged { mut findings, tallies, answered } = session.end_judging();
    leave_out_the_end(&session, &mut findings);
    let worth_knowing = take_information(&mut findings, session.options.fail_on);
    session.gathered().notices.extend(worth_knowing);
    if command != "replay" {
        shrink::shrink(&session, &mut findings).await;
        reproduce::reproduce(&session, &mut findings).await;
    }
    conclude::mark_known(&session, &mut findings, command);
    let bodies = complete(&session, &mut findings, command);
    check::group(&mut findings, &answered);
    chain::add(&session, &mut findings).await;
    let effects = count_effects(&session).await;
    let (rows, traces) = (gather_rows(&session).await, traces::gather(&session).await);
    session.clean_up().await;
    let totals = session.totals(effects);
    let (not_checked, could_not_make) = not_checked(&session);
    let coverage = conclude::coverage(&session, &tallies);
    let decided = decide(&session, &findings, &not_checked, totals.exchanges);
    let (outcome, reason) = conclude::covered_enough(&session, (command, &findings, &coverage), decided);
    let apart = conclude::apart(&session, could_not_make);
    let faults = session.systems.faults.end().await;
    let (cost, output) = guest::end(&session).await;
    let mut gathered = session.gathered();
    Ok(Run {
        objectives: objectives(&session),
        command: command.to_owned(),
        arguments: session.options.arguments.clone(),
        started: session.started,
        took: session.began.elapsed(),
        clock: (session.clock_start, session.target.clock.scale()),
        seed: session.options.seed,
        nonce: session.options.nonce.clone(),
        target: (session.target.name.clone(), session.target.gateway.to_string()),
        contracts: session.contracts.iter().map(|contract| contract.id.clone()).collect(),
        contract_digests: facts::contract_digests(&session.contracts),
        machine: facts::machine(),
        defects: session.options.defects.clone(),
        faults,
        totals,
        phases: std::mem::take(&mut gathered.phases),
        rows,
        traces,
        output,
        cost,
        bodies,
        verdict: Verdict {
            outcome,
            reason,
            findings,
            not_checked,
            tallies,
            fail_on: session.options.fail_on,
            coverage,
            apart,
        },
        notices: std::mem::take(&mut gathered.notices),
    })
}

/// Where the target went away, what was seen under load may be its end: then it
/// is no finding. Cases that met it were left out one by one.
fn leave_out_the_end(session: &Session, findings: &mut Vec<Finding>) {
    let mut gathered = session.gathered();
    if gathered.lost.is_none() {
        return;
    }
    let all = findings.len();
    findings.retain(|finding| !matches!(finding.origin, Origin::Phase(_)));
    if findings.len() < all {
        let left = count(all - findings.len());
        gathered.notices.push(format!("{left} under load left out: they may be the end of the target"));
    }
}

/// Takes out what breaks no promise: it is worth knowing, and stands with the
/// notices, so that findings are what somebody has to act on.
fn take_information(findings: &mut Vec<Finding>, fail_on: Level) -> Vec<String> {
    if fail_on == Level::Information {
        return Vec::new();
    }
    let (known, kept): (Vec<Finding>, Vec<Finding>) =
        std::mem::take(findings).into_iter().partition(|finding| finding.level == Level::Information);
    *findings = kept;
    let whose = |finding: &Finding| finding.contract.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    known.iter().map(|f| format!("{}: {}{}: {}", f.check, f.title, whose(f), f.actual)).collect()
}

/// The latency bounds that the contracts promise, for the pictures.
fn objectives(session: &Session) -> Vec<ObjectiveMark> {
    let mut marks = Vec::new();
    for contract in session.contracts.iter() {
        for objective in contract.behaviour.iter().flat_map(|behaviour| &behaviour.objectives) {
            marks.extend(objective.quantiles.iter().map(|(quantile, bound)| ObjectiveMark {
                contract: contract.id.clone(),
                quantile: *quantile,
                bound: *bound,
            }));
        }
    }
    marks
}

/// Adds what only the conductor knows: how to play it again, and the curl
/// line, and the line that a finding points to. Gives the contents that are too long for the line.
fn complete(session: &Session, findings: &mut [Finding], command: &str) -> Vec<(String, Vec<u8>)> {
    let folder = report::folder_name(session.started, command, &session.options.nonce);
    let mut bodies = Vec::new();
    let shown_by = session.gathered().shown_by.clone();
    let mut calls = std::mem::take(&mut session.gathered().calls);
    let origin = session.target.gateway.to_string();
    for finding in findings.iter_mut() {
        if let Some(key) = shown_by.get(&finding.fingerprint) {
            finding.replay = Some(super::replay::command(&session.options, key));
            finding.calls = calls.remove(&finding.fingerprint).unwrap_or_default();
        }
        if let Some(exchange) = &finding.evidence.exchange {
            let name = format!("body-{}.bin", finding.fingerprint);
            let file = session.options.reports.join(&folder).join(&name).display().to_string();
            let (line, body) =
                crate::wire::curl_line_with(&origin, &exchange.request, &session.options.redactor, &file);
            finding.curl = Some(line);
            bodies.extend(body.map(|body| (name, body)));
        }
    }
    conclude::add_sources(findings);
    bodies
}

/// How many of the gateway's rows a report holds at most: more than a gate
/// makes, and no more than somebody can load.
const MOST_ROWS: u64 = 250_000;

/// The gateway's first rows since the run began; `None` where they can't be
/// had, which changes no verdict.
async fn gather_rows(session: &Session) -> Option<Rows> {
    let own = session.target.control.as_ref()?;
    let apart = session.systems.apart().filter_map(|target| target.control.as_ref());
    let gathered = Rows::new().ok()?;
    let mut count = 0;
    for (control, from) in std::iter::once((own, session.rows_start)).chain(apart.map(|control| (control, 0))) {
        let (mut since, mut more) = (from, true);
        while more {
            if count >= MOST_ROWS {
                let words = format!("the gateway's rows after the first {count} are not in the report");
                session.gathered().notices.push(words);
                return Some(gathered);
            }
            let rows;
            (rows, since, more) = control.row_page(since).await.ok()?;
            let _ = gathered.add(&rows, &session.options.redactor);
            count += rows.len() as u64;
        }
    }
    Some(gathered)
}

/// How many effects the run had.
async fn count_effects(session: &Session) -> u64 {
    let Some(control) = &session.target.control else { return 0 };
    // A ledger that can't be read any more changes no verdict.
    let mut count = control.effects().await.map_or(0, |effects| effects.saturating_sub(session.effects_start));
    for control in session.systems.apart().filter_map(|target| target.control.as_ref()) {
        count += control.effects().await.unwrap_or(0);
    }
    count
}

/// What was left out of what was asked for; and of that, what could not be
/// made.
fn not_checked(session: &Session) -> (Vec<NotChecked>, Vec<NotChecked>) {
    let mut all = check::not_checked(&session.contracts, &session.target.offers, &session.selection);
    let mut gathered = session.gathered();
    all.append(&mut gathered.not_checked);
    let not_made = std::mem::take(&mut gathered.could_not_make).into_iter();
    let not_made: Vec<NotChecked> = not_made
        .map(|((contract, why), times)| NotChecked {
            what: format!("{times} generated {}", if times == 1 { "case" } else { "cases" }),
            contract: Some(contract),
            why,
        })
        .collect();
    all.extend(not_made.iter().cloned());
    all.retain(|left_out| {
        let asked_for = |contract: &Contract| {
            contract.openapi.operations.iter().any(|o| session.options.takes(&contract.id, &o.id))
        };
        left_out.contract.as_ref().and_then(|id| session.contract(id)).is_none_or(|(_, contract)| asked_for(contract))
    });
    all.sort();
    all.dedup();
    (all, not_made)
}

/// The one word and its reason. A finding stays one whatever happens later,
/// except that an interrupted run is called so.
fn decide(session: &Session, findings: &[Finding], not_checked: &[NotChecked], exchanges: u64) -> (Outcome, String) {
    let decisive = |f: &&Finding| f.decides(session.options.fail_on) && f.more.under.is_none();
    let errors = findings.iter().filter(decisive).count();
    let missing = session.options.require.iter().find(|required| {
        let unjudged = not_checked.iter().any(|n| n.what == **required || n.what.starts_with(&format!("{required}/")));
        let doubtful = findings
            .iter()
            .any(|f| f.level == Level::Warning && (f.check == **required || f.family.to_string() == **required));
        unjudged || doubtful
    });
    let lost = session.gathered().lost.clone();
    match (session.stop.reason(), errors) {
        (Some(StopReason::Interrupted), 0) => (Outcome::Interrupted, "stopped by the user".to_owned()),
        (Some(StopReason::Interrupted), n) => {
            (Outcome::Interrupted, format!("stopped by the user; {} so far", count(n)))
        }
        (_, n) if n > 0 => {
            (Outcome::Failed, findings.iter().find(decisive).map_or_else(String::new, |f| f.title.clone()))
        }
        _ => match (lost, missing) {
            (Some(why), _) => (Outcome::CouldNotRun, why),
            (None, Some(required)) => {
                (Outcome::Inconclusive, format!("{required} is required and could not be judged"))
            }
            (None, None) if exchanges == 0 => (Outcome::NothingRan, "not one request was sent".to_owned()),
            (None, None) => (Outcome::Passed, "everything that was judged holds".to_owned()),
        },
    }
}

fn count(findings: usize) -> String {
    if findings == 1 { "1 finding".to_owned() } else { format!("{findings} findings") }
}
