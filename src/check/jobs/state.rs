//! How a job stands, by what was answered.

use serde_json::Value;

use crate::contract::behaviour::{Jobs, Selector};
use crate::observe::CallRun;
use crate::wire::{Exchange, Response};

/// The first place of an answer that a selector leads to, as text.
pub(super) fn told(response: &Response, place: &Selector) -> Option<String> {
    match place {
        Selector::Header(name) => response.headers.get(name).map(str::to_owned),
        Selector::Body(_) => match place.select(&response.json()?).first()? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        },
        _ => None,
    }
}

/// The 202 by which a call's job was taken.
pub(super) fn accepted(run: &CallRun) -> Option<(&Exchange, &Response)> {
    let exchange = run.last()?;
    Some((exchange, exchange.response().filter(|response| response.status == 202)?))
}

/// The answer that tells a job's end, and its state.
pub(in crate::check) fn ended<'r>(jobs: &Jobs, run: &'r CallRun) -> Option<(&'r Exchange, &'r Response, String)> {
    accepted(run)?;
    let exchange = run.polls.last()?;
    let response = exchange.response().filter(|response| response.status == 200)?;
    let state = told(response, &jobs.status).filter(|state| jobs.ends.contains(state))?;
    Some((exchange, response, state))
}
