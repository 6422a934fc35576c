//! Faults that a case or a scenario has armed, and waits that it has set, taken back on every path out of it.

use crate::target::{Control, TargetError};
use crate::wire::{Fault, Waits};

/// The numbers of the armed faults.
#[derive(Debug)]
pub(super) struct Armed {
    control: Option<Control>,
    faults: Vec<u64>,
    /// Whether waits are set.
    waits: bool,
}

impl Armed {
    pub(super) fn at(control: Option<Control>) -> Self {
        Self { control, faults: Vec::new(), waits: false }
    }

    /// Arms a fault; `false` where the target takes none.
    pub(super) async fn arm(&mut self, fault: &Fault) -> Result<bool, TargetError> {
        let Some(control) = &self.control else { return Ok(false) };
        self.faults.push(control.arm(fault).await?);
        Ok(true)
    }

    /// Has the gateway's waits counted by the shared clock, where it is ours.
    pub(super) async fn wait(&mut self, waits: &Waits) -> Result<(), TargetError> {
        let Some(control) = &self.control else { return Ok(()) };
        self.waits = true;
        control.wait(waits).await
    }

    /// These, for somebody else who disarms them.
    pub(super) fn taken(&mut self) -> Self {
        let (faults, waits) = (std::mem::take(&mut self.faults), std::mem::take(&mut self.waits));
        Self { control: self.control.clone(), faults, waits }
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
        if let (Some(control), true) = (&self.control, self.waits) {
            control.wait_as_usual().await?;
            self.waits = false;
        }
        Ok(())
    }
}

impl Drop for Armed {
    /// Where the play was broken off in mid-step, nobody could wait for the
    /// disarming.
    fn drop(&mut self) {
        let (Some(control), faults) = (self.control.take(), std::mem::take(&mut self.faults)) else { return };
        let waits = self.waits;
        if let (true, Ok(runtime)) = (waits || !faults.is_empty(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                if waits {
                    let _ = control.wait_as_usual().await;
                }
                for fault in faults {
                    let _ = control.disarm(fault).await;
                }
            });
        }
    }
}
