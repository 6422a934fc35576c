//! The embedded system alone.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::gateway_settings::{key_refresh, throttling};
use super::open::stack_error;
use super::{FrontOptions, Handover, RunError, front};
use crate::clock::Clock;
use crate::contract;
use crate::diagnose::Diagnostics;
use crate::policy;
use crate::stack::{Addresses, Api, Front, Ports, Stack, StackOptions};
use crate::target::GatewaySettings;
use crate::wire::FaultPlan;

/// What `serve` was asked to do.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Somebody else's service, in place of the embedded one.
    pub front: Option<FrontOptions>,
    /// Folder of contracts: what the gateway publishes.
    pub contracts: PathBuf,
    /// Folder of policies and tables.
    pub mocks: PathBuf,
    /// Defects to switch on.
    pub defects: Vec<String>,
    /// Faults that are armed from the start.
    pub faults: Vec<FaultPlan>,
    /// The clock of every tier.
    pub clock: Clock,
    /// Fixed ports, or 0.
    pub ports: Ports,
    /// The address to listen on.
    pub bind: IpAddr,
    /// Whether issuer, gateway and Dataverse speak TLS as well.
    pub tls: bool,
    /// Whether whoever has a token comes into Dataverse.
    pub dataverse_open: bool,
    /// What the settings say of the gateway.
    pub gateway: GatewaySettings,
}

/// A system that serves.
pub struct Served {
    stack: Stack,
    remarks: Diagnostics,
}

impl Served {
    /// Where each tier stands.
    pub fn addresses(&self) -> &Addresses {
        self.stack.addresses()
    }

    /// What is worth knowing of the files that it serves by.
    pub fn remarks(&self) -> &Diagnostics {
        &self.remarks
    }

    /// The settings with which the other commands take it as their target
    /// (`--settings FILE --env stack`), and what services and clients need
    /// beside them.
    ///
    /// # Errors
    /// A client's certificate could not be made.
    pub fn handover(&self, settings: &Path) -> Result<Handover, RunError> {
        Handover::of(&self.stack, settings).map_err(|fault| RunError::CouldNotRun(fault.to_string()))
    }

    /// The authority's certificate alone, beside a path.
    pub fn authority(&self, beside: &Path) -> Handover {
        Handover::authority(&self.stack, beside)
    }

    /// From now on the gateway's log is also written to this file, one JSON
    /// line a call.
    ///
    /// # Errors
    /// The file can't be made.
    pub fn log_to(&self, file: &Path) -> Result<(), RunError> {
        let failed = |fault| RunError::CouldNotRun(format!("{} can't be written: {fault}", file.display()));
        self.stack.log_to(file).map_err(failed)
    }

    /// Has that file hold every call that is through.
    ///
    /// # Errors
    /// Calls are missing in it, and why.
    pub fn flush_log(&self) -> std::io::Result<()> {
        self.stack.flush_log()
    }

    /// The rows that an earlier run kept in this file, where there is one.
    ///
    /// # Errors
    /// The file does not go with the tables.
    pub fn load_state(&self, file: &Path) -> Result<(), RunError> {
        match self.stack.dataverse() {
            Some(dataverse) if file.exists() => dataverse.load(file).map_err(RunError::Input),
            _ => Ok(()),
        }
    }

    /// Stops every tier; the rows of Dataverse go into this file.
    ///
    /// # Errors
    /// The file can't be written; what was in it stays.
    pub async fn stop(self, state: Option<&Path>) -> Result<(), RunError> {
        let dataverse = self.stack.dataverse().cloned();
        self.stack.stop().await;
        let (Some(dataverse), Some(file)) = (dataverse, state) else { return Ok(()) };
        let failed = |fault| RunError::CouldNotRun(format!("{} can't be written: {fault}", file.display()));
        dataverse.save(file).map_err(failed)
    }
}

/// Starts the embedded system.
///
/// # Errors
/// A file has faults, a defect is unknown, or a port is taken.
pub async fn serve(options: ServeOptions) -> Result<Served, RunError> {
    if let Some(front) = &options.front {
        if !options.faults.is_empty() {
            return Err(RunError::Usage(
                "--fault is injected into the embedded system's Dataverse, which does not run before another service"
                    .to_owned(),
            ));
        }
        let front::Opened { front, apis, mut remarks } = front::open(front, &options.gateway, &options.contracts)?;
        let stack = start(options, apis, Some(front)).await?;
        remarks.extend(stack.remarks());
        return Ok(Served { stack, remarks: remarks.without_repetitions() });
    }
    let contracts = contract::load_dir(&options.contracts).map_err(RunError::Input)?;
    if contracts.is_empty() {
        return Err(RunError::Nothing(format!(
            "no contract in {}: the gateway would publish nothing",
            options.contracts.display()
        )));
    }
    let faults = policy::lint(&options.mocks.join("gateway"));
    if faults.has_errors() {
        return Err(RunError::Input(faults));
    }
    let apis = contracts
        .iter()
        .filter(|c| !c.is_consumed())
        .map(|c| Api { id: c.id.clone(), openapi: c.openapi.clone() })
        .collect();
    let (faults, clock) = (options.faults.clone(), options.clock.clone());
    let stack = start(options, apis, None).await?;
    for plan in &faults {
        if let Some(dataverse) = stack.dataverse() {
            dataverse.arm(plan.starting(clock.now(), clock.scale()));
        }
    }
    Ok(Served { stack, remarks: Diagnostics::new() })
}

async fn start(options: ServeOptions, apis: Vec<Api>, front: Option<Front>) -> Result<Stack, RunError> {
    let throttling = throttling(&options.gateway.throttling);
    let key_refresh = key_refresh(&options.gateway.key_refresh);
    let region = options.gateway.region.as_deref().unwrap_or(StackOptions::REGION).into();
    let ServeOptions { mocks, defects, clock, ports, bind, tls, dataverse_open, .. } = options;
    let options = StackOptions {
        mocks,
        apis,
        front,
        guest: None,
        defects,
        clock,
        ports,
        bind,
        tls,
        dataverse_open,
        throttling,
        key_refresh,
        region,
        // Who serves for days wants the last calls.
        record_traces: false,
    };
    Stack::start(options).await.map_err(stack_error)
}
