//! The running gateway: listens, hands each call to the pipeline, stops.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::backends::Backends;
use super::background::Background;
use super::body::ClientBody;
use super::cache::Cache;
use super::call::Call;
use super::counters::{Counters, SWEEP_EVERY};
use super::drain::Drain;
use super::hosts::Hosts;
use super::identity::Identities;
use super::keys::Keys;
use super::known_tokens::Tokens;
use super::metrics::Metrics;
use super::patience::Patience;
use super::policies::Kept;
use super::raised::Raised;
use super::request_body::RequestBody;
use super::route::{Asked, Found, Match, Router};
use super::subscriptions::Subscriptions;
use super::turn::{Turn, UnderWay};
use super::value::Value;
use super::{
    GatewayError, GatewayOptions, MetricSeries, RowLog, TraceLog, apis, backends, execute, finish, host, policies,
};
use crate::clock::Clock;
use crate::diagnose::Diagnostics;
use crate::door::Origin;
use crate::policy::instance::Instance;
use crate::policy::{Effective, Surroundings, load_instance};
use crate::stack::identity::GATEWAY_IDENTITY;
use crate::stack::listen::secured;
use crate::stack::spoken::{begun, spoken};
use crate::stack::tls::Tls;
use crate::wire::Secret;

/// How long open connections may take to end once the gateway stops, in real
/// time.
const GRACE: Duration = Duration::from_millis(250);

/// The route by which services behind the gateway come to Dataverse: not through
/// what stands in front of it.
const INSIDE: &str = "/data/";

/// How long to wait where the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(5);

/// How often connections to backends are looked through for idle ones.
const TIDYING: Duration = Duration::from_secs(15);

/// A running gateway. It stops when [`Gateway::stop`] is called.
#[derive(Debug)]
#[must_use = "a gateway that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Gateway {
    origin: Origin,
    counters: Arc<Counters>,
    remarks: Diagnostics,
    metrics: Metrics,
    patience: Patience,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// A client's address, and its version of TLS, where it speaks that.
type Client = (IpAddr, Option<&'static str>);

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("cut by the load balancer in front, which has waited long enough")]
struct Cut;

/// What all calls share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) region: Arc<str>,
    pub(super) clock: Clock,
    pub(super) router: Router,
    /// For calls that match no API.
    pub(super) unmatched: Effective,
    pub(super) subscriptions: Subscriptions,
    pub(super) backends: Backends,
    pub(super) hosts: Hosts,
    pub(super) random: Mutex<ChaCha8Rng>,
    pub(super) counters: Arc<Counters>,
    pub(super) keys: Keys,
    pub(super) tokens: Tokens,
    pub(super) identities: Identities,
    pub(super) metrics: Metrics,
    pub(super) patience: Patience,
    pub(super) rows: RowLog,
    pub(super) traces: TraceLog,
    pub(super) drain: Drain,
    pub(super) background: Background,
    pub(super) under_way: UnderWay,
    pub(super) values: Cache<Value>,
    pub(super) responses: Cache<Arc<Kept>>,
}

impl Gateway {
    /// Loads the documents, listens, and serves.
    ///
    /// # Errors
    /// Documents that can't be used, with every fault; an address that can't be
    /// listened on.
    pub async fn start(options: GatewayOptions) -> Result<Self, GatewayError> {
        let listen = options.listen;
        let (shared, remarks) = Shared::new(&options)?;
        let shared = Arc::new(shared);
        let failed = |source| GatewayError::Bind { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let origin = reachable(listener.local_addr().map_err(failed)?);
        let origin = if options.tls.is_some() { secured(origin) } else { origin };
        let (metrics, stop) = (shared.metrics.clone(), watch::Sender::new(false));
        let (counters, patience) = (Arc::clone(&shared.counters), shared.patience.clone());
        let task = tokio::spawn(accept((listener, options.tls), shared, stop.subscribe()));
        Ok(Self { origin, counters, remarks, metrics, patience, stop, task })
    }

    /// Where it can be reached from this machine.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What keys have used of their limits.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// How long calls may take, for whoever decides it.
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// What is worth knowing of the documents and is no reason not to start,
    /// such as hosts that they name and nobody mapped.
    pub fn remarks(&self) -> &Diagnostics {
        &self.remarks
    }

    /// Where `emit-metric` policies count, for whoever reads on.
    pub fn metric_sums(&self) -> &Metrics {
        &self.metrics
    }

    /// What `emit-metric` policies counted so far.
    pub fn metrics(&self) -> Vec<MetricSeries> {
        self.metrics.snapshot()
    }

    /// Accepts no further connection, lets the open ones finish for a moment,
    /// and waits for every task.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // The task ends by itself, and was never aborted.
        let _ = self.task.await;
    }
}

