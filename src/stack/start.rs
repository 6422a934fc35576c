//! Starting and stopping all tiers together.

use super::{Addresses, StackError, StackOptions, defects};

/// A running stack. It stops when [`Stack::stop`] is called.
#[derive(Debug)]
#[must_use = "a stack that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Stack {
    addresses: Addresses,
}

impl Stack {
    /// Starts every tier and waits until all of them listen.
    ///
    /// # Errors
    /// An unknown defect, a port that is taken, mocks that can't be read.
    #[expect(clippy::unused_async, reason = "the tiers are started here as they land")]
    pub async fn start(options: StackOptions) -> Result<Self, StackError> {
        for name in &options.defects {
            defects::find(name).map_err(|near| StackError::UnknownDefect { name: name.clone(), near })?;
        }
        Err(StackError::Gateway("no tier has landed yet".into()))
    }

    /// Where the tiers stand.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Stops every tier and waits until all their tasks have ended.
    #[expect(clippy::unused_async, reason = "the tiers are stopped here as they land")]
    pub async fn stop(self) {}
}
