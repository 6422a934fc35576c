//! What a stack is started with, and where it then stands.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use crate::contract::ContractId;
use crate::contract::openapi::OpenApi;
use crate::door::Origin;
use crate::limit::Throttling;

/// What a stack is started with.
#[derive(Clone, Debug)]
pub struct StackOptions {
    /// The folder with `gateway/` (policy documents) and `dataverse/` (tables).
    pub mocks: PathBuf,
    /// The APIs that the gateway publishes.
    pub apis: Vec<Api>,
    /// Names out of [`super::defects::DEFECTS`].
    pub defects: Vec<String>,
    /// The clock of every tier.
    pub clock: Clock,
    /// Fixed ports, or 0 for any free one.
    pub ports: Ports,
    /// The address that every tier listens on; loopback unless somebody
    /// decides otherwise.
    pub bind: IpAddr,
    /// Whether issuer and gateway speak TLS as well, under an authority that is
    /// made for it.
    pub tls: bool,
    /// How the gateway's limits count: exactly, or as the platform does.
    pub throttling: Throttling,
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
    /// Dataverse.
    pub dataverse: Origin,
    /// The model.
    pub model: Origin,
    /// The flow's trigger.
    pub trigger: Origin,
    /// The control surface.
    pub control: Origin,
}

impl Addresses {
    /// Every tier with its name, in the order of the path.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Origin)> {
        [
            ("issuer", &self.issuer),
            ("gateway", &self.gateway),
            ("service", &self.service),
            ("dataverse", &self.dataverse),
            ("model", &self.model),
            ("trigger", &self.trigger),
            ("control", &self.control),
        ]
        .into_iter()
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
