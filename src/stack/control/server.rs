//! The control surface on its socket.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use hyper_util::service::TowerToHyperService;

use super::super::StackError;
use super::super::dataverse::DataverseHandle;
use super::super::gateway::{Counters, Metrics, Patience};
use super::super::issuer::Tenant;
use super::super::listen::{Bound, Listening};
use super::super::trigger::TriggerHandle;
use super::log::LogSource;
use super::route::router;
use crate::clock::Clock;
use crate::door::Origin;
use crate::observe::{CallTrace, RecordedTraces};

/// What the control surface reads and steers.
#[derive(Clone, Debug)]
pub struct ControlOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Ledger, faults and pools, where Dataverse runs.
    pub dataverse: Option<DataverseHandle>,
    /// Tokens.
    pub tenant: Tenant,
    /// What the flow's trigger received, where it runs.
    pub trigger: Option<TriggerHandle>,
    /// The gateway's rows.
    pub rows: RowSource,
    /// The gateway's last calls.
    pub traces: TraceSource,
    /// The gateway's counters.
    pub counters: Arc<Counters>,
    /// What the gateway's `emit-metric` policies count.
    pub metrics: Metrics,
    /// How long the gateway waits, and a load balancer in front of it.
    pub patience: Patience,
    /// The shared clock.
    pub clock: Clock,
    /// The service's log, where it can be read.
    pub log: Option<LogSource>,
    /// How the service is restarted, where that can be done.
    pub restart: Option<Restart>,
}

/// Restarts the service, and returns once it is up again.
#[derive(Clone)]
pub struct Restart(Arc<RestartService>);

type RestartService = dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync;

impl Restart {
    /// From what does it, and says why it did not come up again.
    pub fn new<F>(restart: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(restart())))
    }

    pub(super) async fn now(&self) -> Result<(), String> {
        self.0().await
    }
}

impl fmt::Debug for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Restart")
    }
}

/// Where the gateway's rows are read, as JSON: those after a number that carry one of
/// the correlation IDs (all, without any), at most so many, and the number to
/// go on from.
#[derive(Clone)]
pub struct RowSource(Arc<ReadRows>);

type ReadRows = dyn Fn(u64, &[String], usize) -> std::io::Result<(Vec<String>, u64)> + Send + Sync;

impl RowSource {
    /// From a function of the number, the correlation IDs and the limit.
    pub fn new(
        read: impl Fn(u64, &[String], usize) -> std::io::Result<(Vec<String>, u64)> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(read))
    }

    pub(super) fn query(
        &self,
        since: u64,
        correlations: &[String],
        limit: usize,
    ) -> std::io::Result<(Vec<String>, u64)> {
        self.0(since, correlations, limit)
    }
}

impl fmt::Debug for RowSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowSource")
    }
}

/// Where the gateway's last calls are read: those after a number that carry one
/// of the correlation IDs (all, without any), at most so many, the newest last.
#[derive(Clone)]
pub struct TraceSource {
    last: Arc<ReadTraces>,
    recorded: Option<Arc<ReadRecorded>>,
}

type ReadTraces = dyn Fn(u64, &[String], usize) -> Vec<CallTrace> + Send + Sync;

type ReadRecorded = dyn Fn(u64) -> std::io::Result<Option<RecordedTraces>> + Send + Sync;

impl TraceSource {
    /// From a function of the number, the correlation IDs and the limit.
    pub fn new(read: impl Fn(u64, &[String], usize) -> Vec<CallTrace> + Send + Sync + 'static) -> Self {
        Self { last: Arc::new(read), recorded: None }
    }

    /// Has those of a whole run as well, from a function of the position; that
    /// gives `None` where nothing is recorded.
    #[must_use]
    pub fn recording(
        mut self,
        read: impl Fn(u64) -> std::io::Result<Option<RecordedTraces>> + Send + Sync + 'static,
    ) -> Self {
        self.recorded = Some(Arc::new(read));
        self
    }

    pub(super) fn query(&self, since: u64, correlations: &[String], limit: usize) -> Vec<CallTrace> {
        (self.last)(since, correlations, limit)
    }

    pub(super) fn recorded(&self, since: u64) -> std::io::Result<Option<RecordedTraces>> {
        self.recorded.as_ref().map_or(Ok(None), |read| read(since))
    }
}

impl fmt::Debug for TraceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TraceSource")
    }
}

/// A running control surface.
#[derive(Debug)]
#[must_use = "a control surface that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Control(Listening);

impl Control {
    /// Listens.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(options: ControlOptions) -> Result<Self, StackError> {
        let bound = Bound::at("control surface", options.listen).await?;
        Ok(Self(bound.serve(TowerToHyperService::new(router(options)))))
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        self.0.origin()
    }

    /// Stops listening and waits for every task.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}
