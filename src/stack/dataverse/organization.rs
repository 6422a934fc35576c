//! The environment as it runs: who may come in, what goes wrong on purpose,
//! and then the operation.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde_json::Value;

use super::super::fault::{self, FaultBoard, Subject};
use super::answer::{Answer, Context, respond};
use super::crowd::Crowd;
use super::error::Refusal;
use super::guard::{Guard, Principal};
use super::ledger::{LedgerQuery, Read, Reads, Writer};
use super::operate::Call;
use super::schema::{Cell, Definition, Environment, Table, WaysIn};
use super::store::Store;
use crate::clock::{Clock, Timestamp};
use crate::limit::{Admission, ServiceProtection};
use crate::observe::{LedgerEntry, ReadEntry};
use crate::wire::{Downstream, FaultKind};

/// The largest body that is read.
const LARGEST_BODY: usize = 16 << 20;

/// The connection is reset on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset on purpose")]
pub(super) struct Reset;

/// The environment: state, faults and limits.
#[derive(Debug)]
pub(super) struct Organization {
    pub(super) environment: Environment,
    pub(super) tables: Vec<Arc<Table>>,
    ways_in: WaysIn,
    crowd: Crowd,
    store: RwLock<Store>,
    reads: Mutex<Reads>,
    faults: FaultBoard,
    protection: Mutex<ServiceProtection>,
    guard: Guard,
    clock: Clock,
    /// How many requests came in.
    requests: AtomicU64,
}

