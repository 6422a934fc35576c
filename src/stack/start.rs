//! Starting and stopping the whole stack.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::dataverse::{Dataverse, DataverseHandle};
use super::defects::{self, Defect};
use super::gateway::{RowLog, TraceLog};
use super::issuer::{Directory, Tenant};
use super::surroundings::Surroundings;
use super::tiers::Tiers;
use super::tls::Tls;
use super::wiring::{Secrets, Start, door};
use super::{Addresses, StackError, StackOptions};
use crate::clock::Timestamp;
use crate::diagnose::Diagnostics;
use crate::wire::Secret;

/// A running stack. It stops when [`Stack::stop`] is called.
#[derive(Debug)]
#[must_use = "a stack that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Stack {
    tiers: Tiers,
    addresses: Addresses,
    tenant: Tenant,
    tls: Option<Tls>,
    rows: RowLog,
    secrets: Secrets,
}

impl Stack {
    /// Starts every tier and returns once all of them listen. Where one can't
    /// start, those that run already are stopped.
    ///
    /// # Errors
    /// An unknown defect, a port that is taken, mocks that can't be used.
    pub async fn start(options: StackOptions) -> Result<Self, StackError> {
        let switched = switched(&options.defects)?;
        let directory = Directory::load(&options.mocks.join("issuer")).map_err(StackError::Mocks)?;
        let tls = options.tls.then(|| Tls::make(options.bind, Timestamp::system_now())).transpose()?;
        let start = Start {
            options: &options,
            switched: &switched,
            secrets: Secrets::fresh(),
            gateway: Arc::default(),
            rows: RowLog::with_defects(&options.defects).map_err(StackError::Rows)?,
            directory,
            door: door(&options, tls.as_ref()),
            tls,
            traces: if options.record_traces {
                TraceLog::recording().map_err(StackError::Rows)?
            } else {
                TraceLog::new()
            },
        };
        let mut tiers = Tiers::default();
        match tiers.start(&start).await {
            Ok((addresses, tenant)) => {
                let Start { tls, rows, secrets, .. } = start;
                Ok(Self { tiers, addresses, tenant, tls, rows, secrets })
            }
            Err(fault) => {
                tiers.stop().await;
                Err(fault)
            }
        }
    }

    /// What reads and steers the mocked Dataverse; none before somebody else's
    /// service.
    pub fn dataverse(&self) -> Option<&DataverseHandle> {
        self.tiers.dataverse.as_ref().map(Dataverse::handle)
    }

    /// What a service that stands in the seat of ours finds in its environment.
    pub fn surroundings(&self) -> Surroundings {
        Surroundings::of(&self.addresses, &self.tenant, &self.secrets, self.tiers.trigger.as_ref())
    }

    /// What the service knows the gateway by.
    pub fn gateway_key(&self) -> Secret {
        self.secrets.gateway_key.clone()
    }

    /// Where the tiers stand.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What makes and proves tokens, and knows the secrets that were made.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The certificate in PEM that clients must believe; `None`: no tier speaks
    /// TLS.
    pub fn authority(&self) -> Option<&str> {
        self.tls.as_ref().map(Tls::authority)
    }

    /// What is worth knowing of the gateway's documents.
    pub fn remarks(&self) -> Diagnostics {
        self.tiers.gateway.as_ref().map(|gateway| gateway.remarks().clone()).unwrap_or_default()
    }

    /// From now on the gateway's log is also written to this file, one JSON
    /// line a call.
    ///
    /// # Errors
    /// The file can't be made.
    pub fn log_to(&self, file: &Path) -> io::Result<()> {
        self.rows.copy_to(file)
    }

    /// Has that file hold every call that is through.
    ///
    /// # Errors
    /// Calls are missing in it, and why.
    pub fn flush_log(&self) -> io::Result<()> {
        self.rows.flush_copy()
    }

    /// Stops every tier and waits until all their tasks have ended.
    pub async fn stop(self) {
        self.tiers.stop().await;
        // Who was still called has a row now. What can't be written was told at
        // the flush before.
        let _ = self.rows.flush_copy();
    }
}

/// The defects of these names.
fn switched(names: &[String]) -> Result<Vec<&'static Defect>, StackError> {
    names
        .iter()
        .map(|name| defects::find(name).map_err(|near| StackError::UnknownDefect { name: name.clone(), near }))
        .collect()
}