impl Shared {
    fn new(options: &GatewayOptions) -> Result<(Self, Diagnostics), GatewayError> {
        let under_way = UnderWay::default();
        let service = options.service.as_deref().and_then(Origin::parse);
        let own = options.backends.values().chain([&options.issuer]).chain(&service).cloned();
        let hosts = Hosts::new(&options.hosts, own, (&options.door, &under_way)).map_err(GatewayError::Documents)?;
        let surroundings = Surroundings {
            named_values: options.named_values.clone(),
            backends: options.backends.keys().cloned().collect(),
            mapped: Some(hosts.patterns()),
            on_unsupported: options.on_unsupported,
            ..Surroundings::default()
        };
        let (instance, mut remarks) = match &options.instance {
            Some(instance) => (Instance::clone(instance), Diagnostics::new()),
            None => Instance::read(&options.policies),
        };
        let (policies, more) = load_instance(instance, &options.overlays, &surroundings);
        remarks.extend(more);
        if remarks.has_errors() {
            return Err(GatewayError::Documents(remarks));
        }
        let apis = apis::publish(options, &policies, &hosts).map_err(GatewayError::Documents)?;
        let instance = policies.instance();
        remarks.extend(backends::unmapped(instance, &hosts, options.service.as_deref()));
        let named = |values: &BTreeMap<String, String>, name: &str| values.get(name).cloned().unwrap_or_default();
        let tenant = named(&options.named_values, "tenant");
        let endpoint = format!("{}/{tenant}/oauth2/v2.0/token", options.issuer);
        let client = options.named_values.get("managed-identity");
        let client = client.cloned().unwrap_or_else(|| GATEWAY_IDENTITY.to_owned());
        let secret = Secret::new(named(&options.named_values, "managed-identity-secret"));
        let others = options.identities.iter().map(|(id, secret)| (id.clone(), secret.clone()));
        let clients = std::iter::once((client, secret)).chain(others);
        let shared = Self {
            region: Arc::clone(&options.region),
            clock: options.clock.clone(),
            router: Router::new(apis),
            unmatched: policies.effective_of_nothing(),
            subscriptions: Subscriptions::new(instance).map_err(GatewayError::Documents)?,
            backends: Backends::new(&options.backends, instance, &hosts),
            hosts,
            random: Mutex::new(ChaCha8Rng::seed_from_u64(options.seed)),
            counters: Arc::new(Counters::new(options.throttling.clone())),
            keys: Keys::new(&options.issuer, &options.clock, options.key_refresh),
            tokens: Tokens::default(),
            identities: Identities::new(&options.door, &options.clock, &endpoint, clients),
            metrics: Metrics::default(),
            patience: Patience::default(),
            rows: options.rows.clone(),
            traces: options.traces.clone(),
            drain: Drain::default(),
            background: Background::default(),
            under_way,
            values: Cache::default(),
            responses: Cache::default(),
        };
        Ok((shared, remarks))
    }

    /// Handles a call for as long as a load balancer in front waits for it.
    async fn in_time(&self, request: Request<Incoming>, client: Client) -> Result<Response<ClientBody>, Cut> {
        let inside = request.uri().path().starts_with(INSIDE);
        let handled = self.handle(request, client);
        match self.patience.of_load_balancer(&self.clock).filter(|_| !inside) {
            Some(wait) => tokio::time::timeout(wait, handled).await.map_err(|_| Cut),
            None => Ok(handled.await),
        }
    }

    async fn handle(&self, request: Request<Incoming>, (peer, tls): Client) -> Response<ClientBody> {
        let _under_way = self.under_way.one();
        let (parts, incoming) = request.into_parts();
        if let Some(refused) = host::refusal(&parts) {
            return refused;
        }
        let mut call = Box::new(Call::new(parts, RequestBody::of(incoming), peer, &self.clock));
        (call.secure, call.tls_version) = (tls.is_some(), tls.unwrap_or_default());
        call.region = Some(Arc::clone(&self.region));
        let mut open = Open { shared: self, call: Some(call) };
        if let Some(call) = &mut open.call {
            self.process(call).await;
        }
        let call = open.call.take().expect("the call is there until it is finished");
        finish::finish(self, call)
    }

