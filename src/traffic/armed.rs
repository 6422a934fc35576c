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
