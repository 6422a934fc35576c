//! The calls of `data.set_up` and `data.clean_up`, and the GETs of pools,
//! against the live target. Nothing here judges: a call that goes wrong is a
//! notice, and the pools that it should have filled stay empty.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Options;
use crate::contract::Contract;
use crate::contract::behaviour::{Called, DataCall, Selector, Statuses};
use crate::generate::{CallOptions, Generators, Nonce, Pools};
use crate::target::Target;
use crate::traffic::Client;
use crate::wire::{Body, Exchange, Headers, Request};

/// How long one call may take, in real time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes calls and fills pools.
pub(super) struct DataCalls {
    generators: Arc<Generators>,
    target: Arc<Target>,
    options: Options,
    client: Client,
    pools: Pools,
    notices: Vec<String>,
    /// Calls so far: each generated one is another.
    made: u64,
}

impl DataCalls {
    /// With what the pools hold already.
    pub(super) fn new(generators: Arc<Generators>, target: Arc<Target>, options: Options, pools: Pools) -> Self {
        let client = Client::new(target.clone(), target.gateway.clone()).with_timeout(PATIENCE);
        Self { generators, target, options, client, pools, notices: Vec::new(), made: 0 }
    }

    /// The pools, and what could not be done.
    pub(super) fn into_parts(self) -> (Pools, Vec<String>) {
        (self.pools, self.notices)
    }

    fn contract(&self) -> &Contract {
        self.generators.contract()
    }

    /// Makes calls in order, to the end of the list or until the target can't
    /// be reached.
    pub(super) async fn play(&mut self, calls: &[DataCall], stage: &str) {
        for call in calls {
            if self.play_one(call, stage).await.is_err() {
                return;
            }
        }
    }

    /// One entry of a list, as often as it says. `Err`: no answer came.
    async fn play_one(&mut self, call: &DataCall, stage: &str) -> Result<(), ()> {
        let rows: Vec<Option<Value>> = match &call.for_each {
            Some(pool) => self.pools.get(pool).iter().cloned().map(Some).collect(),
            None => vec![None; usize::try_from(call.times).unwrap_or(usize::MAX)],
        };
        for (index, row) in rows.into_iter().enumerate() {
            let mut pools = self.pools.clone();
            if let (Some(pool), Some(value)) = (&call.for_each, row) {
                pools.insert(pool.clone(), [value]);
            }
            let exchange = match self.request(call, &pools, index) {
                Ok(request) => self.send(request).await,
                Err(why) => {
                    self.notice(call, stage, &format!("could not be made: {why}"));
                    return Ok(());
                }
            };
            self.take(call, stage, &exchange);
            if exchange.status().is_none() {
                return Err(());
            }
        }
        Ok(())
    }

    /// Keeps what an answer gives, or says what is wrong with it.
    fn take(&mut self, call: &DataCall, stage: &str, exchange: &Exchange) {
        let line = format!("{} {}", exchange.request.method, exchange.request.target);
        let response = match &exchange.outcome {
            Ok(response) => response,
            Err(failure) => return self.notice(call, stage, &format!("{line}: no answer: {}", failure.detail)),
        };
        if !call.expect.iter().any(|statuses| statuses.contain(response.status)) {
            let expected: Vec<String> = call.expect.iter().map(Statuses::to_string).collect();
            let what = format!("{line} was answered {}, expected {}", response.status, expected.join(" or "));
            return self.notice(call, stage, &what);
        }
        for (pool, selector) in &call.save {
            let found: Vec<Value> = match selector {
                Selector::Header(name) => response.headers.get(name).map(Value::from).into_iter().collect(),
                selector => {
                    let body = response.json().unwrap_or_default();
                    selector.select(&body).into_iter().cloned().collect()
                }
            };
            if found.is_empty() {
                self.notice(call, stage, &format!("{line}: the answer has nothing at `{selector}`"));
            }
            let held = self.pools.get(pool).to_vec();
            self.pools.insert(pool.clone(), held.into_iter().chain(found));
        }
    }

