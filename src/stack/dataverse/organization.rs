//! The environment as it runs: who may come in, what goes wrong on purpose,
//! and then the operation.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use http::header::CONTENT_TYPE;
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::Value;

use super::super::fault::FaultBoard;
use super::alter::Blueprint;
use super::body::AnswerBody;
use super::crowd::Crowd;
use super::entitled::Entitled;
use super::error::Refusal;
use super::guard::Guard;
use super::head::Head;
use super::late::Late;
use super::ledger::{LedgerQuery, Read, Reads, Writer};
use super::metadata::Catalogue;
use super::operate::{Background, Call, Files};
use super::schema::{Action, Cell, Definition, Environment, Table, WaysIn, seat};
use super::search::Search;
use super::seat::Seat;
use super::server::SNAPSHOTS;
use super::servers::Servers;
use super::store::{Snapshot, Society, Store};
use crate::clock::Clock;
use crate::diagnose::{Diagnostic, Diagnostics, Place};
use crate::observe::{LedgerEntry, ReadEntry};

/// The largest body that is read: 116.85 MB (reference A8).
const LARGEST_BODY: usize = 122_525_696;

/// The largest file that is sent at once (reference A13).
const LARGEST_FILE: usize = 128 << 20;

/// The connection is reset on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset on purpose")]
pub(super) struct Reset;

/// The environment with the tables that it has at the moment. Whoever changes
/// tables puts another in its place; what is shared stays.
#[derive(Debug)]
pub(super) struct Organization {
    pub(super) tables: Vec<Arc<Table>>,
    pub(super) catalogue: Catalogue,
    /// How often tables were changed before.
    pub(super) generation: u64,
    pub(super) shared: Arc<Shared>,
}

/// What stays when tables change: state, faults and limits.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) environment: Environment,
    pub(super) actions: Vec<Action>,
    pub(super) ways_in: WaysIn,
    pub(super) crowd: Crowd,
    store: RwLock<Store>,
    reads: Mutex<Reads>,
    snapshots: Mutex<HashMap<String, Snapshot>>,
    pub(super) faults: FaultBoard,
    pub(super) servers: Servers,
    pub(super) entitled: Entitled,
    pub(super) guard: Guard,
    pub(super) clock: Clock,
    /// Writes that are committed later on purpose.
    pub(super) late: Late,
    /// What file columns hold.
    pub(super) files: Files,
    /// Actions that were accepted to be done in the background.
    pub(super) background: Background,
    pub(super) search: Search,
    /// The header fields of every answer.
    pub(super) head: Head,
    /// How many requests came in.
    requests: AtomicU64,
    pub(super) seat: Weak<Seat>,
    /// Held by whoever relies on the tables as they are, alone by whoever
    /// changes them.
    pub(super) steady: RwLock<()>,
    /// How often tables were changed.
    pub(super) changes: AtomicU64,
    /// What the files describe: nobody deletes it.
    pub(super) files_say: Arc<super::alter::Files>,
    /// What was done to tables since.
    pub(super) altered: Mutex<Vec<super::alter::Alteration>>,
}

impl Deref for Organization {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

/// The lock's content; a holder that panicked left it whole, because every
/// change is made of complete steps.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Organization {
    pub(super) fn new(
        definition: Definition,
        (guard, ways_in): (Guard, WaysIn),
        clock: Clock,
        seat: Weak<Seat>,
    ) -> Self {
        let environment = definition.environment;
        let tables: Vec<_> = definition.tables.into_iter().map(|(table, seeds)| (Arc::new(table), seeds)).collect();
        let known: Vec<_> = tables.iter().map(|(table, _)| table.clone()).collect();
        let society = Society::of(&environment, &known);
        let files_say = Blueprint::new(known.clone(), definition.relations.clone(), definition.choices.clone());
        let shared = Shared {
            ways_in,
            crowd: Crowd::default(),
            snapshots: Mutex::default(),
            reads: Mutex::new(Reads::new(known.clone())),
            actions: definition.actions,
            store: RwLock::new(Store::new(tables, definition.relations.len(), (society, clock.now()))),
            faults: FaultBoard::default(),
            servers: Servers::new(&environment.protection, clock.clone()),
            entitled: Entitled::new(environment.protection.entitlement.clone(), |name| guard.application(name)),
            late: Late::default(),
            background: Background::default(),
            search: Search::default(),
            head: Head::new(environment.organization, environment.protection.dop_hint),
            guard,
            clock,
            files: Files::new(environment.file_storage),
            requests: AtomicU64::new(0),
            seat,
            steady: RwLock::default(),
            changes: AtomicU64::new(0),
            files_say: files_say.files,
            altered: Mutex::default(),
            environment,
        };
        let catalogue = Catalogue::new(known.clone(), definition.relations, definition.choices);
        Self { tables: known, catalogue, generation: 0, shared: Arc::new(shared) }
    }