    async fn process(&self, call: &mut Call) {
        let asked = Asked {
            method: &call.method,
            path: call.original.path(),
            query: &call.query,
            headers: &call.request_headers,
        };
        match self.router.find(asked) {
            Found::Operation(matched) => self.matched(call, matched).await,
            Found::Api(api) => {
                call.api = Some(Arc::clone(&api));
                Box::pin(self.without_operation(call, &api.effective)).await;
            }
            Found::NoVersion => Box::pin(self.unmatched(call, &self.unmatched, &Raised::no_version())).await,
            Found::Nothing => Box::pin(self.without_operation(call, &self.unmatched)).await,
        }
        // A client that waits for `100 Continue` was told no: it sends nothing.
        let waits = call.request_headers.contains_key(http::header::EXPECT);
        if let (RequestBody::Stream(unwanted), false) = (call.body.take(), waits) {
            self.drain.add(unwanted);
        }
    }

    async fn matched(&self, call: &mut Call, Match { api, operation, parameters, at }: Match) {
        call.original.path()[at..].clone_into(&mut call.path);
        call.parameters = parameters;
        call.backend.clone_from(&api.backend);
        let admitted = self.subscriptions.admit(call, &api);
        call.api = Some(api);
        call.operation = Some(Arc::clone(&operation));
        let product = call.product.clone();
        let effective = operation.effective(product.as_ref().map(|p| p.id.as_str()));
        match admitted {
            Ok(()) => execute::pipeline(self, call, effective).await,
            Err(raised) => Box::pin(execute::on_error(self, call, effective, &raised)).await,
        }
    }

    /// A preflight request needs no operation of its own: that of the call
    /// which is to follow tells who answers it.
    async fn without_operation(&self, call: &mut Call, effective: &Effective) {
        if policies::is_preflight(call) {
            let asked = call.request_headers.get(http::header::ACCESS_CONTROL_REQUEST_METHOD);
            let method = asked.and_then(|v| Method::from_bytes(v.as_bytes()).ok()).unwrap_or_default();
            let asked = Asked {
                method: &method,
                path: call.original.path(),
                query: &call.query,
                headers: &call.request_headers,
            };
            let operation = match self.router.find(asked) {
                Found::Operation(matched) => Some(matched.operation),
                _ => None,
            };
            let effective = operation.as_ref().map_or(effective, |o| o.effective(None));
            match execute::preflight(call, effective) {
                Ok(true) => return,
                Ok(false) => {}
                Err(raised) => return execute::on_error(self, call, effective, &raised).await,
            }
        }
        self.unmatched(call, effective, &Raised::operation_not_found()).await;
    }

    async fn unmatched(&self, call: &mut Call, effective: &Effective, raised: &Raised) {
        // The platform logs such calls under the backend section.
        call.section = crate::policy::Section::Backend;
        execute::on_error(self, call, effective, raised).await;
    }
}

/// A call that is being processed. When its client leaves, the call is dropped
/// where it stands, and has a row all the same.
struct Open<'s> {
    shared: &'s Shared,
    call: Option<Box<Call>>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            finish::abandoned(self.shared, call);
        }
    }
}

/// An address that listens everywhere is reached over loopback.
fn reachable(mut address: SocketAddr) -> Origin {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address.into()
}

async fn accept((listener, tls): (TcpListener, Option<Tls>), shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let mut tidying = tokio::time::interval(TIDYING);
    let mut sweeps = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    let stream = (stream, peer.ip(), tls.clone());
                    connections.spawn(serve(stream, Arc::clone(&shared), stop.clone()));
                }
                // Out of file descriptors, or a client that left again.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
            _ = tidying.tick() => shared.hosts.tidy(),
            _ = sweeps.tick() => shared.counters.sweep(shared.clock.now()),
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        connections.shutdown().await;
    }
    shared.drain.stop();
    shared.background.stop();
    shared.hosts.stop().await;
}

async fn serve(
    (stream, peer, tls): (TcpStream, IpAddr, Option<Tls>),
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) {
    let begun = tokio::select! {
        begun = begun(tls.as_ref(), stream) => begun,
        () = stopped(&mut stop) => return,
    };
    // Who does not shake hands is not served.
    let Ok((stream, version)) = begun else { return };
    let client = (peer.to_canonical(), stream.tls_version());
    let stream = Turn::new(stream, &shared.under_way);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { shared.in_time(request, client).await }
    });
    spoken((stream, version), service, stopped(&mut stop)).await;
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone wants the end, too.
    drop(stop.wait_for(|stopped| *stopped).await);
}
