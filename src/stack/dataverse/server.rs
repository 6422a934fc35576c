//! The mocked environment on its socket, and the handle that steers it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hyper::service::service_fn;
use serde_json::Value;

use super::super::StackError;
use super::super::fault::{ArmedFault, FaultBoard, FaultHit};
use super::super::issuer::Tenant;
use super::super::listen::{Bound, Listening};
use super::guard::Guard;
use super::ledger::LedgerQuery;
use super::organization::Organization;
use super::schema::{WaysIn, load};
use super::standing::Limits;
use crate::clock::Clock;
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
    /// Which ways in are open; `None`: those that `environment.yaml` names.
    pub ways_in: Option<WaysIn>,
}

/// A running mock.
#[derive(Debug)]
#[must_use = "an environment that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Dataverse {
    handle: DataverseHandle,
    listening: Listening,
}

/// Reads and steers a running mock. Clones are the same.
#[derive(Clone, Debug)]
pub struct DataverseHandle(Arc<Organization>);

impl Dataverse {
    /// Reads the tables, and listens.
    ///
    /// # Errors
    /// The files have faults (all of them are told), or the port is taken.
    pub async fn start(options: DataverseOptions) -> Result<Self, StackError> {
        let folder = options.tables;
        // Twenty thousand rows are a moment's work: not on a thread that serves.
        let read = tokio::task::spawn_blocking(move || load(&folder)).await;
        let definition =
            read.unwrap_or_else(|end| std::panic::resume_unwind(end.into_panic())).map_err(StackError::Mocks)?;
        let bound = Bound::at("dataverse", options.listen).await?;
        let tenant = &options.tenant;
        let guard = Guard::new(tenant, definition.environment.url.clone());
        let ways_in = options.ways_in.unwrap_or(definition.environment.ways_in);
        let organization = Arc::new(Organization::new(definition, guard, ways_in, options.clock));
        let served = organization.clone();
        let listening = bound.serve(service_fn(move |request| served.clone().serve(request)));
        Ok(Self { handle: DataverseHandle(organization), listening })
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        self.listening.origin()
    }

    /// What reads and steers it.
    pub fn handle(&self) -> &DataverseHandle {
        &self.handle
    }

    /// Stops listening and waits for every task.
    pub async fn stop(self) {
        self.listening.stop().await;
        self.handle.0.late.stop().await;
    }
}

impl DataverseHandle {
    /// Entries of the ledger, and the number to go on from.
    pub fn ledger(&self, query: &LedgerQuery) -> (Vec<LedgerEntry>, u64) {
        self.0.ledger(query)
    }

    /// What was read after a number, by whom, and the number to go on from;
    /// only with one of these correlation IDs, where there are any.
    pub fn reads(&self, since: u64, correlations: &[String], limit: usize) -> (Vec<ReadEntry>, u64) {
        self.0.reads(since, correlations, limit)
    }

    /// How many effects the ledger has seen, also those that it has forgotten.
    pub fn effects(&self) -> u64 {
        self.0.effects()
    }

    /// The faults of all tiers.
    pub(in crate::stack) fn board(&self) -> FaultBoard {
        self.0.faults().clone()
    }

    /// Arms a fault; gives the number to disarm it by.
    pub fn arm(&self, fault: Fault) -> u64 {
        self.0.faults().arm(fault)
    }

    /// Disarms a fault; says whether it was armed.
    pub fn disarm(&self, id: u64) -> bool {
        self.0.faults().disarm(id)
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.0.faults().clear();
    }

    /// The faults that are armed, in their order, with what they did.
    pub fn faults(&self) -> Vec<ArmedFault> {
        self.0.faults().list()
    }

    /// What faults did after a number, at most so many, and the number to go on
    /// from. The last 10,000 are kept.
    pub fn fault_hits(&self, since: u64, limit: usize) -> (Vec<FaultHit>, u64) {
        self.0.faults().hits(since, limit)
    }

    /// Where everybody stands with the limits of the environment.
    pub fn limits(&self) -> Limits {
        self.0.limits()
    }

    /// Values of a column in the order of its rows, from `offset`, at most
    /// `limit`, and how many there are; `None` where there is no such table or
    /// column.
    pub fn pool(&self, table: &str, column: &str, offset: usize, limit: usize) -> Option<(Vec<Value>, usize)> {
        self.0.pool(table, column, (offset, limit))
    }
}
