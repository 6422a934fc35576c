//! The mocked environment on its socket, and the handle that steers it.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::service::service_fn;
use serde_json::Value;

use super::super::StackError;
use super::super::fault::{ArmedFault, FaultBoard, FaultHit};
use super::super::issuer::Tenant;
use super::super::listen::{Bound, Listening};
use super::super::tls::Tls;
use super::guard::Guard;
use super::ledger::{LedgerQuery, LedgerSize};
use super::organization::Organization;
use super::schema::{WaysIn, load, seat};
use super::seat::Seat;
use super::standing::Limits;
use super::store::alterations;
use crate::clock::Clock;
use crate::diagnose::{Diagnostic, Diagnostics, Place};
use crate::door::Origin;
use crate::observe::{LedgerEntry, ReadEntry};
use crate::wire::Fault;

/// What a mocked environment is started with.
#[derive(Clone, Debug)]
pub struct DataverseOptions {
    /// The folder with `environment.yaml` and the tables.
    pub tables: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The clock of ledger, limits and dates.
    pub clock: Clock,
    /// Whose tokens are accepted.
    pub tenant: Tenant,
    /// Speaks TLS as well, where it is given.
    pub tls: Option<Tls>,
    /// Which ways in are open; `None`: those that `environment.yaml` names.
    pub ways_in: Option<WaysIn>,
}

/// A running mock.
#[derive(Debug)]
#[must_use = "an environment that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Dataverse {
    handle: DataverseHandle,
    plain: Origin,
    listening: Listening,
}

/// Reads and steers a running mock. Clones are the same.
#[derive(Clone, Debug)]
pub struct DataverseHandle(Arc<Seat>, Arc<Path>);

/// How many snapshots are kept.
pub const SNAPSHOTS: usize = 16;

impl Dataverse {
    /// Reads the tables, and listens.
    ///
    /// # Errors
    /// The files have faults (all of them are told), or the port is taken.
    pub async fn start(options: DataverseOptions) -> Result<Self, StackError> {
        let folder = options.tables;
        let kept: Arc<Path> = folder.as_path().into();
        // Twenty thousand rows are a moment's work: not on a thread that serves.
        let read = tokio::task::spawn_blocking(move || load(&folder)).await;
        let mut definition =
            read.unwrap_or_else(|end| std::panic::resume_unwind(end.into_panic())).map_err(StackError::Mocks)?;
        let bound = Bound::at("dataverse", options.listen).await?;
        let plain = bound.origin().clone();
        let bound = bound.speaking(options.tls);
        let tenant = &options.tenant;
        for address in [&plain, &Origin { tls: true, ..plain.clone() }, bound.origin()] {
            tenant.directory().home().also_called(&definition.environment.url, &address.to_string());
        }
        let guard = Guard::new(tenant, definition.environment.url.clone());
        seat(&mut definition, &guard.callers());
        let ways_in = options.ways_in.unwrap_or(definition.environment.ways_in);
        let clock = options.clock;
        let seat = Seat::new(|seat| Organization::new(definition, (guard, ways_in), clock, seat));
        let served = seat.clone();
        let listening = bound.serve(service_fn(move |request| served.current().serve(request)));
        Ok(Self { handle: DataverseHandle(seat, kept), plain, listening })
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        self.listening.origin()
    }

    /// Where it speaks plain HTTP, for the tiers beside it.
    pub fn plain(&self) -> &Origin {
        &self.plain
    }

    /// What reads and steers it.
    pub fn handle(&self) -> &DataverseHandle {
        &self.handle
    }

    /// Stops listening and waits for every task.
    pub async fn stop(self) {
        self.listening.stop().await;
        self.handle.0.current().late.stop().await;
    }
}

impl DataverseHandle {
    /// Entries of the ledger, and the number to go on from.
    pub fn ledger(&self, query: &LedgerQuery) -> (Vec<LedgerEntry>, u64) {
        self.0.current().ledger(query)
    }

