//! `readiness`: fetches what the rules ask for — rows, the two contracts, one
//! answer of the live version — and applies them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::gate::watch_budget;
use super::inputs::Inputs;
use super::session::Session;
use super::{Listener, Options, RunError, Stop, cases, differential, phases};
use crate::clock::Timestamp;
use crate::contract::{self, Contract, ContractId};
use crate::generate::{CaseKind, Probe};
use crate::readiness::{Assessment, Compared, Inquiry, RowsRead, assess, read_rows};
use crate::wire::Headers;

/// Rows that are later than the target's clock by more than this were not
/// written by its clock: then the system's time counts.
const SAME_CLOCK: Duration = Duration::from_hours(24);

/// What `readiness` was asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The version that shall be switched off.
    pub version: ContractId,
    /// Gateway rows: a file, or a folder of files; `None`: those of the steady
    /// day, which is run first.
    pub rows: Option<PathBuf>,
    /// How long nobody may have called.
    pub quiet: Duration,
}

/// Answers whether a version can be switched off.
///
/// # Errors
/// The input has faults, no such contract exists, or the target can't be
/// reached.
pub async fn readiness(
    question: &Question,
    options: Options,
    stop: Stop,
    listener: Listener,
) -> Result<Assessment, RunError> {
    let inputs = Inputs::load(&options, question.rows.is_none())?;
    let index = find(question, &inputs)?;
    let recorded = question.rows.as_deref().map(read).transpose()?;
    let asked_for = options.now;
    let session = Arc::new(Session::open(options, &inputs, stop, listener).await?);
    let watch = tokio::spawn(watch_budget(session.stop.clone(), session.options.budget));
    let rows = match recorded {
        Some(rows) => rows,
        None => steady_day(&session, &inputs).await?,
    };
    watch.abort();
    let headers = ask_live(&session, index).await;
    let successor = successor(&session.contracts[index], &session.contracts).map(|new| new.id.clone());
    let successor = successor.and_then(|id| session.contract(&id)).map(|(at, _)| at);
    let compared = match successor {
        Some(new) => differential::compare(&session, index, new).await,
        None => None,
    };
    let answer = judge(question, &session, index, &Known { rows, headers, compared, now: asked_for });
    session.systems.stop().await;
    Ok(answer)
}

/// The place of the version that is asked about.
pub(super) fn find(question: &Question, inputs: &Inputs) -> Result<usize, RunError> {
    inputs.contracts.iter().position(|contract| contract.id == question.version).ok_or_else(|| {
        let all: Vec<String> = inputs.contracts.iter().map(|c| c.id.to_string()).collect();
        RunError::Usage(format!("no contract is called `{}`: {}", question.version, all.join(", ")))
    })
}

struct Known {
    rows: RowsRead,
    headers: Option<Headers>,
    compared: Option<Compared>,
    now: Option<Timestamp>,
}

fn judge(question: &Question, session: &Session, index: usize, known: &Known) -> Assessment {
    let old = &session.contracts[index];
    let lifecycle = old.behaviour.as_ref().and_then(|behaviour| behaviour.lifecycle.as_ref());
    let successor = successor(old, &session.contracts);
    let breaking: Vec<String> = successor.map_or_else(Vec::new, |new| {
        let changes = contract::diff::diff(&old.openapi, &new.openapi);
        changes.iter().filter(|change| change.breaking).map(contract::diff::Change::sentence).collect()
    });
    assess(&Inquiry {
        version: &old.id,
        base_path: &old.openapi.base_path,
        lifecycle,
        successor: successor.map(|new| &new.id),
        breaking: &breaking,
        compared: known.compared.as_ref(),
        headers: known.headers.as_ref(),
        rows: &known.rows,
        quiet: question.quiet,
        now: known.now.unwrap_or_else(|| now(session, &known.rows)),
    })
}

/// What time it is for these rows: the target's clock, unless they were
/// plainly written by another one.
fn now(session: &Session, rows: &RowsRead) -> Timestamp {
    let shown = session.target.clock.now();
    let last = rows.rows.iter().map(|row| row.time_generated).max().unwrap_or(shown);
    if last > shown.plus(SAME_CLOCK) { Timestamp::system_now() } else { shown.max(last) }
}

fn successor<'a>(old: &Contract, all: &'a [Contract]) -> Option<&'a Contract> {
    let named = old.behaviour.as_ref()?.lifecycle.as_ref()?.successor.as_ref()?;
    all.iter().find(|contract| contract.id.api == old.id.api && *contract.id.version == **named)
}

fn read(path: &Path) -> Result<RowsRead, RunError> {
    let unreadable = |path: &Path, fault: std::io::Error| {
        RunError::Usage(format!("{} can't be read: {fault}; expected JSON lines of gateway rows", path.display()))
    };
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|fault| unreadable(path, fault))?;
        files = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|file| file.is_file()).collect();
        files.sort();
    }
    let mut rows = RowsRead::default();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|fault| unreadable(&file, fault))?;
        rows.extend(read_rows(&file.display().to_string(), &text));
    }
    Ok(rows)
}

/// Runs the scenarios tagged `steady` and takes the gateway's rows.
async fn steady_day(session: &Arc<Session>, inputs: &Inputs) -> Result<RowsRead, RunError> {
    let steady: Vec<_> = inputs.scenarios.iter().filter(|s| s.is_tagged("steady")).collect();
    session.listener.stage("no rows were given: running the steady day first");
    phases::run_all(session, &steady, phases::Company::Nobody).await?;
    let mut rows = RowsRead::default();
    if let Some(control) = &session.target.control {
        rows.rows = control.rows(session.rows_start, &[]).await.map_err(super::open::could_not_run)?.0;
    }
    Ok(rows)
}

/// The header fields of one plain answer of the live version.
async fn ask_live(session: &Session, index: usize) -> Option<Headers> {
    let probes = session.generators[index].planned_probes(super::gate::CASES as usize, &[]);
    let key = probes.into_iter().find(|key| key.kind == CaseKind::Probe(Probe::Lifecycle))?;
    let case = cases::make(session, index, &key)?;
    let run = session.systems.of(&case).await.ok()?.play(&session.contracts[index], case).await.ok()?;
    let exchange = run.calls.first()?.last()?;
    exchange.response().map(|response| response.headers.clone())
}
