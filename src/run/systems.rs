//! The systems that a run plays on: its own, and where that is an embedded one,
//! others of the same kind for what would disturb it.
//!
//! A case that moves the shared clock or restarts the service can run beside
//! nothing else; on a system apart it need not wait until nothing else runs.
//! What a version answers after its sunset is asked on a third system, since
//! its clock can't be turned back.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::embedded::{around, embedded};
use super::faults::RunFaults;
use super::open::Opened;
use super::{Options, RunError, TargetChoice};
use crate::contract::Contract;
use crate::contract::behaviour::PoolSource;
use crate::generate::{Case, Need};
use crate::process::Service;
use crate::stack::Stack;
use crate::target::Target;
use crate::traffic::Player;

/// The systems of a run, each with who plays on it.
pub(super) struct Systems {
    own: Arc<Player>,
    apart: OnceCell<Arc<Player>>,
    late: OnceCell<Arc<Player>>,
    stacks: Mutex<Vec<Stack>>,
    /// The user's service in each of them, where one was started.
    services: Mutex<Vec<Service>>,
    options: Options,
    contracts: Arc<[Contract]>,
    /// What was asked for on the command line, armed on each of them.
    pub(super) faults: RunFaults,
}

impl Systems {
    /// The run's own system; those apart are started when they are wanted.
    pub(super) fn new(
        target: &Arc<Target>,
        (stack, service): (Option<Stack>, Option<Service>),
        options: &Options,
        contracts: &Arc<[Contract]>,
    ) -> Self {
        Self {
            own: Arc::new(Player::new(target.clone())),
            apart: OnceCell::new(),
            late: OnceCell::new(),
            stacks: Mutex::new(stack.into_iter().collect()),
            services: Mutex::new(service.into_iter().collect()),
            options: options.clone(),
            contracts: contracts.clone(),
            faults: RunFaults::new(&options.faults),
        }
    }

    /// Who plays on the run's own system.
    pub(super) fn own(&self) -> &Arc<Player> {
        &self.own
    }

    /// Who plays this case: it is started on a system of its kind.
    pub(super) async fn of(&self, case: &Case) -> Result<Arc<Player>, RunError> {
        if !case.is_alone() || !self.own.target().offers(Need::Apart) {
            return Ok(self.own.clone());
        }
        let place = if case.is_last() { &self.late } else { &self.apart };
        place.get_or_try_init(|| self.start()).await.cloned()
    }

    /// The systems apart that were started.
    pub(super) fn apart(&self) -> impl Iterator<Item = &Target> {
        [&self.apart, &self.late].into_iter().filter_map(OnceCell::get).map(|player| player.target())
    }

    async fn start(&self) -> Result<Arc<Player>, RunError> {
        let began = self.own.target().began;
        let opened = match &self.options.target {
            TargetChoice::Service(choice) => around(&self.options, choice, &self.contracts, began).await?,
            _ => embedded(&self.options, &self.contracts, began).await?,
        };
        let Opened { mut target, stack, service } = opened;
        target.offers.clone_from(&self.own.target().offers);
        self.faults.arm(&target).await?;
        self.stacks.lock().unwrap_or_else(PoisonError::into_inner).extend(stack);
        self.services.lock().unwrap_or_else(PoisonError::into_inner).extend(service);
        Ok(Arc::new(Player::new(Arc::new(target))))
    }

    /// The user's services that were started for this run, the run's own first.
    pub(super) fn services(&self) -> Vec<Service> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops everything that was started: services first, so that they find
    /// their neighbours to the end.
    pub(super) async fn stop(&self) {
        futures_util::future::join_all(self.services().iter().map(Service::stop)).await;
        let stacks = std::mem::take(&mut *self.stacks.lock().unwrap_or_else(PoisonError::into_inner));
        futures_util::future::join_all(stacks.into_iter().map(Stack::stop)).await;
    }
}

/// Whether another system knows all that the cases of these contracts take for
/// granted: test data that calls have made or found stand in the first alone.
pub(super) fn are_alike(contracts: &[Contract]) -> bool {
    let behaviours = contracts.iter().filter_map(|contract| contract.behaviour.as_ref());
    behaviours.into_iter().all(|behaviour| {
        behaviour.set_up.is_empty() && !behaviour.pools.iter().any(|pool| matches!(pool.source, PoolSource::Get { .. }))
    })
}