    /// What was read after a number, by whom, and the number to go on from;
    /// only with one of these correlation IDs, where there are any.
    pub fn reads(&self, since: u64, correlations: &[String], limit: usize) -> (Vec<ReadEntry>, u64) {
        self.0.current().reads(since, correlations, limit)
    }

    /// How large the ledger is.
    pub fn ledger_size(&self) -> LedgerSize {
        self.0.current().view().ledger.size()
    }

    /// How many effects the ledger has seen, also those that it has forgotten.
    pub fn effects(&self) -> u64 {
        self.0.current().effects()
    }

    /// Replaces all rows, links and files by those of a file that [`Self::save`] wrote.
    ///
    /// # Errors
    /// The file can't be read, or does not go with these tables; then nothing is
    /// changed.
    pub fn load(&self, state: &Path) -> Result<(), Diagnostics> {
        let organization = self.0.current();
        let altered = alterations(state);
        let done = organization.alter_again(altered).map_err(|(number, refusal)| {
            let place = Place { file: state.display().to_string().into(), line: number as u32 + 2, column: 1 };
            let what = format!("changes tables in a way that is refused: {}", refusal.message);
            let fault = Diagnostic::error(place, what);
            fault.hint("a state file goes with the tables that it was written for").into()
        });
        let done = done.and_then(|()| organization.store().load(state, &organization.files));
        done.inspect_err(|_: &Diagnostics| organization.unalter())
    }

    /// Writes all rows, links and files of columns to a file.
    ///
    /// # Errors
    /// The file can't be written; what was there stays.
    pub fn save(&self, state: &Path) -> io::Result<()> {
        let organization = self.0.current();
        let altered = organization.alterations().clone();
        organization.view().save(state, (&organization.files, &altered))
    }

    /// Keeps all rows and links as they are under a name; says whether there was
    /// room, for [`SNAPSHOTS`] are kept.
    pub fn snapshot(&self, name: &str) -> bool {
        self.0.current().snapshot(name)
    }

    /// Back to a snapshot; says whether there is one of this name. The ledger
    /// keeps what happened, and row versions go on counting.
    pub fn restore(&self, name: &str) -> bool {
        self.0.current().restore(name)
    }

    /// Back to the rows of the files, which are read again.
    ///
    /// # Errors
    /// The files have faults by now, or other tables; then nothing is changed.
    pub async fn reset(&self) -> Result<(), Diagnostics> {
        let (organization, folder) = (self.0.current(), self.1.clone());
        let done = tokio::task::spawn_blocking(move || organization.reset(load(&folder)?));
        done.await.unwrap_or_else(|end| std::panic::resume_unwind(end.into_panic()))
    }

    /// The faults of all tiers.
    pub(in crate::stack) fn board(&self) -> FaultBoard {
        self.0.current().faults().clone()
    }

    /// Arms a fault; gives the number to disarm it by.
    pub fn arm(&self, fault: Fault) -> u64 {
        self.0.current().arm(fault)
    }

    /// Disarms a fault; says whether it was armed.
    pub fn disarm(&self, id: u64) -> bool {
        self.0.current().disarm(id)
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.0.current().clear_faults();
    }

    /// The faults that are armed, in their order, with what they did.
    pub fn faults(&self) -> Vec<ArmedFault> {
        self.0.current().faults().list()
    }

    /// What faults did after a number, at most so many, and the number to go on
    /// from. The last 10,000 are kept.
    pub fn fault_hits(&self, since: u64, limit: usize) -> (Vec<FaultHit>, u64) {
        self.0.current().faults().hits(since, limit)
    }

    /// Where everybody stands with the limits of the environment.
    pub fn limits(&self) -> Limits {
        self.0.current().limits()
    }

    /// Values of a column in the order of its rows, from `offset`, at most
    /// `limit`, and how many there are; `None` where there is no such table or
    /// column.
    pub fn pool(&self, table: &str, column: &str, offset: usize, limit: usize) -> Option<(Vec<Value>, usize)> {
        self.0.current().pool(table, column, (offset, limit))
    }
}
