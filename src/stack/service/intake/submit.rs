//! Taking a file: claim it, write its lines, tell what became of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lc_rs::digest;
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::super::bulk;
use super::super::call::Call;
use super::super::dataverse::{Condition, Each, Errand, GivenUp, ROWS_OF_BATCH, Target, Trouble, Written};
use super::super::defect::Defect;
use super::super::execution::{Execution, hex};
use super::super::ledger::Place;
use super::super::memory::{Fingerprint, ItemId, Scope, Standing};
use super::super::problem::{Answer, FailureType, Fault, Problem};
use super::super::route::Contract;
use super::line::Invoice;
use super::result::done;
use super::table::{Line, Reading, read};

const WRITES_AT_ONCE: usize = 8;
/// How long one call goes on retrying, by the shared clock.
const PATIENCE: Duration = Duration::from_mins(1);

/// How far a line has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum RowState {
    /// Not written.
    Untouched,
    /// Tried, and perhaps written unseen.
    Maybe,
    /// Written.
    Written,
    /// Left as it was, because another call wrote it.
    Known,
}

impl RowState {
    /// What is known of the line once it may have been sent.
    fn tried(self) -> Self {
        if self == Self::Untouched { Self::Maybe } else { self }
    }
}

/// Takes a file.
pub(in super::super) async fn submit(
    execution: &Arc<Execution>,
    contract: Contract,
    call: &Call,
    (query, workbook, body): (&str, bool, &Bytes),
) -> Result<Answer, Problem> {
    let reading = Reading::read(contract, query, workbook)?;
    let lines = match read(body, reading, &execution.defects) {
        Ok(lines) => lines,
        Err(problem) => return Err(refused(execution, call, problem, (reading, body)).await),
    };
    let hash = digest::digest(&digest::SHA256, body);
    let file_id = hex(hash.as_ref());
    // The same file read another way is the same item with other content.
    let item = [(ItemId(Fingerprint::of(body).0), Fingerprint::of(format!("{reading:?}").as_bytes()))];
    let scope = Scope::without_step("submitFile", call);
    let free = |standings: &[Standing<Vec<RowState>>]| !matches!(standings[0], Standing::Running | Standing::Conflict);
    let (mut standings, claim) = execution.files.claim(&scope, &item, free);
    let Some(mut claim) = claim else {
        return Err(busy(execution, &standings[0]));
    };
    let rows = match standings.pop() {
        Some(Standing::Done(rows)) => rows,
        standing => {
            let begun = match standing {
                Some(Standing::Open(rows)) => rows,
                _ => vec![RowState::Untouched; lines.len()],
            };
            execution.hesitate().await;
            let errand = execution.errand(call, PATIENCE);
            claim.intend(item[0].0, begun.iter().copied().map(RowState::tried).collect());
            let mut file = File { execution: Arc::clone(execution), contract, errand, rows: begun };
            match file.write(&lines).await {
                Ok(()) => claim.done(item[0].0, file.rows.clone()),
                Err(trouble) => {
                    if execution.defects.has(Defect::StuckAfterFailure) {
                        claim.stick();
                    }
                    claim.open(item[0].0, file.remembered());
                    return Err(told(trouble));
                }
            }
            file.rows
        }
    };
    let answer = done(contract, &file_id, &lines, &rows);
    execution.ledger.put(Place::of(contract, call, &file_id), answer.body.clone(), false);
    Ok(answer)
}

/// The file is being written, or was sent before to be read another way.
fn busy(execution: &Execution, standing: &Standing<Vec<RowState>>) -> Problem {
    match standing {
        Standing::Conflict => {
            Problem::conflict(vec![Fault::new("", "was sent before under this correlation ID, to be read another way")])
        }
        _ => bulk::busy(execution),
    }
}

fn told(trouble: Trouble) -> Problem {
    match trouble {
        Trouble::Unavailable { retry_after } => Problem::unavailable(retry_after),
        Trouble::Gone | Trouble::Refused(_) => Problem::new(FailureType::Internal, "Dataverse did not take a line"),
    }
}

/// Why a file is refused as such. The defect that writes while it validates
/// has by then written the lines that are no line too many.
async fn refused(
    execution: &Arc<Execution>,
    call: &Call,
    problem: Problem,
    (reading, body): (Reading, &Bytes),
) -> Problem {
    let ahead = execution.defects.has(Defect::WriteBeforeValidation) && problem.failure == FailureType::TooManyItems;
    // The header and the lines up to the limit; a line break inside a quoted
    // field does not matter to this defect.
    let breaks = || body.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    if ahead
        && let Some((end, _)) = breaks().nth(1000)
        && let Ok(lines) = read(&body[..end], reading, &execution.defects)
    {
        let errand = execution.errand(call, PATIENCE);
        let rows = vec![RowState::Untouched; lines.len()];
        let mut file = File { execution: Arc::clone(execution), contract: Contract::TabularIntakeV1, errand, rows };
        // The file is refused whatever comes of it.
        let _ = file.write(&lines).await;
    }
    problem
}

/// A line that is to be written: its number, what it says, and whether it may
/// have been written unseen.
type Todo = (usize, Invoice, bool);

struct File {
    execution: Arc<Execution>,
    contract: Contract,
    errand: Errand,
    rows: Vec<RowState>,
}

