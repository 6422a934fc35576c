//! What each tier is started with: who is told of whom, and which secrets they
//! share.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::control::{ControlOptions, LogSource, Restart, RowSource, TraceSource};
use super::dataverse::{DataverseHandle, DataverseOptions, WaysIn};
use super::defects::Defect;
use super::fault::FaultBoard;
use super::gateway::{Counters, GatewayOptions, Metrics, Patience, RowLog, TraceLog, Upstream};
use super::issuer::{Directory, IssuerOptions, Tenant};
use super::model::ModelOptions;
use super::service::{Behind, ModelEndpoint, ServiceOptions, TriggerEndpoint};
use super::tls::Tls;
use super::trigger::{Trigger, TriggerHandle, TriggerOptions};
use super::{Front, StackOptions};
use crate::clock::Clock;
use crate::door::{Door, Origin};
use crate::policy::OnUnsupported;
use crate::wire::{Secret, Tier};

/// What the tenant's file calls the service's own client, and the gateway's
/// managed identity.
pub(super) const SERVICE: &str = "service";
const GATEWAY: &str = "gateway";

/// Made anew at each start; they never leave the process.
#[derive(Clone, Debug)]
pub(super) struct Secrets {
    pub(super) gateway_key: Secret,
    pub(super) model_key: Secret,
}

impl Secrets {
    pub(super) fn fresh() -> Self {
        let secret = || Secret::new(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()));
        Self { gateway_key: secret(), model_key: secret() }
    }
}

/// The secret of one of our own clients. Where the tenant's file has no such
/// client, the issuer will say so.
pub(super) fn own_secret(tenant: &Tenant, client: &str) -> Secret {
    tenant.secret(client).cloned().unwrap_or_else(|| Secret::new(""))
}

/// Managed identities beside the gateway's, by client id.
fn others(tenant: &Tenant) -> BTreeMap<String, Secret> {
    let managed = tenant.directory().home().clients.iter().filter(|client| client.managed && client.name != GATEWAY);
    managed.map(|client| (client.application_id.clone(), own_secret(tenant, &client.name))).collect()
}

/// Loopback, and the address that the tiers were told to listen on.
pub(super) fn door(options: &StackOptions, tls: Option<&Tls>) -> Door {
    let bind = options.bind;
    let own = (!bind.is_loopback() && !bind.is_unspecified()).then(|| bind.to_string());
    let front = options.front.iter().flat_map(Front::called);
    let guest = options.guest.iter().map(|guest| guest.origin.host.clone());
    let door = Door::new(own.into_iter().chain(front).chain(guest));
    match tls {
        Some(tls) => door.trusting(tls.authority()).expect("the authority that was made is a certificate"),
        None => door,
    }
}

/// What all tiers are started with.
pub(super) struct Start<'a> {
    pub(super) options: &'a StackOptions,
    pub(super) switched: &'a [&'static Defect],
    pub(super) secrets: Secrets,
    /// Filled once the gateway stands: it and the service call each other.
    pub(super) gateway: Arc<OnceLock<Origin>>,
    pub(super) rows: RowLog,
    pub(super) directory: Directory,
    /// Believes our own authority.
    pub(super) door: Door,
    pub(super) tls: Option<Tls>,
    pub(super) traces: TraceLog,
}

