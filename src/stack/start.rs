//! Starting and stopping all tiers together.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::control::{Control, ControlOptions, Restart, RowSource, TraceSource};
use super::dataverse::{Dataverse, DataverseHandle, DataverseOptions, WaysIn};
use super::defects::{self, Defect};
use super::fault::FaultBoard;
use super::gateway::{Counters, Gateway, GatewayError, GatewayOptions, Metrics, RowLog, TraceLog, Upstream};
use super::issuer::{Directory, Issuer, IssuerOptions, Tenant};
use super::model::{Model, ModelOptions};
use super::service::{Behind, ModelEndpoint, Service, ServiceError, ServiceHandle, ServiceOptions, TriggerEndpoint};
use super::tls::Tls;
use super::trigger::{Trigger, TriggerHandle, TriggerOptions};
use super::{Addresses, Front, StackError, StackOptions};
use crate::clock::{Clock, Timestamp};
use crate::diagnose::Diagnostics;
use crate::door::{Door, Origin};
use crate::policy::OnUnsupported;
use crate::wire::{Secret, Tier};

/// What the tenant's file calls the service's own client, and the gateway's
/// managed identity.
const SERVICE: &str = "service";
const GATEWAY: &str = "gateway";

/// A running stack. It stops when [`Stack::stop`] is called.
#[derive(Debug)]
#[must_use = "a stack that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Stack {
    tiers: Tiers,
    addresses: Addresses,
    tenant: Tenant,
    tls: Option<Tls>,
    rows: RowLog,
}

/// What runs already.
#[derive(Debug, Default)]
struct Tiers {
    issuer: Option<Issuer>,
    dataverse: Option<Dataverse>,
    model: Option<Model>,
    trigger: Option<Trigger>,
    service: Option<Service>,
    gateway: Option<Gateway>,
    control: Option<Control>,
}

/// Made anew at each start; they never leave the process.
struct Secrets {
    gateway_key: Secret,
    model_key: Secret,
}

impl Secrets {
    fn fresh() -> Self {
        let secret = || Secret::new(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()));
        Self { gateway_key: secret(), model_key: secret() }
    }
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
            Ok((addresses, tenant)) => Ok(Self { tiers, addresses, tenant, tls: start.tls, rows: start.rows }),
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

/// The secret of one of our own clients. Where the tenant's file has no such
/// client, the issuer will say so.
fn own_secret(tenant: &Tenant, client: &str) -> Secret {
    tenant.secret(client).cloned().unwrap_or_else(|| Secret::new(""))
}

/// Managed identities beside the gateway's, by client id.
fn others(tenant: &Tenant) -> BTreeMap<String, Secret> {
    let managed = tenant.directory().home().clients.iter().filter(|client| client.managed && client.name != GATEWAY);
    managed.map(|client| (client.application_id.clone(), own_secret(tenant, &client.name))).collect()
}

/// The defects of these names.
fn switched(names: &[String]) -> Result<Vec<&'static Defect>, StackError> {
    names
        .iter()
        .map(|name| defects::find(name).map_err(|near| StackError::UnknownDefect { name: name.clone(), near }))
        .collect()
}

/// Loopback, and the address that the tiers were told to listen on.
fn door(options: &StackOptions, tls: Option<&Tls>) -> Door {
    let bind = options.bind;
    let own = (!bind.is_loopback() && !bind.is_unspecified()).then(|| bind.to_string());
    let front = options.front.iter().flat_map(Front::called);
    let door = Door::new(own.into_iter().chain(front));
    match tls {
        Some(tls) => door.trusting(tls.authority()).expect("the authority that was made is a certificate"),
        None => door,
    }
}

