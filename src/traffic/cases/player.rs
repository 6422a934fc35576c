//! Plays one case against a target and gathers what is known of it.

use std::sync::Arc;

use tokio::sync::RwLock;

use super::aftermath::{Aftermath, Recorded, Watch};
use super::callbacks::Expected;
use super::journal::Journal;
use super::play::Play;
use crate::contract::Contract;
use crate::generate::{Case, Need};
use crate::observe::CaseRun;
use crate::target::{Target, TargetError};
use crate::traffic::connection::Pool;

/// Plays cases. One player serves many workers at once; connections are kept
/// from case to case.
#[derive(Debug)]
pub struct Player {
    pub(super) target: Arc<Target>,
    pub(super) pool: Pool,
    /// What the stack records, read once for all cases in flight.
    pub(super) journal: Journal,
    /// Held for writing by a case that moves the shared clock or restarts the
    /// service: what other cases promise would change under their feet.
    alone: RwLock<()>,
}

impl Player {
    /// A player of this target.
    pub fn new(target: Arc<Target>) -> Self {
        let pool = Pool::new(target.clone());
        Self { target, pool, journal: Journal::new(), alone: RwLock::new(()) }
    }

    /// Where it plays.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Plays a case: its steps in order, then reads what the ledger and the
    /// gateway's rows hold of it. Faults that it arms are disarmed whatever
    /// happens. A call without an answer is no error: it is what was observed.
    ///
    /// # Errors
    /// The target lacks what the case needs, no token can be had, or the
    /// control surface does not answer.
    pub async fn play(&self, contract: &Contract, case: Arc<Case>) -> Result<CaseRun, PlayError> {
        if let Some(lack) = self.target.lacks(&case.needs).first() {
            return Err(PlayError::Lacks(*lack));
        }
        let (_alone, _beside);
        if case.is_alone() {
            _alone = self.alone.write().await;
        } else {
            _beside = self.alone.read().await;
        }
        let mut play = Play::new(self, contract, case.clone());
        let watch = Watch::begin(self, contract, &case, play.correlations()).await?;
        let played = play.steps().await;
        let cleared = play.clear().await;
        played?;
        cleared?;
        let (calls, correlations, searches, health) = play.into_parts();
        let expected = Expected { contract, correlations: &correlations, calls: &calls };
        let callbacks = match &self.target.control {
            Some(control) if self.target.offers(Need::Callbacks) => expected.received(control).await?,
            _ => Vec::new(),
        };
        let aftermath = Aftermath { contract, case: &case, calls: &calls, correlations: &correlations };
        let Recorded { effects: ledger, rows, reads, log } = watch.end(&aftermath).await?;
        Ok(CaseRun { case, calls, ledger, reads, rows, log, callbacks, searches, health })
    }
}

/// Why a case could not be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The target does not offer what the case needs.
    #[error("the target does not offer {0}")]
    Lacks(Need),
    /// The target's own surfaces failed.
    #[error(transparent)]
    Target(#[from] TargetError),
}
