//! What the tested service sent to an API that it calls.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// One call as the called API received it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReceivedCall {
    /// Its number, from 1, in the order in which calls came.
    pub sequence: u64,
    /// What the shared clock showed.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header fields by their names in small letters, without `authorization`.
    pub headers: BTreeMap<String, String>,
    /// Why its token was not accepted; `None`: it was.
    pub refused: Option<String>,
    /// The content as text.
    pub body: String,
    /// What it was answered; `None`: the answer was lost.
    pub status: Option<u16>,
    /// The fault that was injected.
    pub fault: Option<String>,
}

impl ReceivedCall {
    /// How a token is refused whose time is not now.
    pub const TOKEN_OVER: &str = "a token that is over, or not good yet";

    /// The content as JSON; `None` where it is none.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&self.body).ok()
    }
}
