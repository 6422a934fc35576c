//! What each request of the control surface does.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::dataverse::{DataverseHandle, LedgerQuery, SNAPSHOTS};
use super::super::fault::wrong_fault;
use super::super::issuer::{MintRequest, Rollover, Throttle};
use super::ControlOptions;
use super::status::Status;
use crate::diagnose::Diagnostics;
use crate::observe::{LedgerEntry, ReadEntry};
use crate::wire::{Fault, FaultPlan, Waits};

/// How many entries, rows or values are given unless asked otherwise.
const LIMIT: usize = 1000;

pub(super) fn router(options: ControlOptions) -> Router {
    Router::new()
        .route("/health", get(|| async { Json(json!({ "status": "ok" })) }))
        .route("/ledger", get(ledger))
        .route("/ledger/size", get(ledger_size))
        .route("/reads", get(reads))
        .route("/rows", get(rows))
        .route("/log", get(log))
        .route("/traces", get(traces))
        .route("/traces/recorded", get(recorded))
        .route("/", get(page))
        .route("/counters", get(counters))
        .route("/metrics", get(metrics))
        .route("/gateway/waits", post(wait).delete(wait_as_usual))
        .route("/dataverse/snapshot", post(snapshot))
        .route("/dataverse/reset", post(reset))
        .route("/faults", get(faults).post(arm).delete(clear_faults))
        .route("/faults/{id}", delete(disarm))
        .route("/faults/hits", get(fault_hits))
        .route("/dataverse/limits", get(limits))
        .route("/status", get(status))
        .route("/status.txt", get(status_text))
        .route("/mint", post(mint))
        .route("/issuer", get(principals))
        .route("/issuer/rollover", post(rollover))
        .route("/issuer/throttle", post(throttle))
        .route("/clock", get(clock))
        .route("/clock/jump", post(jump))
        .route("/callbacks", get(callbacks))
        .route("/restart", post(restart))
        .route("/pool/{table}/{column}", get(pool))
        .fallback(|| async { refusal(StatusCode::NOT_FOUND, "there is no such resource") })
        .with_state(options)
}

/// The query's parameters.
struct Parameters(HashMap<String, String>);

impl Parameters {
    fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    fn list(&self, name: &str) -> Vec<String> {
        let text = self.0.get(name).map(String::as_str).unwrap_or_default();
        text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
    }

    fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T, Refused> {
        self.0.get(name).map_or(Ok(default), |text| {
            text.parse().map_err(|_| refusal(StatusCode::BAD_REQUEST, &format!("`{name}` is no whole number: {text}")))
        })
    }
}

/// Why a wish is not met.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

fn refusal(status: StatusCode, why: &str) -> Refused {
    Refused(status, why.to_owned())
}

/// Dataverse, where it runs.
fn dataverse(stack: &ControlOptions) -> Result<&DataverseHandle, Refused> {
    stack.dataverse.as_ref().ok_or_else(absent)
}

/// A tier that does not run before somebody else's service.
fn absent() -> Refused {
    refusal(StatusCode::NOT_FOUND, "this tier does not run here: the service behind the gateway is another one")
}

/// The body as JSON of a type, or a refusal that says what is wrong with it.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|fault| refusal(StatusCode::BAD_REQUEST, &fault.to_string()))
}

async fn ledger(State(stack): State<ControlOptions>, uri: Uri) -> Result<Response, Refused> {
    let parameters = Parameters::of(&uri);
    let dataverse = dataverse(&stack)?;
    let (entries, next) = dataverse.ledger(&LedgerQuery {
        since: parameters.number("since", 0)?,
        correlations: parameters.list("correlation"),
        keys: parameters.list("key"),
        limit: parameters.number("limit", LIMIT)?,
    });
    let effects = dataverse.effects();
    Ok(Json(LedgerPage { entries, next, effects }).into_response())
}

/// A page of the ledger; `json!` would build a tree of every entry first.
#[derive(Serialize)]
struct LedgerPage {
    entries: Vec<LedgerEntry>,
    next: u64,
    effects: u64,
}

