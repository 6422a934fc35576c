//! Reading and writing the accounts of a set, many at once within bounds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{Stream, StreamExt, stream};

use super::super::dataverse::{Condition, Errand, GivenUp, NotTogether, RowOfSet, Trouble};
use super::super::execution::Execution;
use super::super::problem::Fault;
use super::record::Record;

const READS_AT_ONCE: usize = 16;
const WRITES_AT_ONCE: usize = 8;

/// A record to be written.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// Its place in the set.
    pub(super) index: usize,
    /// The record.
    pub(super) record: Record,
    /// The version that was read.
    pub(super) condition: Condition,
    /// An earlier try may have taken effect.
    pub(super) maybe_done: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// It stands.
    Done,
    /// It was given up.
    GivenUp(GivenUp),
    /// It was not begun, because Dataverse did not take the others.
    NotBegun,
}

/// The versions of these accounts, in order; `None` where there is no such
/// account.
pub(super) async fn versions(
    execution: &Arc<Execution>,
    errand: &Errand,
    records: &[(usize, Record)],
) -> Result<Vec<Option<String>>, Trouble> {
    let keys: Vec<String> = records.iter().map(|(_, record)| record.id.to_string()).collect();
    let read = |key: String| {
        let (execution, errand) = (Arc::clone(execution), errand.clone());
        async move { execution.dataverse.read(&errand, "accounts", &key, "accountid").await }
    };
    let mut rows = stream::iter(keys).map(read).buffered(READS_AT_ONCE);
    let mut versions = Vec::with_capacity(records.len());
    while let Some(row) = rows.next().await {
        versions.push(row?.map(|row| row.etag));
    }
    Ok(versions)
}

/// Writes them, in no order; what came of each as soon as it is known. After
/// the first that Dataverse does not take, no other is begun.
pub(super) fn write_all(
    execution: &Arc<Execution>,
    errand: &Errand,
    work: Vec<Work>,
) -> impl Stream<Item = (Work, Applied)> + Unpin + Send + 'static {
    let (stopped, hurried) = (Arc::new(AtomicBool::new(false)), errand.hurried);
    let (execution, errand) = (Arc::clone(execution), errand.clone());
    let write = move |work: Work| {
        let (execution, errand, stopped) = (Arc::clone(&execution), errand.clone(), Arc::clone(&stopped));
        async move {
            if stopped.load(Ordering::Relaxed) {
                return (work, Applied::NotBegun);
            }
            let applied = write_one(&execution, &errand, &work).await;
            if let Applied::GivenUp(GivenUp { trouble: Trouble::Unavailable { .. }, .. }) = applied {
                stopped.store(true, Ordering::Relaxed);
            }
            (work, applied)
        }
    };
    let at_once = if hurried { work.len().max(1) } else { WRITES_AT_ONCE };
    Box::pin(stream::iter(work).map(write).buffer_unordered(at_once))
}

/// Writes them all in one change set, or none of them; what came of each.
pub(super) async fn write_together(execution: &Execution, errand: &Errand, work: Vec<Work>) -> Vec<(Work, Applied)> {
    let row = |work: &Work| RowOfSet {
        target: work.record.target(),
        version: if let Condition::Version(etag) = &work.condition { Some(etag.clone()) } else { None },
        maybe_done: work.maybe_done,
    };
    let rows: Vec<RowOfSet> = work.iter().map(row).collect();
    let outcome = execution.dataverse.write_together(errand, &rows).await;
    let applied = |n: usize| match outcome {
        Ok(()) => Applied::Done,
        // The others would have been written.
        Err(NotTogether { given_up, row: Some(row) }) if given_up.trouble == Trouble::Gone && row != n => {
            Applied::NotBegun
        }
        Err(NotTogether { given_up, .. }) => Applied::GivenUp(given_up),
    };
    work.into_iter().enumerate().map(|(n, work)| (work, applied(n))).collect()
}

/// Writes one.
pub(super) async fn write_one(execution: &Execution, errand: &Errand, work: &Work) -> Applied {
    let target = work.record.target();
    match execution.dataverse.write(errand, &target, work.condition.clone(), work.maybe_done).await {
        Ok(_) => Applied::Done,
        Err(given_up) => Applied::GivenUp(given_up),
    }
}

/// The defect that writes while it validates: these stand before the first
/// faulty record.
pub(super) async fn write_ahead(execution: &Arc<Execution>, errand: &Errand, records: Vec<Record>) {
    for (index, record) in records.into_iter().enumerate() {
        let work = Work { index, record, condition: Condition::Unread, maybe_done: false };
        if write_one(execution, errand, &work).await != Applied::Done {
            return;
        }
    }
}

/// There is no such account.
pub(super) fn unknown_account(index: usize, record: &Record) -> Fault {
    Fault::new(format!("/records/{index}/id"), "names no account").of(Some(&record.id_text))
}
