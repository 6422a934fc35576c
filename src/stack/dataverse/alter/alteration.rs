//! A change of tables as a state file keeps it.

use bytes::Bytes;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::error::Refusal;
use super::super::operate::{Call, Path};
use super::answer::Wish;
use super::blueprint::Blueprint;

/// A request that changed tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::stack::dataverse) struct Alteration {
    method: String,
    /// Behind the version of the Web API.
    path: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    body: Value,
}

impl Alteration {
    pub(super) fn of(call: &Call) -> Self {
        let Path { segment, key, rest, .. } = &call.path;
        let mut path = segment.clone();
        if let Some(key) = key {
            path = format!("{path}({key})");
        }
        if !rest.is_empty() {
            path = format!("{path}/{rest}");
        }
        let body = serde_json::from_slice(&call.body).unwrap_or_default();
        Self { method: call.method.to_string(), path, body }
    }

    /// What it did to other tables, done to these.
    pub(super) fn again(&self, blueprint: &mut Blueprint) -> Result<(), Refusal> {
        let method = Method::from_bytes(self.method.as_bytes());
        let method = method.map_err(|_| Refusal::wrong_method(&self.method, &self.path))?;
        let path = Path::read(&self.path)?;
        let body: Bytes = if self.body.is_null() { Bytes::new() } else { self.body.to_string().into() };
        blueprint.carry_out(&Wish { method: &method, path: &path, body: &body, base: "" }).map(drop)
    }
}