async fn ledger_size(State(stack): State<ControlOptions>) -> Result<Response, Refused> {
    Ok(Json(dataverse(&stack)?.ledger_size()).into_response())
}

async fn reads(State(stack): State<ControlOptions>, uri: Uri) -> Result<Response, Refused> {
    let parameters = Parameters::of(&uri);
    let (since, limit) = (parameters.number("since", 0)?, parameters.number("limit", LIMIT)?);
    let (reads, next) = dataverse(&stack)?.reads(since, &parameters.list("correlation"), limit);
    Ok(Json(ReadPage { reads, next }).into_response())
}

/// A page of the record of reads.
#[derive(Serialize)]
struct ReadPage {
    reads: Vec<ReadEntry>,
    next: u64,
}

async fn rows(State(stack): State<ControlOptions>, uri: Uri) -> Result<Response, Refused> {
    let parameters = Parameters::of(&uri);
    let correlations = parameters.list("correlation");
    let (since, limit) = (parameters.number("since", 0)?, parameters.number("limit", LIMIT)?);
    let (rows, next) = stack
        .rows
        .query(since, &correlations, limit)
        .map_err(|fault| refusal(StatusCode::INTERNAL_SERVER_ERROR, &format!("the rows can't be read: {fault}")))?;
    let text = format!("{{\"rows\":[{}],\"next\":{next}}}", rows.join(","));
    Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
}

async fn log(State(stack): State<ControlOptions>, uri: Uri) -> Result<Response, Refused> {
    let since = Parameters::of(&uri).number("since", 0)?;
    let none = || refusal(StatusCode::NOT_FOUND, "the service's log can't be read here");
    let failed = |fault| refusal(StatusCode::INTERNAL_SERVER_ERROR, &format!("the log can't be read: {fault}"));
    let (text, next) = stack.log.as_ref().ok_or_else(none)?.lines(since).map_err(failed)?;
    Ok(Json(json!({ "text": text, "next": next })).into_response())
}

async fn counters(State(stack): State<ControlOptions>, uri: Uri) -> Result<Response, Refused> {
    let limit = Parameters::of(&uri).number("limit", LIMIT)?;
    let counters = stack.counters.snapshot(stack.clock.now(), limit);
    Ok(Json(json!({ "counters": counters, "keys": stack.counters.len() })).into_response())
}

async fn metrics(State(stack): State<ControlOptions>, uri: Uri) -> Result<Response, Refused> {
    let limit = Parameters::of(&uri).number("limit", LIMIT)?;
    let mut metrics = stack.metrics.snapshot();
    let series = metrics.len();
    metrics.truncate(limit);
    Ok(Json(json!({ "metrics": metrics, "series": series })).into_response())
}

/// How many calls are shown unless asked otherwise.
const SHOWN: usize = 50;

async fn traces(State(stack): State<ControlOptions>, uri: Uri) -> Result<Response, Refused> {
    let parameters = Parameters::of(&uri);
    let (since, limit) = (parameters.number("since", 0)?, parameters.number("limit", SHOWN)?);
    let calls = stack.traces.query(since, &parameters.list("correlation"), limit);
    Ok(Json(json!({ "calls": calls })).into_response())
}

async fn recorded(State(stack): State<ControlOptions>, uri: Uri) -> Result<Response, Refused> {
    let page = stack.traces.recorded(Parameters::of(&uri).number("since", 0)?);
    let failed = |fault| refusal(StatusCode::INTERNAL_SERVER_ERROR, &format!("the traces can't be read: {fault}"));
    let none = || refusal(StatusCode::NOT_FOUND, "traces are not recorded here; `/traces` has the last ones");
    Ok(Json(page.map_err(failed)?.ok_or_else(none)?).into_response())
}

/// The page that shows what the gateway does. It loads nothing from elsewhere.
async fn page() -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, policy)];
    (headers, include_str!("page.html")).into_response()
}