impl File {
    /// Writes the lines that are not written. After the first that Dataverse
    /// does not take, no other is begun.
    async fn write(&mut self, lines: &[Line]) -> Result<(), Trouble> {
        let todo: Vec<Todo> = lines.iter().enumerate().filter_map(|(n, l)| self.todo(n, l)).collect();
        let todo = self.without_neighbours(lines, todo);
        if self.contract == Contract::TabularIntakeV2 && todo.len() > 1 {
            return self.write_in_batches(todo).await;
        }
        let stopped = Arc::new(AtomicBool::new(false));
        let (execution, errand, contract) = (Arc::clone(&self.execution), self.errand.clone(), self.contract);
        let write = move |(n, invoice, maybe_done): Todo| {
            let (execution, errand, stopped) = (Arc::clone(&execution), errand.clone(), Arc::clone(&stopped));
            async move {
                if stopped.load(Ordering::Relaxed) {
                    return (n, None);
                }
                let outcome = write_one(&execution, contract, &errand, (n, &invoice, maybe_done)).await;
                if outcome.is_err() {
                    stopped.store(true, Ordering::Relaxed);
                }
                (n, Some(outcome))
            }
        };
        let mut written = Box::pin(stream::iter(todo).map(write).buffer_unordered(WRITES_AT_ONCE));
        let mut trouble = None;
        while let Some((n, outcome)) = written.next().await {
            if let Some(outcome) = outcome {
                self.note(n, outcome, &mut trouble);
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    /// Writes many lines in batches, each line for itself. After a batch that
    /// Dataverse does not take as a whole, no other is begun.
    async fn write_in_batches(&mut self, todo: Vec<Todo>) -> Result<(), Trouble> {
        for todo in todo.chunks(ROWS_OF_BATCH) {
            let rows: Vec<_> = todo.iter().map(|(_, invoice, maybe_done)| (invoice.target(), *maybe_done)).collect();
            let outcomes = self.execution.dataverse.create_each(&self.errand, &rows).await;
            let mut trouble = None;
            for ((n, ..), ((target, _), outcome)) in todo.iter().zip(rows.iter().zip(outcomes)) {
                let outcome = match outcome {
                    Ok(Each::Exists) if rewrites(&self.execution, *n) => self.rewrite(target).await,
                    Ok(Each::Exists) => Ok(RowState::Known),
                    Ok(Each::Done) => Ok(RowState::Written),
                    Err(given_up) => Err(given_up),
                };
                self.note(*n, outcome, &mut trouble);
            }
            if let Some(trouble) = trouble {
                return Err(trouble);
            }
        }
        Ok(())
    }

    /// Two defects write a known invoice again.
    async fn rewrite(&self, target: &Target) -> Result<RowState, GivenUp> {
        let written = self.execution.dataverse.write(&self.errand, target, Condition::Unread, false).await;
        written.map(|_| RowState::Written)
    }

    fn note(&mut self, n: usize, outcome: Result<RowState, GivenUp>, trouble: &mut Option<Trouble>) {
        self.rows[n] = match outcome {
            Ok(state) => state,
            Err(given_up) => {
                *trouble = Some(worse(*trouble, given_up.trouble));
                if given_up.maybe_done { RowState::Maybe } else { RowState::Untouched }
            }
        };
    }

    /// The defect that leaves out the line before an invalid one.
    fn without_neighbours(&self, lines: &[Line], mut todo: Vec<Todo>) -> Vec<Todo> {
        if self.execution.defects.has(Defect::NeighbourOfInvalidDropped) {
            todo.retain(|(n, ..)| lines.get(n + 1).is_none_or(|next| next.content.is_ok()));
        }
        todo
    }

    fn todo(&self, n: usize, line: &Line) -> Option<Todo> {
        let maybe_done = match self.rows[n] {
            RowState::Untouched => false,
            RowState::Maybe => true,
            RowState::Written | RowState::Known => return None,
        };
        Some((n, line.content.as_ref().ok()?.clone(), maybe_done))
    }

    /// What is kept of a file that is not done: nothing where nothing was
    /// tried.
    fn remembered(&self) -> Vec<RowState> {
        if self.rows.iter().all(|row| *row == RowState::Untouched) { Vec::new() } else { self.rows.clone() }
    }
}

/// That Dataverse can't now counts more than that it refused; of two waits the
/// longer one.
fn worse(known: Option<Trouble>, trouble: Trouble) -> Trouble {
    let rank = |trouble: &Trouble| match trouble {
        Trouble::Unavailable { retry_after } => (1, *retry_after),
        Trouble::Gone | Trouble::Refused(_) => (0, 0),
    };
    known.filter(|known| rank(known) >= rank(&trouble)).unwrap_or(trouble)
}

/// Whether a known invoice is written again, by two defects.
fn rewrites(execution: &Execution, n: usize) -> bool {
    let later = execution.defects.has(Defect::LaterLinesRewritten) && n > 0;
    later || execution.defects.has(Defect::KnownInvoiceRewritten)
}

/// Creates the invoice. Where it exists, version 1 writes it again and version
/// 2 leaves it.
async fn write_one(
    execution: &Execution,
    contract: Contract,
    errand: &Errand,
    (n, invoice, maybe_done): (usize, &Invoice, bool),
) -> Result<RowState, GivenUp> {
    let target = invoice.target();
    match execution.dataverse.write(errand, &target, Condition::Absent, maybe_done).await? {
        Written::Done => Ok(RowState::Written),
        Written::Exists(_) if contract == Contract::TabularIntakeV2 && !rewrites(execution, n) => Ok(RowState::Known),
        Written::Exists(row) => {
            execution.dataverse.write(errand, &target, Condition::Version(row.etag), false).await?;
            Ok(RowState::Written)
        }
    }
}
