//! The systems that a run plays on: its own, and where that is an embedded one,
//! others of the same kind for what would disturb it.
//!
//! A case that moves the shared clock or restarts the service can run beside
//! nothing else; on a system apart it need not wait until nothing else runs.
//! What a version answers after its sunset is asked on a third system, since
//! its clock can't be turned back.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::faults::RunFaults;
use super::open::{Opened, embedded};
use super::{Options, RunError};
use crate::contract::Contract;
use crate::contract::behaviour::PoolSource;
use crate::generate::{Case, Need};
use crate::stack::Stack;
use crate::target::Target;
use crate::traffic::Player;

/// The systems of a run, each with who plays on it.
pub(super) struct Systems {
    own: Arc<Player>,
    apart: OnceCell<Arc<Player>>,
    late: OnceCell<Arc<Player>>,
    stacks: Mutex<Vec<Stack>>,
    options: Options,
    contracts: Arc<[Contract]>,
    /// What was asked for on the command line, armed on each of them.
    pub(super) faults: RunFaults,
}

impl Systems {
    /// The run's own system; those apart are started when they are wanted.
    pub(super) fn new(
        target: &Arc<Target>,
        stack: Option<Stack>,
        options: &Options,
        contracts: &Arc<[Contract]>,
    ) -> Self {
        Self {
            own: Arc::new(Player::new(target.clone())),
            apart: OnceCell::new(),
            late: OnceCell::new(),
            stacks: Mutex::new(stack.into_iter().collect()),
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
        let Opened { mut target, stack } = embedded(&self.options, &self.contracts, began).await?;
        target.offers.clone_from(&self.own.target().offers);
        self.faults.arm(&target).await?;
        self.stacks.lock().unwrap_or_else(PoisonError::into_inner).extend(stack);
        Ok(Arc::new(Player::new(Arc::new(target))))
    }

    /// Stops every stack that was started.
    pub(super) async fn stop(&self) {
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
