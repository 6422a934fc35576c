//! Faults that a case has armed, disarmed on every path out of it.

use crate::target::{Control, TargetError};
use crate::wire::Fault;

/// The numbers of the armed faults.
#[derive(Debug)]
pub(super) struct Armed {
    control: Option<Control>,
    faults: Vec<u64>,
}

impl Armed {
    pub(super) fn at(control: Option<Control>) -> Self {
        Self { control, faults: Vec::new() }
    }

    /// Arms a fault; `false` where the target takes none.
    pub(super) async fn arm(&mut self, fault: &Fault) -> Result<bool, TargetError> {
        let Some(control) = &self.control else { return Ok(false) };
        self.faults.push(control.arm(fault).await?);
        Ok(true)
    }

    /// These, for somebody else who disarms them.
    pub(super) fn taken(&mut self) -> Self {
        Self { control: self.control.clone(), faults: std::mem::take(&mut self.faults) }
    }

    /// Whether one of them has hit a request.
    pub(super) async fn has_hit(&self) -> Result<bool, TargetError> {
        let Some(control) = &self.control else { return Ok(false) };
        let states = control.faults().await?;
        Ok(states.iter().any(|state| state.hits > 0 && self.faults.contains(&state.id)))
    }

    /// Disarms all of them.
    pub(super) async fn clear(&mut self) -> Result<(), TargetError> {
        while let (Some(control), Some(fault)) = (&self.control, self.faults.last()) {
            control.disarm(*fault).await?;
            self.faults.pop();
        }
        Ok(())
    }
}

impl Drop for Armed {
    /// Where the play was broken off in mid-step, nobody could wait for the
    /// disarming.
    fn drop(&mut self) {
        let (Some(control), faults) = (self.control.take(), std::mem::take(&mut self.faults)) else { return };
        if let (false, Ok(runtime)) = (faults.is_empty(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                for fault in faults {
                    let _ = control.disarm(fault).await;
                }
            });
        }
    }
}
