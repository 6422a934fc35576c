//! `cache-lookup` and `cache-store`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use url::form_urlencoded::parse;

use crate::observe::CacheUse;
use crate::policy::{CacheLookup, CacheStore};
use crate::stack::gateway::answer::{Answer, AnswerBody};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// A response that is given again.
#[derive(Clone, Debug)]
pub(in crate::stack::gateway) struct Kept {
    status: StatusCode,
    reason: Option<Arc<str>>,
    headers: HeaderMap,
    body: Bytes,
}

/// Whether the answer was there: then nothing more is asked of the backend.
pub(in crate::stack::gateway) fn cache_lookup(
    shared: &Shared,
    call: &mut Call,
    policy: &CacheLookup,
) -> Result<bool, Raised> {
    let private = call.request_headers.contains_key(header::AUTHORIZATION) && !call.flag(&policy.private)?;
    if call.method != Method::GET || private {
        return Ok(false);
    }
    let key: Arc<str> = key(call, policy)?.into();
    let began = Instant::now();
    let found = shared.responses.get(&key, call.clock.now());
    call.cache_time += began.elapsed();
    call.cache = if found.is_some() { CacheUse::Hit } else { CacheUse::Miss };
    if let Some(kept) = found {
        let Kept { status, reason, headers, body } = (*kept).clone();
        call.response = Some(Answer { status, reason, headers, body: AnswerBody::Bytes(body) });
        return Ok(true);
    }
    call.cached_under = Some(key);
    Ok(false)
}

/// Keeps the response of a call that was looked up before.
pub(in crate::stack::gateway) async fn cache_store(
    shared: &Shared,
    call: &mut Call,
    policy: &CacheStore,
) -> Result<(), Raised> {
    let wanted = policy.keeps.as_ref().map(|keeps| call.flag(keeps)).transpose()?;
    let duration = Duration::from_secs(u64::try_from(call.number(&policy.duration)?).unwrap_or(0));
    let Some(key) = call.cached_under.take() else { return Ok(()) };
    if !wanted.unwrap_or_else(|| call.response.as_ref().is_some_and(|r| r.status == StatusCode::OK)) {
        return Ok(());
    }
    call.hold_response_if_small().await;
    if let Some(Answer { status, reason, headers, body: AnswerBody::Bytes(body) }) = &call.response {
        let kept = Kept { status: *status, reason: reason.clone(), headers: headers.clone(), body: body.clone() };
        let (now, began) = (call.clock.now(), Instant::now());
        shared.responses.put(key, Arc::new(kept), now, now.plus(duration));
        call.cache_time += began.elapsed();
    }
    Ok(())
}

/// Calls of one key have one answer.
fn key(call: &mut Call, policy: &CacheLookup) -> Result<String, Raised> {
    let mut key = format!("{}{}", call.host(), call.original.path());
    if policy.parameters.is_empty() {
        let _ = write!(key, "?{}", call.query);
    }
    for name in &policy.parameters {
        for name in call.text_or_empty(name)?.split(';').map(str::trim) {
            for (_, value) in parse(call.query.as_bytes()).filter(|(n, _)| n.eq_ignore_ascii_case(name)) {
                let _ = write!(key, "\n{name}={value}");
            }
        }
    }
    for name in &policy.headers {
        for name in call.text_or_empty(name)?.split(';').map(str::trim) {
            for value in call.request_headers.get_all(name) {
                let _ = write!(key, "\n{name}: {}", String::from_utf8_lossy(value.as_bytes()));
            }
        }
    }
    if call.flag(&policy.by_developer)? {
        let _ = write!(key, "\n{}", call.developer());
    }
    Ok(key)
}
