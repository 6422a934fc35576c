//! `contracts/<api>/<version>/` as values: what OpenAPI says ([`openapi`]) and
//! what it can't say ([`behaviour`]).
//!
//! In: `openapi.yaml`, `behaviour.yaml`, `recorded.json`. Out: a [`Contract`] whose every
//! promise knows its place in the file; the difference of two versions; lint.
//! Knows nothing of traffic. The two halves are modules of their own, because
//! the embedded stack may read the first and never the second.

pub mod behaviour;
pub mod diff;
pub mod init;
pub mod openapi;
pub mod recorded;

mod folder;
mod id;
mod lint;

use std::path::PathBuf;
use std::sync::Arc;

pub use folder::{load_dir, load_file};
pub use id::ContractId;
pub use lint::lint;

/// One API at one version, and all that it promises.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Which.
    pub id: ContractId,
    /// The folder it was read from, or the file for a lone OpenAPI document.
    pub path: PathBuf,
    /// What OpenAPI says.
    pub openapi: Arc<openapi::OpenApi>,
    /// What OpenAPI can't say; `None` for a lone OpenAPI document.
    pub behaviour: Option<Arc<behaviour::Behaviour>>,
    /// The API that its service calls when a job ends: a contract with
    /// `role: consumer` whose `callback.of` names this one.
    pub callee: Option<Arc<Contract>>,
    /// What the version answered when it was recorded; `None`: it was not.
    pub recorded: Option<Arc<recorded::Recorded>>,
}

impl Contract {
    /// Whether the tested service calls this API instead of answering it.
    pub fn is_consumed(&self) -> bool {
        self.behaviour.as_ref().is_some_and(|behaviour| behaviour.role == behaviour::Role::Consumer)
    }

    /// How its service calls another API back, and that API.
    pub fn callback(&self) -> Option<(&behaviour::Callback, &Contract)> {
        let callee = self.callee.as_deref()?;
        Some((callee.behaviour.as_deref()?.callback.as_ref()?, callee))
    }
}