async fn faults(State(stack): State<ControlOptions>) -> Result<Response, Refused> {
    Ok(Json(json!({ "faults": dataverse(&stack)?.faults() })).into_response())
}

async fn arm(State(stack): State<ControlOptions>, body: Bytes) -> Result<Response, Refused> {
    let fault: Fault = match body.trim_ascii_start().first() {
        Some(b'{') => read(&body)?,
        _ => written(&body, &stack)?,
    };
    fault.check().map_err(|why| refusal(StatusCode::BAD_REQUEST, &why))?;
    Ok(Json(json!({ "id": dataverse(&stack)?.arm(fault) })).into_response())
}

/// A fault as the command line has it; its instants count from now.
fn written(body: &[u8], stack: &ControlOptions) -> Result<Fault, Refused> {
    let text = match body.first() {
        Some(b'"') => serde_json::from_slice(body).unwrap_or_default(),
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    let plan = FaultPlan::parse(&text).map_err(|faults| refusal(StatusCode::BAD_REQUEST, &wrong_fault(&faults)))?;
    Ok(plan.starting(stack.clock.now(), stack.clock.scale()))
}

async fn fault_hits(State(stack): State<ControlOptions>, uri: Uri) -> Result<Response, Refused> {
    let parameters = Parameters::of(&uri);
    let (since, limit) = (parameters.number("since", 0)?, parameters.number("limit", LIMIT)?);
    let (hits, next) = dataverse(&stack)?.fault_hits(since, limit);
    Ok(Json(json!({ "hits": hits, "next": next })).into_response())
}

async fn limits(State(stack): State<ControlOptions>) -> Result<Response, Refused> {
    Ok(Json(dataverse(&stack)?.limits()).into_response())
}

async fn status(State(stack): State<ControlOptions>) -> Result<Response, Refused> {
    Ok(Json(Status::of(dataverse(&stack)?)).into_response())
}

async fn status_text(State(stack): State<ControlOptions>) -> Result<Response, Refused> {
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], Status::of(dataverse(&stack)?).text()).into_response())
}

async fn disarm(State(stack): State<ControlOptions>, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    match id.parse() {
        Ok(id) if dataverse(&stack)?.disarm(id) => Ok(StatusCode::NO_CONTENT),
        _ => Err(refusal(StatusCode::NOT_FOUND, &format!("no fault of number {id} is armed"))),
    }
}

