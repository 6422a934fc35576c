//! What a flow writes of an answer, where the flow writes.

use std::time::Duration;

use http::Method;
use serde_json::{Map, Value};

use super::connection::Pool;
use crate::contract::behaviour::{Behaviour, Commits, CorrelationCarrier, DataPath, Selector, Tracking};
use crate::door::Origin;
use crate::flow::retry_after;
use crate::target::{Control, MintRequest, Target, TargetError};
use crate::wire::{Body, Exchange, Headers, Request, Response, TokenKind};

/// As whom the flow comes, by the name that the tenant knows.
const FLOW: &str = "flow";

/// How often it tries.
const ATTEMPTS: u32 = 4;

/// How long a flow's write lies before its next call at least, in real time.
const APART: Duration = Duration::from_millis(10);

/// What it waits where Dataverse says nothing, in the clock's time.
const BACKOFF: Duration = Duration::from_secs(1);

/// Writes what an answer tells to Dataverse, once: a row that is there already
/// was written by an earlier run about the same. Nothing is done where the
/// contract does not say that the flow writes, or the call had no success.
///
/// # Errors
/// The control surface does not answer.
pub(super) async fn commit(
    target: &Target,
    pool: &Pool,
    behaviour: &Behaviour,
    told: &Exchange,
) -> Result<(), TargetError> {
    let (Some(DataPath::FlowCommits), Some(commits)) = (behaviour.data_path, &behaviour.commits) else {
        return Ok(());
    };
    let Some(control) = &target.control else { return Ok(()) };
    let (Some(dataverse), Some(response)) = (control.dataverse(), told.response()) else { return Ok(()) };
    let Some(row) = row(behaviour, commits, told, response) else { return Ok(()) };
    let audience = audience(target, pool, dataverse).await;
    let flow = Flow { target, pool, control, dataverse, audience };
    let status = flow.write(row.request).await?;
    if let (Some(200..=299), Some(tracking)) = (status, row.tracking) {
        flow.write(tracking).await?;
    }
    // The ledger's clock is known up to some milliseconds: what was written
    // stands clearly before the next call.
    tokio::time::sleep(APART).await;
    Ok(())
}

/// The flow's connection to Dataverse.
struct Flow<'t> {
    target: &'t Target,
    pool: &'t Pool,
    control: &'t Control,
    dataverse: &'t Origin,
    /// What its tokens are made for.
    audience: String,
}

impl Flow<'_> {
    /// Writes until Dataverse has decided, or it has tried often enough; gives
    /// the last status.
    async fn write(&self, mut request: Request) -> Result<Option<u16>, TargetError> {
        let mut status = None;
        for attempt in 1..=ATTEMPTS {
            let token = token(self.control, &self.audience).await?;
            request.headers.set("Authorization", format!("Bearer {token}"));
            let mut client = self.pool.take(self.dataverse);
            let written = client.send(request.clone(), self.target.elapsed(), attempt).await;
            self.pool.give(client);
            status = written.status();
            if matches!(status, Some(200..=299 | 400 | 403 | 404 | 412)) {
                break;
            }
            let asked = written.response().and_then(|response| retry_after(response, written.done_at));
            self.target.clock.sleep(asked.unwrap_or(BACKOFF)).await;
        }
        Ok(status)
    }
}

/// What a flow writes of an answer.
struct Row {
    /// The row, made once.
    request: Request,
    /// The row of a tracking table that tells under which ID it was made.
    tracking: Option<Request>,
}

/// The row that an answer tells.
fn row(behaviour: &Behaviour, commits: &Commits, told: &Exchange, response: &Response) -> Option<Row> {
    let effects = behaviour.effects.as_ref()?;
    if !matches!(response.status, 200 | 201) {
        return None;
    }
    let key = at(&commits.key, response)?.as_str()?.to_owned();
    let id = behaviour.correlation.as_ref().and_then(|c| told.request.headers.get(&c.header)).map(str::to_owned);
    let mut columns: Map<String, Value> =
        commits.columns.iter().filter_map(|(name, place)| Some((name.clone(), at(place, response)?))).collect();
    let mut headers = Headers::from_iter([
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
        ("OData-Version", "4.0"),
        ("OData-MaxVersion", "4.0"),
    ]);
    let (mut query, mut tracking) = (String::new(), None);
    if let Some(id) = id {
        headers.set("x-correlation-id", id.as_str());
        match &effects.correlated_by {
            CorrelationCarrier::Column(name) => drop(columns.insert(name.clone(), id.into())),
            CorrelationCarrier::Header(name) => headers.set(name.as_str(), id),
            CorrelationCarrier::Tag => query = format!("?tag={id}"),
            CorrelationCarrier::Tracking(names) => tracking = Some(tracked(names, headers.clone(), &key, id)),
        }
    }
    headers.set("If-None-Match", "*");
    let request = Request {
        method: Method::PATCH,
        target: format!("/api/data/v9.2/{}({key}){query}", effects.table),
        headers,
        body: Body::Bytes(Value::Object(columns).to_string().into()),
    };
    Some(Row { request, tracking })
}

fn tracked(names: &Tracking, headers: Headers, key: &str, id: String) -> Request {
    let columns = Map::from_iter([(names.row.clone(), key.into()), (names.id.clone(), id.into())]);
    Request {
        method: Method::POST,
        target: format!("/api/data/v9.2/{}", names.table),
        headers,
        body: Body::Bytes(Value::Object(columns).to_string().into()),
    }
}

fn at(place: &Selector, response: &Response) -> Option<Value> {
    match place {
        Selector::Header(name) => response.headers.get(name).map(Value::from),
        _ => place.select(&response.json()?).first().map(|value| (*value).clone()),
    }
}

async fn token(control: &Control, audience: &str) -> Result<String, TargetError> {
    let wanted = MintRequest { client: FLOW, audience, roles: &[], kind: TokenKind::Good };
    control.mint(&wanted).await.map(|(token, _)| token.expose().to_owned())
}

/// What a token must be made for: Dataverse says so to whoever has none.
async fn audience(target: &Target, pool: &Pool, dataverse: &Origin) -> String {
    let request = Request {
        method: Method::GET,
        target: "/api/data/v9.2/WhoAmI".to_owned(),
        headers: Headers::new(),
        body: Body::Empty,
    };
    let mut client = pool.take(dataverse);
    let refused = client.send(request, target.elapsed(), 1).await;
    pool.give(client);
    let challenge = refused.response().and_then(|response| response.headers.get("www-authenticate").map(str::to_owned));
    let told = challenge.and_then(|text| text.split_once("resource_id=").map(|(_, id)| id.trim().to_owned()));
    told.unwrap_or_else(|| dataverse.to_string())
}
