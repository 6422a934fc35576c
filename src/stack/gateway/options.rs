//! What a gateway is started with.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::KeyRefresh;
use super::{RowLog, TraceLog, Upstream};
use crate::clock::Clock;
use crate::door::{Door, Origin};
use crate::limit::Throttling;
use crate::policy::OnUnsupported;
use crate::policy::instance::Instance;
use crate::stack::{Api, Tls};
use crate::wire::Secret;

/// What a gateway is started with.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// The folder of policy documents. APIs whose OpenAPI documents lie in it
    /// are published as well.
    pub policies: PathBuf,
    /// The instance of that folder, where somebody has read it already and
    /// changed it, perhaps.
    pub instance: Option<Box<Instance>>,
    /// What happens with policies that are not emulated.
    pub on_unsupported: OnUnsupported,
    /// The base URL that calls go to, unless a policy says otherwise or the
    /// host of the API's own service is mapped.
    pub service: Option<String>,
    /// The APIs to publish; the policies of `bulk-update/v1` are in
    /// `apis/bulk-update-v1.xml`.
    pub apis: Vec<Api>,
    /// Overlays to apply: names of documents in `defects/`.
    pub overlays: Vec<String>,
    /// Backends by the id that policies name.
    pub backends: BTreeMap<String, Origin>,
    /// What hosts (`api.example`, `*.example`) and beginnings of URLs
    /// (`https://api.example/v2`) in policies lead to. Others are never called.
    pub hosts: BTreeMap<String, Upstream>,
    /// Named values. `tenant`, `managed-identity` (its client id) and
    /// `managed-identity-secret` also serve the managed identity.
    pub named_values: BTreeMap<String, String>,
    /// Managed identities beside the gateway's own, by client id.
    pub identities: BTreeMap<String, Secret>,
    /// Where tokens for managed identities come from.
    pub issuer: Origin,
    /// Windows, lifetimes and `DateTime.UtcNow` follow it; timeouts don't.
    pub clock: Clock,
    /// Opens connections to backends and issuer.
    pub door: Door,
    /// Where to listen; port 0 is any free one.
    pub listen: SocketAddr,
    /// Where the randomness of waits comes from.
    pub seed: u64,
    /// Where it says it stands: `context.Deployment.Region`.
    pub region: Arc<str>,
    /// When keys of issuers are fetched again.
    pub key_refresh: KeyRefresh,
    /// Takes a row for each call.
    pub rows: RowLog,
    /// How limits count: exactly, or as the platform does.
    pub throttling: Throttling,
    /// Speaks TLS as well.
    pub tls: Option<Tls>,
    /// Keeps the last calls with what each policy did.
    pub traces: TraceLog,
}