impl Start<'_> {
    fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.options.bind, port)
    }

    fn clock(&self) -> Clock {
        self.options.clock.clone()
    }

    fn door(&self) -> Door {
        self.door.clone()
    }

    fn defects(&self, tier: Tier) -> Vec<String> {
        self.switched.iter().filter(|d| d.tier == tier).map(|d| d.name.to_owned()).collect()
    }

    pub(super) fn issuer(&self) -> IssuerOptions {
        let listen = self.at(self.options.ports.issuer);
        IssuerOptions { listen, clock: self.clock(), directory: self.directory.clone(), tls: self.tls.clone() }
    }

    pub(super) fn dataverse(&self, tenant: &Tenant) -> DataverseOptions {
        DataverseOptions {
            tables: self.options.mocks.join("dataverse"),
            listen: self.at(self.options.ports.dataverse),
            clock: self.clock(),
            tenant: tenant.clone(),
            tls: self.tls.clone(),
            ways_in: self.options.dataverse_open.then_some(WaysIn::ALL),
        }
    }

    pub(super) fn model(&self, faults: FaultBoard) -> ModelOptions {
        let listen = self.at(self.options.ports.model);
        ModelOptions { listen, key: self.secrets.model_key.clone(), clock: self.clock(), faults }
    }

    pub(super) fn trigger(&self, tenant: &Tenant, faults: FaultBoard) -> TriggerOptions {
        let listen = self.at(self.options.ports.trigger);
        TriggerOptions { listen, tenant: tenant.clone(), clock: self.clock(), faults }
    }

    pub(super) fn behind(&self, model: &Origin, trigger: &Trigger) -> Behind {
        Behind {
            model: Some(ModelEndpoint { origin: model.clone(), key: self.secrets.model_key.clone() }),
            trigger: Some(TriggerEndpoint { origin: trigger.origin().clone(), path: trigger.path().to_owned() }),
        }
    }

    pub(super) fn service(&self, tenant: &Tenant, dataverse: &Origin, behind: Behind) -> ServiceOptions {
        ServiceOptions {
            listen: self.at(self.options.ports.service),
            gateway: Arc::clone(&self.gateway),
            token_endpoint: format!("{}/oauth2/v2.0/token", tenant.base()),
            client_id: tenant.application(SERVICE).unwrap_or_default().to_owned(),
            client_secret: own_secret(tenant, SERVICE),
            gateway_key: self.secrets.gateway_key.clone(),
            dataverse: dataverse.clone(),
            behind,
            clock: self.clock(),
            door: self.door(),
            defects: self.defects(Tier::Service),
        }
    }

    pub(super) fn gateway(&self, tenant: &Tenant, issuer: &Origin, backends: &[(&str, &Origin)]) -> GatewayOptions {
        let identity = own_secret(tenant, GATEWAY);
        let named = [
            ("issuer", tenant.base()),
            ("tenant", &tenant.directory().home().id),
            ("gateway-key", self.secrets.gateway_key.expose()),
            ("managed-identity", tenant.application(GATEWAY).unwrap_or_default()),
            ("managed-identity-secret", identity.expose()),
        ];
        GatewayOptions {
            policies: self.options.mocks.join("gateway"),
            instance: None,
            on_unsupported: OnUnsupported::Fail,
            service: None,
            apis: self.options.apis.clone(),
            overlays: self.defects(Tier::Gateway).into_iter().filter(|name| !RowLog::has_defect(name)).collect(),
            backends: backends.iter().map(|(name, origin)| ((*name).to_owned(), (*origin).clone())).collect(),
            named_values: named.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            hosts: BTreeMap::new(),
            identities: others(tenant),
            issuer: issuer.clone(),
            clock: self.clock(),
            door: self.door(),
            listen: self.at(self.options.ports.gateway),
            seed: 0,
            region: Arc::clone(&self.options.region),
            key_refresh: self.options.key_refresh,
            rows: self.rows.clone(),
            throttling: self.options.throttling.clone(),
            tls: self.tls.clone(),
            traces: self.traces.clone(),
        }
    }

    /// The gateway before somebody else's service.
    pub(super) fn front(&self, tenant: &Tenant, issuer: &Origin, front: &Front) -> GatewayOptions {
        let mut hosts = front.hosts.clone();
        for host in &front.issuer_hosts {
            hosts.insert(host.clone(), Upstream::Origin(issuer.clone()));
        }
        GatewayOptions {
            policies: front.instance.dir.clone(),
            instance: Some(front.instance.clone()),
            on_unsupported: front.on_unsupported,
            service: Some(front.service.clone()),
            hosts,
            ..self.gateway(tenant, issuer, &[])
        }
    }

    pub(super) fn control(&self, tenant: &Tenant, counted: Counted, ours: Option<Ours>) -> ControlOptions {
        let (counters, metrics, patience) = counted;
        let (rows, traces, recorded) = (self.rows.clone(), self.traces.clone(), self.traces.clone());
        let (dataverse, seat, trigger) = match ours {
            Some(ours) => (Some(ours.dataverse), ours.seat, Some(ours.trigger)),
            None => (None, Seat::default(), None),
        };
        ControlOptions {
            listen: self.at(self.options.ports.control),
            dataverse,
            tenant: tenant.clone(),
            trigger,
            rows: RowSource::new(move |since, correlations, limit| rows.query(since, correlations, limit)),
            traces: TraceSource::new(move |since, correlations, limit| traces.last(since, correlations, limit))
                .recording(move |since| recorded.recorded(since)),
            counters,
            metrics,
            patience,
            clock: self.clock(),
            log: seat.log,
            restart: seat.restart,
        }
    }
}

/// What the gateway counts, by limits and by `emit-metric`, and how long it waits.
pub(super) type Counted = (Arc<Counters>, Metrics, Patience);

/// What the control surface steers of the service and what is behind it.
pub(super) struct Ours {
    pub(super) dataverse: DataverseHandle,
    pub(super) seat: Seat,
    pub(super) trigger: TriggerHandle,
}

/// What is known of whoever sits in the service's place.
#[derive(Debug, Default)]
pub(super) struct Seat {
    pub(super) restart: Option<Restart>,
    pub(super) log: Option<LogSource>,
}