/// The lock's content; a holder that panicked left it whole, because every
/// change is made of complete steps.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Organization {
    pub(super) fn new(definition: Definition, guard: Guard, ways_in: WaysIn, clock: Clock) -> Self {
        let environment = definition.environment;
        let tables: Vec<_> = definition.tables.into_iter().map(|(table, seeds)| (Arc::new(table), seeds)).collect();
        let known: Vec<_> = tables.iter().map(|(table, _)| table.clone()).collect();
        Self {
            ways_in,
            crowd: Crowd::default(),
            reads: Mutex::new(Reads::new(known.clone())),
            tables: known,
            store: RwLock::new(Store::new(tables, definition.relations.len(), clock.now())),
            faults: FaultBoard::default(),
            protection: Mutex::new(ServiceProtection::new(environment.requests, environment.window)),
            guard,
            clock,
            requests: AtomicU64::new(0),
            environment,
        }
    }

    /// The store, to write.
    pub(super) fn store(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store, to read; readers share it.
    pub(super) fn view(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters what a read gave.
    pub(super) fn note_read(&self, writer: &Writer, read: &Read) {
        locked(&self.reads).push(writer, read);
    }

    pub(super) fn table(&self, collection: &str) -> Option<usize> {
        self.tables.iter().position(|t| &*t.collection == collection)
    }

    /// Serves one request. An error resets the connection.
    pub(super) async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Reset> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, LARGEST_BODY).collect().await.map(http_body_util::Collected::to_bytes);
        let now = self.clock.now();
        let Ok(body) = body else {
            return Ok(self.refused(&Refusal::too_large(), false, now));
        };
        let call = match Call::new(parts, body, (now, self.requests.fetch_add(1, Ordering::Relaxed) + 1)) {
            Ok(call) => call,
            Err(refusal) => return Ok(self.refused(&refusal, false, now)),
        };
        self.answer(&call).await
    }

    async fn answer(&self, call: &Call) -> Result<Response<Full<Bytes>>, Reset> {
        let annotated = call.prefer.annotated();
        let (principal, remaining) = match self.enter(call) {
            Ok(entered) => entered,
            Err(refusal) => return Ok(self.refused(&refusal, annotated, call.at)),
        };
        let present = self.crowd.enter(&principal.id);
        let principal = Principal { under_way: present.number, ..principal };
        let hit = self.fault(call);
        let name = hit.as_ref().map(fault::name);
        let refusal = match &hit {
            Some(FaultKind::Reset) => {
                self.note_refusal(call, &principal, (0, "reset"), name);
                return Err(Reset);
            }
            Some(FaultKind::Throttled { retry_after }) => Some(self.throttled(*retry_after)),
            Some(FaultKind::Unavailable) => Some(Refusal::unavailable()),
            Some(
                FaultKind::Slow { .. } | FaultKind::AnswerLost | FaultKind::OffSchema | FaultKind::SomebodyElse { .. },
            )
            | None => None,
        };
        let answer = match refusal {
            Some(refusal) => {
                self.note_refusal(call, &principal, (refusal.status, refusal.code), name);
                Answer::refusal(&refusal, annotated)
            }
            None => self.execute(call, &principal, name).unwrap_or_else(|r| Answer::refusal(&r, annotated)),
        };
        // No lock is held here.
        match hit {
            Some(FaultKind::AnswerLost) => Err(Reset),
            Some(FaultKind::SomebodyElse { column, value }) => {
                self.somebody_else_writes(call, &column, &value);
                Ok(self.respond(answer, remaining))
            }
            Some(FaultKind::Slow { milliseconds }) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                Ok(self.respond(answer, remaining))
            }
            _ => Ok(self.respond(answer, remaining)),
        }
    }

    /// Who calls, and how many requests are left to him.
    fn enter(&self, call: &Call) -> Result<(Principal, u64), Refusal> {
        let principal = self.guard.principal(call.header("authorization"), call.at).inspect_err(|refusal| {
            self.note_refusal(call, &Principal::nobody(), (refusal.status, refusal.code), None);
        })?;
        if !self.ways_in.admit(principal.way) {
            let logical = self.table(&call.path.segment).map_or("systemuser", |t| &self.tables[t].logical);
            let verb = if call.operation().is_some() { "Write" } else { "Read" };
            let refusal = Refusal::missing_privilege(&principal.id, verb, logical);
            self.note_refusal(call, &principal, (refusal.status, refusal.code), None);
            return Err(refusal);
        }
        match locked(&self.protection).admit(&principal.id, call.at) {
            Admission::Admitted { remaining } => Ok((principal, remaining)),
            Admission::Refused { retry_after } => {
                let refusal = self.throttled(retry_after);
                self.note_refusal(call, &principal, (refusal.status, refusal.code), None);
                Err(refusal)
            }
        }
    }

    fn throttled(&self, retry_after: u64) -> Refusal {
        Refusal::throttled(self.environment.requests, self.environment.window.as_secs(), retry_after)
    }

    fn fault(&self, call: &Call) -> Option<FaultKind> {
        let (tier, table) = (Downstream::Dataverse, call.path.segment.as_str());
        self.faults.hit(&Subject { tier, table, method: call.method.as_str(), headers: &call.headers, now: call.at })
    }

    /// Enters a write that was refused before its operation began.
    pub(super) fn note_refusal(
        &self,
        call: &Call,
        principal: &Principal,
        why: (u16, &'static str),
        fault: Option<&'static str>,
    ) {
        let Some(operation) = call.operation() else { return };
        let table = self.table(&call.path.segment).map(|t| &self.tables[t]);
        let attempt = call.attempt(operation, table.ok_or(call.path.segment.as_str()));
        self.store().ledger.refuse(&call.writer(principal, fault), &attempt, why.0, why.1);
    }

    fn refused(&self, refusal: &Refusal, annotated: bool, now: Timestamp) -> Response<Full<Bytes>> {
        let mut answer = Answer::refusal(refusal, annotated);
        if refusal.status == 401 {
            let challenge = format!(
                "Bearer authorization_uri={}, resource_id={}",
                self.guard.authorization_uri(),
                self.environment.url
            );
            answer = answer.with("www-authenticate", challenge);
        }
        respond(answer, &self.context(0, now))
    }

    fn respond(&self, answer: Answer, remaining: u64) -> Response<Full<Bytes>> {
        respond(answer, &self.context(remaining, self.clock.now()))
    }

    fn context(&self, remaining: u64, now: Timestamp) -> Context<'_> {
        Context {
            now,
            remaining,
            dop_hint: self.environment.dop_hint,
            organization: self.environment.organization,
            allowed: "OPTIONS,GET,HEAD,POST",
        }
    }

    pub(super) fn ledger(&self, query: &LedgerQuery) -> (Vec<LedgerEntry>, u64) {
        let (mut entries, next) = self.view().ledger.query(query);
        let dop_hint = u16::try_from(self.environment.dop_hint).unwrap_or(u16::MAX);
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