async fn clear_faults(State(stack): State<ControlOptions>) -> Result<StatusCode, Refused> {
    dataverse(&stack)?.clear_faults();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

async fn snapshot(State(stack): State<ControlOptions>, body: Bytes) -> Result<StatusCode, Refused> {
    let Named { name } = read(&body)?;
    if dataverse(&stack)?.snapshot(&name) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let why = format!("{SNAPSHOTS} snapshots are kept; take one of the same name as another to replace it");
    Err(refusal(StatusCode::CONFLICT, &why))
}

/// An empty body: back to the rows of the files.
async fn reset(State(stack): State<ControlOptions>, body: Bytes) -> Result<StatusCode, Refused> {
    let dataverse = dataverse(&stack)?;
    if body.is_empty() {
        let failed = |faults: Diagnostics| refusal(StatusCode::INTERNAL_SERVER_ERROR, &faults.to_string());
        return dataverse.reset().await.map(|()| StatusCode::NO_CONTENT).map_err(failed);
    }
    let Named { name } = read(&body)?;
    if dataverse.restore(&name) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(refusal(StatusCode::NOT_FOUND, &format!("there is no snapshot `{name}`")))
}

async fn mint(State(stack): State<ControlOptions>, body: Bytes) -> Result<Response, Refused> {
    let wanted: MintRequest = read(&body)?;
    stack
        .tenant
        .mint(&wanted)
        .map(|minted| Json(json!({ "token": minted.token, "expires_in": minted.expires_in })).into_response())
        .ok_or_else(|| refusal(StatusCode::BAD_REQUEST, "kind `none` is no token: send no Authorization"))
}

async fn principals(State(stack): State<ControlOptions>) -> Response {
    Json(stack.tenant.principals()).into_response()
}

/// An empty body: the next key signs at once.
async fn rollover(State(stack): State<ControlOptions>, body: Bytes) -> Result<Response, Refused> {
    let how: Rollover = if body.is_empty() { Rollover::default() } else { read(&body)? };
    let tenant = stack.tenant.clone();
    // Making a key is a tenth of a second of work: not on a thread that serves.
    let rolled = tokio::task::spawn_blocking(move || tenant.roll(how)).await;
    let failed = |fault: String| refusal(StatusCode::INTERNAL_SERVER_ERROR, &fault);
    rolled.map_err(|e| failed(e.to_string()))?.map_err(|e| failed(e.to_string()))?;
    let ids: Vec<serde_json::Value> = stack.tenant.keys().iter().map(|key| key["kid"].clone()).collect();
    Ok(Json(json!({ "signing": ids.first(), "published": ids })).into_response())
}

async fn throttle(State(stack): State<ControlOptions>, body: Bytes) -> Result<StatusCode, Refused> {
    let wanted: Throttle = read(&body)?;
    stack.tenant.throttle(wanted);
    Ok(StatusCode::NO_CONTENT)
}

async fn wait(State(stack): State<ControlOptions>, body: Bytes) -> Result<StatusCode, Refused> {
    let waits: Waits = read(&body)?;
    stack.patience.set(Some(waits));
    Ok(StatusCode::NO_CONTENT)
}

async fn wait_as_usual(State(stack): State<ControlOptions>) -> StatusCode {
    stack.patience.set(None);
    StatusCode::NO_CONTENT
}

async fn clock(State(stack): State<ControlOptions>) -> Response {
    shown(&stack)
}

fn shown(stack: &ControlOptions) -> Response {
    Json(json!({ "now": stack.clock.now(), "scale": stack.clock.scale() })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jump {
    seconds: f64,
}

async fn jump(State(stack): State<ControlOptions>, body: Bytes) -> Result<Response, Refused> {
    let jump: Jump = read(&body)?;
    let by = Duration::try_from_secs_f64(jump.seconds)
        .map_err(|_| refusal(StatusCode::BAD_REQUEST, "the clock only goes forward"))?;
    stack.clock.jump(by);
    Ok(shown(&stack))
}

async fn callbacks(State(stack): State<ControlOptions>, uri: Uri) -> Result<Response, Refused> {
    let trigger = stack.trigger.as_ref().ok_or_else(absent)?;
    let calls = trigger.calls(&Parameters::of(&uri).list("id"));
    Ok(Json(json!({ "calls": calls })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restarted {
    tier: String,
}

async fn restart(State(stack): State<ControlOptions>, body: Bytes) -> Result<Response, Refused> {
    let Restarted { tier } = read(&body)?;
    match tier.as_str() {
        "service" => {
            let restarted = stack.restart.as_ref().ok_or_else(absent)?.now().await;
            restarted.map_err(|why| refusal(StatusCode::INTERNAL_SERVER_ERROR, &why))?;
        }
        "gateway" => stack.counters.restart(),
        _ => {
            let why = format!("`{tier}` can't be restarted; `service` and `gateway` can");
            return Err(refusal(StatusCode::BAD_REQUEST, &why));
        }
    }
    Ok(Json(json!({ "restarted": tier })).into_response())
}

async fn pool(
    State(stack): State<ControlOptions>,
    Path((table, column)): Path<(String, String)>,
    uri: Uri,
) -> Result<Response, Refused> {
    let parameters = Parameters::of(&uri);
    let (offset, limit) = (parameters.number("offset", 0)?, parameters.number("limit", LIMIT)?);
    let (values, total) = dataverse(&stack)?.pool(&table, &column, offset, limit).ok_or_else(|| {
        refusal(StatusCode::NOT_FOUND, &format!("there is no column `{column}` in a table `{table}`"))
    })?;
    Ok(Json(json!({ "values": values, "total": total })).into_response())
}
