//! Starting and stopping the service.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};
use hyper_util::service::TowerToHyperService;
use tokio::sync::Mutex;

use super::super::StackError;
use super::super::listen::{Bound, Listening};
use super::callback::Caller;
use super::careless::LeftOver;
use super::dataverse::{Around, Dataverse, Pace, Remembered, Turns};
use super::defect::{Defect, Defects};
use super::distort;
use super::execution::{Execution, Replays};
use super::inference::ModelClient;
use super::link::Link;
use super::log::Answered;
use super::problem::{Answer, Problem};
use super::queue::Lanes;
use super::route;
use super::standstill::{HEALTH, Standstill};
use super::store::Store;
use super::tasks::Tasks;
use super::token::{Credentials, Tokens};
use crate::clock::Clock;
use crate::door::{Door, Origin, RestClient};
use crate::wire::Secret;

/// The scope of the gateway's `data` API.
const DATA_SCOPE: &str = "api://dataverse-data/.default";
/// The scope of Dataverse itself, for `scoring` alone.
const DATAVERSE_SCOPE: &str = "https://org.crm.dynamics.example/.default";
/// The scope of the flow's trigger.
const TRIGGER_SCOPE: &str = "api://flow-trigger/.default";
/// How long a token may take, in real time.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// What the service needs to start.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the gateway is. It starts after the service, so the cell may
    /// still be empty.
    pub gateway: Arc<OnceLock<Origin>>,
    /// URL of the issuer's token endpoint.
    pub token_endpoint: String,
    /// The service's application id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// What only the gateway knows, in `X-Gateway-Key`.
    pub gateway_key: Secret,
    /// Where Dataverse is: `scoring` calls it itself, all others by defects
    /// only.
    pub dataverse: Origin,
    /// What else stands behind the service.
    pub behind: Behind,
    /// The shared clock.
    pub clock: Clock,
    /// The only way out.
    pub door: Door,
    /// Names of defects; those of other tiers are passed over.
    pub defects: Vec<String>,
}

/// Tiers behind the service, beside Dataverse; it does without those that are
/// not there.
#[derive(Clone, Debug, Default)]
pub struct Behind {
    /// The model that `inference` asks.
    pub model: Option<ModelEndpoint>,
    /// The flow's trigger that `bulk-update/v2` calls when a job ends.
    pub trigger: Option<TriggerEndpoint>,
}

/// Where a flow waits. This is configuration: no request changes it.
#[derive(Clone, Debug)]
pub struct TriggerEndpoint {
    /// Where its trigger stands.
    pub origin: Origin,
    /// The path on which it waits.
    pub path: String,
}

/// Where a model is asked.
#[derive(Clone, Debug)]
pub struct ModelEndpoint {
    /// Where it stands.
    pub origin: Origin,
    /// What is shown in `api-key`.
    pub key: Secret,
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The address can't be listened on.
    #[error(transparent)]
    Listen(StackError),
    /// Its log has no place.
    #[error("no temporary file for the service's log: {0}")]
    Log(#[source] io::Error),
}

/// A running service.
#[derive(Debug)]
#[must_use = "a service that is dropped goes on without anybody who can stop it"]
pub struct Service(ServiceHandle);

/// Restarts a service. Clones restart the same one.
#[derive(Clone, Debug)]
pub struct ServiceHandle(Arc<Shared>);

/// What outlives a process of the service.
#[derive(Debug)]
struct Shared {
    options: ServiceOptions,
    store: Store,
    origin: Origin,
    process: Mutex<Option<Process>>,
}

/// What dies with a process.
#[derive(Debug)]
struct Process {
    bound: Bound,
    execution: Arc<Execution>,
    listening: Listening,
}

impl Process {
    fn start(bound: Bound, options: &ServiceOptions, store: &Store) -> Self {
        let execution = Arc::new(execution(options.clone(), store));
        let router = Router::new().fallback(serve).with_state(Arc::clone(&execution));
        let listening = bound.clone().serve(TowerToHyperService::new(router));
        Self { bound, execution, listening }
    }
}

impl Service {
    /// Listens and serves.
    ///
    /// # Errors
    /// The address can't be listened on.
    pub async fn start(options: ServiceOptions) -> Result<Self, ServiceError> {
        let bound = Bound::at("service", options.listen).await.map_err(ServiceError::Listen)?;
        let store = Store::new(&options).map_err(ServiceError::Log)?;
        let origin = bound.origin().clone();
        let process = Mutex::new(Some(Process::start(bound, &options, &store)));
        Ok(Self(ServiceHandle(Arc::new(Shared { options, store, origin, process }))))
    }

    /// By what it is restarted.
    pub fn handle(&self) -> &ServiceHandle {
        &self.0
    }

    /// Where it listens.
    pub fn origin(&self) -> &Origin {
        &self.0.0.origin
    }

    /// Ends work that nobody waits for, and connections; waits for every task.
    pub async fn stop(self) {
        if let Some(process) = self.0.0.process.lock().await.take() {
            process.execution.tasks.stop().await;
            process.listening.stop().await;
        }
    }
}

impl ServiceHandle {
    /// Reads bytes of its log from a position on.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn read_log(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.store.log.read_at(at, buffer)
    }

