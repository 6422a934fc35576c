//! What a stack is started with, and where it then stands.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::control::{LogSource, Restart};
use super::gateway::{KeyRefresh, Upstream};
use crate::clock::Clock;
use crate::contract::ContractId;
use crate::contract::openapi::OpenApi;
use crate::door::Origin;
use crate::limit::Throttling;
use crate::policy::OnUnsupported;
use crate::policy::instance::Instance;

/// What a stack is started with.
#[derive(Clone, Debug)]
pub struct StackOptions {
    /// The folder with `gateway/` (policy documents) and `dataverse/` (tables).
    pub mocks: PathBuf,
    /// The APIs that the gateway publishes.
    pub apis: Vec<Api>,
    /// Somebody else's service in place of ours, behind policies of their own.
    pub front: Option<Front>,
    /// Somebody else's service in place of ours, with all the rest around it.
    pub guest: Option<Guest>,
    /// Names out of [`super::defects::DEFECTS`].
    pub defects: Vec<String>,
    /// The clock of every tier.
    pub clock: Clock,
    /// Fixed ports, or 0 for any free one.
    pub ports: Ports,
    /// The address that every tier listens on; loopback unless somebody
    /// decides otherwise.
    pub bind: IpAddr,
    /// Whether issuer, gateway and Dataverse speak TLS as well, under an
    /// authority that is made for it.
    pub tls: bool,
    /// Whether whoever has a token comes into Dataverse, whatever its
    /// `ways_in` say.
    pub dataverse_open: bool,
    /// How the gateway's limits count: exactly, or as the platform does.
    pub throttling: Throttling,
    /// When the gateway fetches keys of issuers again.
    pub key_refresh: KeyRefresh,
    /// Whether what each policy did with each call is recorded, and not only
    /// with the last ones.
    pub record_traces: bool,
    /// Where the gateway says it stands.
    pub region: Arc<str>,
}

impl StackOptions {
    /// Where the gateway says it stands unless somebody says otherwise.
    pub const REGION: &str = "embedded";
}

/// Somebody else's service behind the gateway, in place of ours and of all that
/// ours needs.
#[derive(Clone, Debug)]
pub struct Front {
    /// The instance whose policies are executed.
    pub instance: Box<Instance>,
    /// The service's base URL.
    pub service: String,
    /// What hosts in policies lead to.
    pub hosts: BTreeMap<String, Upstream>,
    /// Hosts that lead to the embedded issuer.
    pub issuer_hosts: Vec<String>,
    /// What happens with policies that are not emulated.
    pub on_unsupported: OnUnsupported,
}

impl Front {
    /// The hosts that may be called for it.
    pub(super) fn called(&self) -> Vec<String> {
        let mapped = self.hosts.values().filter_map(|upstream| match upstream {
            Upstream::Origin(origin) => Some(origin.host.clone()),
            Upstream::Stub { .. } => None,
        });
        Origin::parse(&self.service).map(|origin| origin.host).into_iter().chain(mapped).collect()
    }
}

/// Somebody else's service in the seat of ours: gateway, issuer, Dataverse, model
/// and trigger are there for it as they are for ours.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Where it stands, or will stand.
    pub origin: Origin,
    /// How it is restarted, where that can be done.
    pub restart: Option<Restart>,
    /// Its log, where it can be read.
    pub log: Option<LogSource>,
}

/// An API that the gateway publishes: what API Management would import.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its name and version.
    pub id: ContractId,
    /// Its operations.
    pub openapi: Arc<OpenApi>,
}

/// The port of each tier; 0 is any free one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// The issuer's.
    pub issuer: u16,
    /// The gateway's.
    pub gateway: u16,
    /// The service's.
    pub service: u16,
    /// Dataverse's.
    pub dataverse: u16,
    /// The model's.
    pub model: u16,
    /// The trigger's.
    pub trigger: u16,
    /// The control surface's.
    pub control: u16,
}

/// Where each tier stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The issuer.
    pub issuer: Origin,
    /// The gateway.
    pub gateway: Origin,
    /// The service, past the gateway.
    pub service: Origin,
    /// Dataverse; none before somebody else's service.
    pub dataverse: Option<Origin>,
    /// The model; none before somebody else's service.
    pub model: Option<Origin>,
    /// The flow's trigger; none before somebody else's service.
    pub trigger: Option<Origin>,
    /// The control surface.
    pub control: Origin,
}

impl Addresses {
    /// Every tier with its name, in the order of the path.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Origin)> {
        [
            ("issuer", Some(&self.issuer)),
            ("gateway", Some(&self.gateway)),
            ("service", Some(&self.service)),
            ("dataverse", self.dataverse.as_ref()),
            ("model", self.model.as_ref()),
            ("trigger", self.trigger.as_ref()),
            ("control", Some(&self.control)),
        ]
        .into_iter()
        .filter_map(|(name, origin)| Some((name, origin?)))
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, origin)) in self.iter().enumerate() {
            write!(f, "{}{name} {origin}", if i > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}
