//! What a run was asked to do, every value settled.

use std::path::PathBuf;
use std::time::Duration;

use crate::check::Family;
use crate::check::{Level, Weights};
use crate::clock::Timestamp;
use crate::door::Origin;
use crate::generate::{Nonce, Seed};
use crate::target::EnvironmentSettings;
use crate::wire::{FaultPlan, Headers, Redactor, Secret};

/// What a run was asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of contracts.
    pub contracts: PathBuf,
    /// A lone OpenAPI document instead of the folder.
    pub document: Option<PathBuf>,
    /// The behaviour file of that document; else the one beside it, if any.
    pub behaviour: Option<PathBuf>,
    /// Folder of scenarios.
    pub scenarios: PathBuf,
    /// Folder of the embedded system's policies and tables.
    pub mocks: PathBuf,
    /// Folder for reports: what a shown command refers to lies there.
    pub reports: PathBuf,
    /// Where calls go.
    pub target: TargetChoice,
    /// Defects of the embedded system to switch on.
    pub defects: Vec<String>,
    /// Faults that are armed for the whole run.
    pub faults: Vec<FaultPlan>,
    /// How fast the embedded clock runs, where that was asked for.
    pub time_scale: Option<f64>,
    /// What the embedded clock shows at the start, where that was asked for.
    pub now: Option<Timestamp>,
    /// The seed.
    pub seed: Seed,
    /// The nonce.
    pub nonce: Nonce,
    /// Cases for each contract, where that was asked for.
    pub cases: Option<u32>,
    /// Most wall time, where that was asked for.
    pub budget: Option<Duration>,
    /// First calls a second, instead of the scenario's.
    pub rate: Option<f64>,
    /// Cases played at once, where that was asked for.
    pub workers: Option<usize>,
    /// Single calls only, no sequences.
    pub payloads: bool,
    /// Checks or families that are judged; empty: all.
    pub only: Vec<String>,
    /// Checks or families that are not judged.
    pub skip: Vec<String>,
    /// Checks that must be judged.
    pub require: Vec<String>,
    /// An `operationId`, or a contract.
    pub operation: Option<String>,
    /// Stop after the first case or phase with a finding.
    pub fail_fast: bool,
    /// With `fail_fast`: only a finding of this family stops the run.
    pub until: Option<Family>,
    /// Checks and families that weigh otherwise.
    pub weights: Weights,
    /// How late the generator itself may be, as a share of a bound on latency.
    pub lag_share: f64,
    /// From which level on a finding decides.
    pub fail_on: Level,
    /// The least contract coverage, in percent, where that was asked for.
    pub min_coverage: Option<f64>,
    /// The command line as it was given.
    pub arguments: Vec<String>,
    /// Takes secrets out of what is shown.
    pub redactor: Redactor,
}

/// What proves who calls, for one security scheme of a document.
#[derive(Clone, Debug)]
pub struct SchemeKey {
    /// The scheme's name in `components.securitySchemes`.
    pub scheme: String,
    /// The environment variable that holds the proof.
    pub variable: String,
    /// The key; `user:password` for basic; the token where a bearer is shown.
    pub secret: Secret,
}

/// Where calls go.
#[derive(Clone, Debug)]
pub enum TargetChoice {
    /// The embedded system, started for this run.
    Embedded,
    /// The embedded system, with a service of the user's in the seat of ours.
    Service(ServiceChoice),
    /// An environment of the settings, with its client's secret.
    Environment {
        /// Its name.
        name: String,
        /// The settings file.
        file: PathBuf,
        /// What the settings say.
        settings: Box<EnvironmentSettings>,
        /// The secret, where the settings name a variable.
        secret: Option<Secret>,
    },
    /// A plain service.
    Url {
        /// Where.
        origin: Origin,
        /// The path in front of every operation; replaces the document's.
        base_path: String,
        /// Header fields for every request.
        headers: Headers,
        /// A bearer token.
        token: Option<Secret>,
        /// The variable that holds it.
        token_env: Option<String>,
        /// What is given for security schemes of the document.
        keys: Vec<SchemeKey>,
        /// Hosts that may be reached beside loopback.
        allowed_hosts: Vec<String>,
        /// Certificates whose authorities are believed beside the system's.
        ca_file: Option<PathBuf>,
    },
}

/// A service of the user's behind the embedded gateway.
#[derive(Clone, Debug)]
pub struct ServiceChoice {
    /// Where it comes from.
    pub from: ServiceFrom,
    /// The path that answers 2xx when it is well.
    pub health: String,
    /// How long it may take until it does, in real time.
    pub within: Duration,
    /// A header field that only the service's answers carry; by default the one
    /// of our own service, where a contract declares it.
    pub marker: Option<String>,
}

/// The path that a service is asked on unless somebody says otherwise.
pub const DEFAULT_HEALTH: &str = "/health";

/// Where a service of the user's comes from.
#[derive(Clone, Debug)]
pub enum ServiceFrom {
    /// It is started for this run by a command line, on this port, or on a free
    /// one.
    Command {
        /// The command line, for `sh`.
        command: String,
        /// The port.
        port: Option<u16>,
    },
    /// Somebody else starts it.
    Url {
        /// Where it listens.
        origin: Origin,
        /// Where the variables that it needs are written; then it is started
        /// after that, and waited for. `None`: it runs already.
        variables: Option<PathBuf>,
    },
}

impl TargetChoice {
    /// Whether the gateway before the service is the embedded one.
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded | Self::Service(_))
    }
}

impl Options {
    /// Whether an operation of a contract takes part.
    pub fn takes(&self, contract: &crate::contract::ContractId, operation: &str) -> bool {
        self.operation.as_deref().is_none_or(|wanted| {
            wanted == operation || wanted == contract.to_string() || wanted == format!("{contract}:{operation}")
        })
    }
}