    fn notice(&mut self, call: &DataCall, stage: &str, what: &str) {
        let notice = format!("{}: {stage}: {what}", call.place);
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// Fills a pool by a GET.
    pub(super) async fn fetch(&mut self, pool: &str, target: &str, values: &Selector) {
        let request = if target.starts_with('/') {
            Ok(self.plain(Method::GET, target))
        } else {
            self.generated(target, &self.pools.clone())
        };
        let notice = match request {
            Err(why) => format!("pool {pool}: the GET could not be made: {why}"),
            Ok(request) => {
                let exchange = self.send(request).await;
                let body = exchange.response().filter(|r| r.status < 300).and_then(crate::wire::Response::json);
                let found: Vec<Value> = body.iter().flat_map(|body| values.select(body)).cloned().collect();
                let line = format!("GET {}", exchange.request.target);
                let seen = exchange.status().map_or("not answered".to_owned(), |status| format!("answered {status}"));
                let empty = found.is_empty();
                self.pools.insert(pool, found);
                if !empty {
                    return;
                }
                format!("pool {pool} stays empty: {line} was {seen}, and nothing stands there at `{values}`")
            }
        };
        self.notices.push(notice);
    }

    fn request(&mut self, call: &DataCall, pools: &Pools, index: usize) -> Result<Request, String> {
        let fill = |text: &str| filled(text, &|name| value_of(pools, name, index));
        let mut request = match &call.call {
            Called::Operation(operation) => self.generated(operation, pools)?,
            Called::Path(method, path) => {
                let path = fill(path).map_err(|pool| format!("pool {pool} is empty"))?;
                self.plain(method.clone(), &path)
            }
        };
        if let Some(body) = &call.body {
            let body = filled_in(body, &|name| value_of(pools, name, index))
                .map_err(|pool| format!("pool {pool} is empty"))?;
            request.headers.set("Content-Type", "application/json");
            request.body = Body::Bytes(Bytes::from(body.to_string()));
        }
        Ok(request)
    }

    /// A conforming call of an operation, another one each time and none of
    /// those that cases make.
    fn generated(&mut self, operation: &str, pools: &Pools) -> Result<Request, String> {
        self.made += 1;
        let nonce = Nonce(format!("{}-data", self.options.nonce.0).into());
        let seed = self.options.seed.0.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(self.made);
        let call = self.generators.call(operation, seed, &nonce, pools, &CallOptions::default());
        call.map(|call| call.request).map_err(|why| why.to_string())
    }

    fn plain(&self, method: Method, path: &str) -> Request {
        let mut headers = Headers::new();
        headers.set("Accept", "application/json");
        if let Some(correlation) = self.contract().behaviour.as_ref().and_then(|b| b.correlation.as_ref()) {
            headers.set(&correlation.header, uuid::Uuid::new_v4().to_string());
        }
        let target = format!("{}{path}", self.contract().openapi.base_path);
        Request { method, target, headers, body: Body::Empty }
    }

    async fn send(&mut self, mut request: Request) -> Exchange {
        let behaviour = self.contract().behaviour.clone();
        let identity = behaviour.as_ref().and_then(|b| b.identity.as_ref());
        if let Ok(caller) = self.target.clients.client(identity, "test-data").await
            && let Some(token) = caller.token
        {
            request.headers.set("Authorization", format!("Bearer {}", token.expose()));
        }
        let due = self.target.elapsed();
        self.client.send(request, due, 1).await
    }
}

/// The value that a name in braces stands for.
fn value_of(pools: &Pools, name: &str, index: usize) -> Named {
    if name == "fresh" {
        return Named::Value(uuid::Uuid::new_v4().to_string().into());
    }
    if !pools.holds(name) {
        return Named::Unknown;
    }
    let values = pools.get(name);
    values.get(index % values.len().max(1)).map_or(Named::Empty, |value| Named::Value(value.clone()))
}

/// What a name in braces may be.
enum Named {
    /// The value.
    Value(Value),
    /// A pool that holds nothing.
    Empty,
    /// No pool: it stays as it was written.
    Unknown,
}

/// A text in which names in braces are replaced, encoded for a path; the error
/// is the name of an empty pool.
fn filled(text: &str, value: &dyn Fn(&str) -> Named) -> Result<String, String> {
    replaced(text, value, &|value| utf8_percent_encode(&plain_text(value), NON_ALPHANUMERIC).to_string())
}

fn replaced(text: &str, value: &dyn Fn(&str) -> Named, written: &dyn Fn(&Value) -> String) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        result.push_str(before);
        rest = after;
        let Some((name, behind)) = after.split_once('}') else {
            result.push('{');
            continue;
        };
        match value(name) {
            Named::Value(value) => {
                result.push_str(&written(&value));
                rest = behind;
            }
            Named::Empty => return Err(name.to_owned()),
            Named::Unknown => result.push('{'),
        }
    }
    Ok(result + rest)
}

/// A body in whose texts names in braces are replaced; a text that is nothing
/// else takes the value as it is.
fn filled_in(body: &Value, value: &dyn Fn(&str) -> Named) -> Result<Value, String> {
    Ok(match body {
        Value::String(text) => {
            let whole = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).map(value);
            match whole {
                Some(Named::Value(value)) => value,
                _ => Value::String(replaced(text, value, &plain_text)?),
            }
        }
        Value::Array(items) => items.iter().map(|item| filled_in(item, value)).collect::<Result<_, _>>()?,
        Value::Object(members) => {
            let filled = members.iter().map(|(key, member)| Ok((key.clone(), filled_in(member, value)?)));
            Value::Object(filled.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_become_values_and_others_stay() {
        let mut pools = Pools::new();
        pools.insert("id", [Value::from(7), Value::from("a/b")]);
        pools.insert("none", []);
        let pools = &pools;
        let at = |index| move |name: &str| value_of(pools, name, index);
        assert_eq!(filled("/x/{id}/{other}", &at(0)), Ok("/x/7/{other}".to_owned()));
        assert_eq!(filled("/x/{id}", &at(1)), Ok("/x/a%2Fb".to_owned()));
        assert_eq!(filled("/x/{none}", &at(0)), Err("none".to_owned()));
        let body = serde_json::json!({"id": "{id}", "note": ["no {id}"], "n": 1});
        assert_eq!(filled_in(&body, &at(0)), Ok(serde_json::json!({"id": 7, "note": ["no 7"], "n": 1})));
        let fresh = filled_in(&Value::from("{fresh}"), &at(0)).expect("filled");
        assert!(uuid::Uuid::parse_str(fresh.as_str().expect("text")).is_ok());
    }
}
