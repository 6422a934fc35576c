//! Plays one case against a target and gathers what is known of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::RwLock;

use super::aftermath::Aftermath;
use super::play::Play;
use super::pool::Pool;
use crate::contract::Contract;
use crate::generate::{Case, Need, Step};
use crate::observe::CaseRun;
use crate::target::{Target, TargetError};

/// Plays cases. One player serves many workers at once; connections are kept
/// from case to case.
#[derive(Debug)]
pub struct Player {
    pub(super) target: Arc<Target>,
    pub(super) pool: Pool,
    /// A number up to which the gateway's rows belong to earlier cases.
    pub(super) rows_seen: AtomicU64,
    /// Held for writing by a case that moves the shared clock or restarts the
    /// service: what other cases promise would change under their feet.
    alone: RwLock<()>,
}

impl Player {
    /// A player of this target.
    pub fn new(target: Arc<Target>) -> Self {
        let pool = Pool::new(target.clone());
        Self { target, pool, rows_seen: AtomicU64::new(0), alone: RwLock::new(()) }
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
        if case.steps.iter().any(|step| matches!(step, Step::Advance(_) | Step::Restart)) {
            _alone = self.alone.write().await;
        } else {
            _beside = self.alone.read().await;
        }
        let since = self.ledger_end().await?;
        let rows_since = self.rows_seen.load(Ordering::Relaxed);
        let mut play = Play::new(self, contract, case.clone());
        let played = play.steps().await;
        let cleared = play.clear().await;
        played?;
        cleared?;
        let (calls, correlations, searches) = play.into_parts();
        let aftermath = Aftermath { player: self, contract, case: &case, calls: &calls, correlations: &correlations };
        let ledger = aftermath.ledger(since).await?;
        let rows = aftermath.rows(rows_since).await?;
        Ok(CaseRun { case, calls, ledger, rows, searches })
    }

    async fn ledger_end(&self) -> Result<u64, TargetError> {
        match &self.target.control {
            Some(control) if self.target.offers(Need::Effects) => control.ledger_end().await,
            _ => Ok(0),
        }
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
