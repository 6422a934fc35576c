//! The way to the control surface.

use std::time::Duration;

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::TargetError;
use crate::door::{Origin, RestClient};
use crate::wire::causes;

/// Reads and steers our stack: ledger, rows, faults, tokens, clock, pools.
#[derive(Clone, Debug)]
pub struct Control {
    origin: Origin,
    client: RestClient,
    dataverse: Option<Origin>,
}

impl Control {
    /// At an address.
    pub fn new(origin: Origin, client: RestClient) -> Self {
        Self { origin, client, dataverse: None }
    }

    /// Where it is.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The same, with the Dataverse that stands behind it: a flow of a scenario
    /// writes there.
    #[must_use]
    pub fn with_dataverse(self, dataverse: Option<Origin>) -> Self {
        Self { dataverse, ..self }
    }

    /// Where the mocked Dataverse stands, if that is known.
    pub fn dataverse(&self) -> Option<&Origin> {
        self.dataverse.as_ref()
    }

    /// Answers once the stack is up.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn health(&self) -> Result<(), TargetError> {
        self.call::<Value>(Method::GET, "/health", None).await.map(drop)
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, TargetError> {
        self.call_within(None, method, path, body).await
    }

    /// The same for what may take another time than usual.
    pub(super) async fn call_within<T: DeserializeOwned>(
        &self,
        within: Option<Duration>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, TargetError> {
        let url = format!("{}{path}", self.origin);
        let unreachable =
            |detail: String| TargetError::Unreachable { what: "the control surface", at: url.clone(), detail };
        let mut request = self.client.request(method, &url).map_err(|e| unreachable(e.to_string()))?;
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(within) = within {
            request = request.timeout(within);
        }
        let answer = request.send().await.map_err(|e| unreachable(causes(&e)))?;
        let status = answer.status();
        let content = answer.bytes().await.map_err(|e| unreachable(causes(&e)))?;
        if !status.is_success() {
            return Err(TargetError::Unexpected {
                what: "the control surface",
                at: url,
                detail: format!("{status}: {}", String::from_utf8_lossy(&content)),
            });
        }
        serde_json::from_slice(if content.is_empty() { b"null" } else { &content }).map_err(|e| {
            TargetError::Unexpected {
                what: "the control surface",
                at: url.clone(),
                detail: format!("something that is not what was asked for: {e}"),
            }
        })
    }
}