    /// The store, to write.
    pub(super) fn store(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store, to read; readers share it.
    pub(super) fn view(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The snapshots. Whoever wants the store as well takes these first.
    pub(super) fn snapshots(&self) -> MutexGuard<'_, HashMap<String, Snapshot>> {
        locked(&self.snapshots)
    }

    pub(super) fn snapshot(&self, name: &str) -> bool {
        let mut snapshots = locked(&self.snapshots);
        let room = snapshots.len() < SNAPSHOTS || snapshots.contains_key(name);
        if room {
            snapshots.insert(name.to_owned(), self.view().snapshot());
        }
        room
    }

    pub(super) fn restore(&self, name: &str) -> bool {
        // Held until it is done: its files are named by nothing else meanwhile.
        let snapshots = locked(&self.snapshots);
        snapshots.get(name).cloned().map(|snapshot| self.store().restore(snapshot)).is_some()
    }

    /// The rows of the files again, and their tables alone; the files may not
    /// have others by now.
    pub(super) fn reset(&self, mut definition: Definition) -> Result<(), Diagnostics> {
        seat(&mut definition, &self.guard.callers());
        if !self.files_say.goes_with(&definition) {
            let mut diagnostics = Diagnostics::new();
            let what = "the tables are others than when the system was started";
            diagnostics.push(Diagnostic::error(Place::file("mocks/dataverse"), what).hint("start it again"));
            return Err(diagnostics);
        }
        self.unalter();
        self.store().reset(definition, self.clock.now());
        Ok(())
    }

    /// Enters what a read gave.
    pub(super) fn note_read(&self, writer: &Writer, read: &Read) {
        locked(&self.reads).push(writer, read);
    }

    /// The record of reads speaks of other tables from now on.
    pub(super) fn relabel_reads(&self, tables: &[Arc<Table>]) {
        locked(&self.reads).relabel(tables);
    }

    pub(super) fn table(&self, collection: &str) -> Option<usize> {
        self.tables.iter().position(|t| &*t.collection == collection && !t.is_gone())
    }

    /// Serves one request. An error resets the connection.
    pub(super) async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<AnswerBody>, Reset> {
        let (parts, body) = request.into_parts();
        let is_file = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "application/octet-stream");
        let largest = if is_file { LARGEST_FILE } else { LARGEST_BODY };
        let body = Limited::new(body, largest).collect().await.map(http_body_util::Collected::to_bytes);
        let now = self.clock.now();
        let Ok(body) = body else {
            return Ok(self.unread(&Refusal::too_large()));
        };
        if Self::is_search(&parts) {
            return Ok(self.unread(&self.searched(&parts, now)));
        }
        let call = match Call::new(parts, body, (now, self.requests.fetch_add(1, Ordering::Relaxed) + 1)) {
            Ok(call) => call,
            Err(refusal) => return Ok(self.unread(&refusal)),
        };
        self.answer(call).await
    }

    async fn answer(self: &Arc<Self>, mut call: Call) -> Result<Response<AnswerBody>, Reset> {
        let annotated = call.prefer.annotated();
        let mut entered = match self.enter(&call) {
            Ok(entered) => entered,
            Err((refusal, told)) => return Ok(self.respond(self.refusal(&refusal, annotated), told)),
        };
        let _present = self.counted(&mut entered);
        let injected = self.injected(&call, &entered.principal, false);
        call.stuck_cookie = injected.stuck_cookie;
        call.as_of = injected.stale.map(|ago| call.at.minus(ago));
        let outcome = self.carry_out(call, &entered.principal, &injected);
        // No lock is held from here on.
        let cost = outcome.cost();
        let costs = self.execution(cost);
        if self.environment.protection.costs.waits {
            self.clock.sleep(costs).await;
        }
        let delay = injected.delay + outcome.delay();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let execution = costs + delay.mul_f64(self.clock.scale());
        let told = self.let_out(entered, cost, execution, self.clock.now());
        outcome.finish(&injected, |answer| self.respond(answer, told)).await
    }

    pub(super) fn ledger(&self, query: &LedgerQuery) -> (Vec<LedgerEntry>, u64) {
        let (mut entries, next) = self.view().ledger.query(query);
        let dop_hint = u16::try_from(self.environment.protection.dop_hint).unwrap_or(u16::MAX);
        entries.iter_mut().for_each(|entry| entry.dop_hint = dop_hint);
        (entries, next)
    }

    pub(super) fn reads(&self, since: u64, correlations: &[String], limit: usize) -> (Vec<ReadEntry>, u64) {
        locked(&self.reads).query(since, correlations, limit)
    }

    pub(super) fn effects(&self) -> u64 {
        self.view().ledger.effects()
    }

    pub(super) fn faults(&self) -> &FaultBoard {
        &self.faults
    }

    /// Values of a column in the order of the rows, those that are nothing
    /// left out; `None` where there is no such table or column.
    pub(super) fn pool(&self, table: &str, column: &str, page: (usize, usize)) -> Option<(Vec<Value>, usize)> {
        let index = self.table(table)?;
        let definition = &self.tables[index];
        let store = self.view();
        let (offset, limit) = page;
        if column == &*definition.primary_id {
            let ids = store.rows(index).iter().map(|row| Value::from(row.id.to_string()));
            return Some((ids.skip(offset).take(limit).collect(), store.rows(index).len()));
        }
        let position = definition.column(column)?;
        let cells = || store.rows(index).iter().map(|row| &row.cells[position]).filter(|cell| **cell != Cell::Null);
        let values = cells().skip(offset).take(limit).map(Cell::to_json).collect();
        Some((values, cells().count()))
    }
}