/// What all tiers are started with.
struct Start<'a> {
    options: &'a StackOptions,
    switched: &'a [&'static Defect],
    secrets: Secrets,
    /// Filled once the gateway stands: it and the service call each other.
    gateway: Arc<OnceLock<Origin>>,
    rows: RowLog,
    directory: Directory,
    /// Believes our own authority.
    door: Door,
    tls: Option<Tls>,
    traces: TraceLog,
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

    fn issuer(&self) -> IssuerOptions {
        let listen = self.at(self.options.ports.issuer);
        IssuerOptions { listen, clock: self.clock(), directory: self.directory.clone(), tls: self.tls.clone() }
    }

    fn dataverse(&self, tenant: &Tenant) -> DataverseOptions {
        DataverseOptions {
            tables: self.options.mocks.join("dataverse"),
            listen: self.at(self.options.ports.dataverse),
            clock: self.clock(),
            tenant: tenant.clone(),
            tls: self.tls.clone(),
            ways_in: self.options.dataverse_open.then_some(WaysIn::ALL),
        }
    }

    fn model(&self, faults: FaultBoard) -> ModelOptions {
        let listen = self.at(self.options.ports.model);
        ModelOptions { listen, key: self.secrets.model_key.clone(), clock: self.clock(), faults }
    }

    fn trigger(&self, tenant: &Tenant, faults: FaultBoard) -> TriggerOptions {
        let listen = self.at(self.options.ports.trigger);
        TriggerOptions { listen, tenant: tenant.clone(), clock: self.clock(), faults }
    }

    fn behind(&self, model: &Origin, trigger: &Trigger) -> Behind {
        Behind {
            model: Some(ModelEndpoint { origin: model.clone(), key: self.secrets.model_key.clone() }),
            trigger: Some(TriggerEndpoint { origin: trigger.origin().clone(), path: trigger.path().to_owned() }),
        }
    }

    fn service(&self, tenant: &Tenant, dataverse: &Origin, behind: Behind) -> ServiceOptions {
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

    fn gateway(&self, tenant: &Tenant, issuer: &Origin, backends: &[(&str, &Origin)]) -> GatewayOptions {
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
    fn front(&self, tenant: &Tenant, issuer: &Origin, front: &Front) -> GatewayOptions {
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

    fn control(&self, tenant: &Tenant, (counters, metrics): Counted, ours: Option<Ours>) -> ControlOptions {
        let (rows, traces, recorded) = (self.rows.clone(), self.traces.clone(), self.traces.clone());
        let (dataverse, service, trigger) = match ours {
            Some(ours) => (Some(ours.dataverse), Some(ours.service), Some(ours.trigger)),
            None => (None, None, None),
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
            clock: self.clock(),
            restart: service.map(|service: ServiceHandle| {
                Restart::new(move || {
                    let service = service.clone();
                    async move { service.restart().await }
                })
            }),
        }
    }
}

/// What the gateway counts: by limits, and by `emit-metric`.
type Counted = (Arc<Counters>, Metrics);

fn counted(gateway: &Gateway) -> Counted {
    (Arc::clone(gateway.counters()), gateway.metric_sums().clone())
}

/// What the control surface steers of our own service and what is behind it.
struct Ours {
    dataverse: DataverseHandle,
    service: ServiceHandle,
    trigger: TriggerHandle,
}

impl Tiers {
    async fn start(&mut self, start: &Start<'_>) -> Result<(Addresses, Tenant), StackError> {
        let issuer = self.issuer.insert(Issuer::start(start.issuer()).await?);
        let (tenant, issuer) = (issuer.tenant().clone(), issuer.origin().clone());
        if let Some(front) = &start.options.front {
            return self.before(start, front, (tenant, issuer)).await;
        }
        let dataverse = self.dataverse.insert(Dataverse::start(start.dataverse(&tenant)).await?);
        let (handle, called) = (dataverse.handle().clone(), dataverse.origin().clone());
        let dataverse = dataverse.plain().clone();
        let board = handle.board();
        let model = self.model.insert(Model::start(start.model(board.clone())).await?).origin().clone();
        let trigger = &*self.trigger.insert(Trigger::start(start.trigger(&tenant, board)).await?);
        let (behind, received) = (start.behind(&model, trigger), trigger.handle().clone());
        let trigger = trigger.origin().clone();
        let service = Service::start(start.service(&tenant, &dataverse, behind))
            .await
            .map_err(|ServiceError::Listen(fault)| fault)?;
        let service = self.service.insert(service);
        let (restart, service) = (service.handle().clone(), service.origin().clone());
        let backends = [
            ("bulk-update-service", &service),
            ("tabular-intake-service", &service),
            ("inference-service", &service),
            ("dataverse", &dataverse),
        ];
        let gateway = Gateway::start(start.gateway(&tenant, &issuer, &backends)).await;
        let gateway = gateway.map_err(not_governed)?;
        let gateway = self.gateway.insert(gateway);
        let (counted, gateway) = (counted(gateway), gateway.origin().clone());
        start.gateway.set(gateway.clone()).expect("nobody else fills the cell");
        let ours = Ours { dataverse: handle, service: restart, trigger: received };
        let control = Control::start(start.control(&tenant, counted, Some(ours))).await?;
        let control = self.control.insert(control).origin().clone();
        let (dataverse, model, trigger) = (Some(called), Some(model), Some(trigger));
        Ok((Addresses { issuer, gateway, service, dataverse, model, trigger, control }, tenant))
    }

    /// Issuer, gateway and control surface before somebody else's service.
    async fn before(
        &mut self,
        start: &Start<'_>,
        front: &Front,
        (tenant, issuer): (Tenant, Origin),
    ) -> Result<(Addresses, Tenant), StackError> {
        let gateway = Gateway::start(start.front(&tenant, &issuer, front)).await.map_err(not_governed)?;
        let gateway = self.gateway.insert(gateway);
        let (counted, gateway) = (counted(gateway), gateway.origin().clone());
        let control = Control::start(start.control(&tenant, counted, None)).await?;
        let control = self.control.insert(control).origin().clone();
        let service = Origin::parse(&front.service).unwrap_or_else(|| gateway.clone());
        Ok((Addresses { issuer, gateway, service, dataverse: None, model: None, trigger: None, control }, tenant))
    }

    /// From the outside in, so that nobody calls a tier that is gone.
    async fn stop(self) {
        if let Some(control) = self.control {
            control.stop().await;
        }
        if let Some(gateway) = self.gateway {
            gateway.stop().await;
        }
        if let Some(service) = self.service {
            service.stop().await;
        }
        if let Some(trigger) = self.trigger {
            trigger.stop().await;
        }
        if let Some(model) = self.model {
            model.stop().await;
        }
        if let Some(dataverse) = self.dataverse {
            dataverse.stop().await;
        }
        if let Some(issuer) = self.issuer {
            issuer.stop().await;
        }
    }
}

fn not_governed(fault: GatewayError) -> StackError {
    match fault {
        GatewayError::Documents(found) => StackError::Mocks(found),
        GatewayError::Bind { address, source } => StackError::Bind { tier: "gateway", address, source },
    }
}