    /// The process dies in the middle of whatever it does: calls are cut, work
    /// is dropped where it stands. Then another one comes up at the same
    /// address, with what was stored. Returns once it listens; a service that
    /// was stopped stays so.
    pub async fn restart(&self) {
        let mut process = self.0.process.lock().await;
        if let Some(Process { bound, execution, listening }) = process.take() {
            listening.kill().await;
            execution.tasks.stop().await;
            self.0.store.survive(&execution.defects);
            let started = Process::start(bound, &self.0.options, &self.0.store);
            started.execution.take_up();
            *process = Some(started);
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one line for each thing that a service holds")]
fn execution(options: ServiceOptions, store: &Store) -> Execution {
    let ServiceOptions { gateway, gateway_key, clock, door, .. } = options;
    let defects = Defects::named(&options.defects);
    let standstill = Arc::new(Standstill::default());
    let credentials = Credentials {
        endpoint: options.token_endpoint,
        client_id: options.client_id,
        client_secret: options.client_secret,
    };
    let rest = RestClient::new(&door, TOKEN_TIMEOUT);
    let tokens = |scope| Tokens::new(rest.clone(), credentials.clone(), scope, clock.clone());
    let around = Around { link: Link::new(door.clone()), origin: options.dataverse, tokens: tokens(DATAVERSE_SCOPE) };
    let dataverse = Dataverse {
        link: Link::new(door.clone()),
        gateway: Arc::clone(&gateway),
        tokens: tokens(DATA_SCOPE),
        around,
        clock: clock.clone(),
        defects: defects.clone(),
        turns: Turns::default(),
        pace: Pace::default(),
        remembered: Remembered::default(),
        standstill: Arc::clone(&standstill),
        written: AtomicU64::new(0),
    };
    let model = options.behind.model.map(|endpoint| ModelClient {
        link: Link::new(door.clone()),
        origin: endpoint.origin,
        key: endpoint.key,
        clock: clock.clone(),
        unchecked: defects.has(Defect::ModelOutputUnchecked),
    });
    let caller = options.behind.trigger.map(|endpoint| {
        Arc::new(Caller {
            link: Link::new(door.clone()),
            origin: endpoint.origin,
            path: endpoint.path,
            tokens: tokens(TRIGGER_SCOPE),
            others: tokens(DATA_SCOPE),
            clock: clock.clone(),
            defects: defects.clone(),
        })
    });
    Execution {
        dataverse,
        records: Arc::clone(&store.records),
        files: Arc::clone(&store.files),
        decisions: Arc::clone(&store.decisions),
        model,
        queue: Arc::clone(&store.queue),
        lanes: Lanes::default(),
        outbox: Arc::clone(&store.outbox),
        caller,
        last_jobs: std::sync::Mutex::default(),
        ledger: Arc::clone(&store.ledger),
        log: Arc::clone(&store.log),
        tasks: Tasks::default(),
        clock,
        defects,
        gateway,
        gateway_key,
        answered: AtomicU64::new(0),
        submitted: AtomicU64::new(0),
        files_submitted: AtomicU64::new(0),
        replays: Replays::default(),
        left_over: LeftOver::default(),
        standstill,
    }
}

async fn serve(State(execution): State<Arc<Execution>>, request: Request) -> Response {
    let _entered = execution.standstill.enter(&execution.defects).await;
    if request.method() == Method::GET && request.uri().path() == HEALTH {
        return well();
    }
    let (parts, body) = request.into_parts();
    let correlation = parts.headers.get("x-correlation-id");
    let outcome = execution.answer(&parts, body).await;
    execution.dawdle().await;
    let sent = correlation.and_then(|v| v.to_str().ok());
    let (outcome, told) = confused(&execution, &parts, outcome, sent);
    let answer = outcome.unwrap_or_else(|problem| problem.answer(told.as_deref().or(sent), &execution.defects));
    let answer = distort::answer(&execution.defects, &parts.method, parts.uri.path(), answer);
    execution.log.write(
        &Answered {
            timestamp: execution.clock.now(),
            message: "answered",
            correlation_id: sent,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            status: answer.status,
        },
        &execution.defects,
    );
    let mut response = Response::new(Body::from(answer.body.clone()));
    *response.status_mut() = http::StatusCode::from_u16(answer.status).expect("own statuses are valid");
    fields(response.headers_mut(), &answer);
    if execution.defects.has(Defect::RetryAfterInWords) && answer.status == 202 {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("soon"));
    }
    if execution.defects.has(Defect::RetryAfterFractional) && answer.status == 503 {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1.5"));
    }
    response.headers_mut().insert("X-Served-By", HeaderValue::from_static(route::served_by(parts.uri.path())));
    if let Some(value) = correlation {
        response.headers_mut().insert("X-Correlation-Id", value.clone());
    }
    response
}

/// What the platform's probe is told; it has no token and no gateway's key.
fn well() -> Response {
    let mut response = Response::new(Body::from(r#"{"status":"ok"}"#));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert("X-Served-By", HeaderValue::from_static(route::served_by(HEALTH)));
    response
}

/// By two defects, whoever reads next is told what was left over from a call
/// whose content could not be read: its whole answer, or its correlation ID.
fn confused(
    execution: &Execution,
    parts: &Parts,
    outcome: Result<Answer, Problem>,
    correlation: Option<&str>,
) -> (Result<Answer, Problem>, Option<String>) {
    let (whole, id) = (execution.defects.has(Defect::AnswerLeftOver), execution.defects.has(Defect::IdLeftOver));
    if !whole && !id {
        return (outcome, None);
    }
    if let (Err(problem), false) = (&outcome, parts.method == Method::GET) {
        execution.left_over.keep(problem, correlation);
        return (outcome, None);
    }
    match execution.left_over.take() {
        Some((problem, told)) if whole => (Err(problem), Some(told)),
        Some((_, told)) => (outcome, Some(told)),
        None => (outcome, None),
    }
}

fn fields(headers: &mut HeaderMap, answer: &Answer) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Some(seconds) = answer.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(value) = answer.location.as_deref().and_then(|l| HeaderValue::from_str(l).ok()) {
        headers.insert(header::LOCATION, value);
    }
}
