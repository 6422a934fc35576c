//! What is done to the stack: faults, tokens, the clock, restarts; and what it
//! holds.

use std::time::{Duration, Instant};

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::TargetError;
use super::surface::Control;
use crate::clock::{Clock, Timestamp};
use crate::generate::TokenKind;
use crate::observe::ReceivedCall;
use crate::wire::{Fault, Secret, Waits};

/// The longest restart, in real time: whoever restarts the service has a bound
/// of its own, and says what is wrong.
const RESTART: Duration = Duration::from_mins(30);

/// How often a clock that is followed is asked.
const CLOCK_QUESTIONS: usize = 16;

/// What the stack's clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct ShownClock {
    /// Now.
    pub now: Timestamp,
    /// How fast it runs.
    pub scale: f64,
}

#[derive(Deserialize)]
struct Received {
    calls: Vec<ReceivedCall>,
}

/// A fault that is armed, and what it did so far.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FaultState {
    /// The number to disarm it by.
    pub id: u64,
    /// The fault.
    pub fault: Fault,
    /// How many requests matched its filters.
    pub matched: u64,
    /// How many of them it hit.
    pub hits: u64,
}

#[derive(Deserialize)]
struct FaultPage {
    faults: Vec<FaultState>,
}

#[derive(Deserialize)]
struct Armed {
    id: u64,
}

#[derive(Deserialize)]
struct Minted {
    token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct PoolPage {
    values: Vec<Value>,
}

impl Control {
    /// Arms a fault; gives the number to disarm it by.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn arm(&self, fault: &Fault) -> Result<u64, TargetError> {
        let armed: Armed = self.call(Method::POST, "/faults", Some(json!(fault))).await?;
        Ok(armed.id)
    }

    /// The gateway's waits count by the shared clock from now on.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn wait(&self, waits: &Waits) -> Result<(), TargetError> {
        self.call(Method::POST, "/gateway/waits", Some(json!(waits))).await
    }

    /// They count real time again, as the policies say.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn wait_as_usual(&self) -> Result<(), TargetError> {
        self.call(Method::DELETE, "/gateway/waits", None).await
    }

    /// The faults that are armed, with what they did.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn faults(&self) -> Result<Vec<FaultState>, TargetError> {
        let page: FaultPage = self.call(Method::GET, "/faults", None).await?;
        Ok(page.faults)
    }

    /// Disarms a fault.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn disarm(&self, id: u64) -> Result<(), TargetError> {
        self.call::<Value>(Method::DELETE, &format!("/faults/{id}"), None).await.map(drop)
    }

    /// A token for a client; gives it with its lifetime in seconds. `kind` is
    /// `None` for a good one.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn mint(&self, wanted: &MintRequest<'_>) -> Result<(Secret, u64), TargetError> {
        let minted: Minted = self.call(Method::POST, "/mint", Some(json!(wanted))).await?;
        Ok((Secret::new(minted.token), minted.expires_in))
    }

    /// What the shared clock shows there.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn clock(&self) -> Result<ShownClock, TargetError> {
        self.call(Method::GET, "/clock", None).await
    }

    /// A clock that goes with the one there: as good as the quickest of several
    /// questions, half of whose round trip is how far it can be off.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn follow_clock(&self) -> Result<Clock, TargetError> {
        let (mut quickest, mut best) = self.read_clock().await?;
        for _ in 1..CLOCK_QUESTIONS {
            let (took, clock) = self.read_clock().await?;
            if took < quickest {
                (quickest, best) = (took, clock);
            }
        }
        Ok(best)
    }

    /// A clock set by one question, and how long that took.
    async fn read_clock(&self) -> Result<(Duration, Clock), TargetError> {
        let asked = Instant::now();
        let shown = self.clock().await?;
        let took = asked.elapsed();
        let travelled = (took / 2).mul_f64(shown.scale);
        Ok((took, Clock::starting_at(shown.now.plus(travelled), shown.scale)))
    }

    /// Moves the shared clock there forward; parts of a second are rounded up.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn jump(&self, by: std::time::Duration) -> Result<(), TargetError> {
        let seconds = by.as_secs_f64().ceil() as u64;
        self.call::<Value>(Method::POST, "/clock/jump", Some(json!({ "seconds": seconds }))).await.map(drop)
    }

    /// What the flow's trigger received that names one of these IDs.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn callbacks(&self, ids: &[String]) -> Result<Vec<ReceivedCall>, TargetError> {
        let received: Received = self.call(Method::GET, &format!("/callbacks?id={}", ids.join(",")), None).await?;
        Ok(received.calls)
    }

    /// The service dies and comes up again; returns once it listens.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn restart(&self) -> Result<(), TargetError> {
        let body = Some(json!({ "tier": "service" }));
        self.call_within::<Value>(Some(RESTART), Method::POST, "/restart", body).await.map(drop)
    }

    /// Values of a column of a table of the mocked Dataverse.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn pool(&self, table: &str, column: &str) -> Result<Vec<Value>, TargetError> {
        let page: PoolPage =
            self.call(Method::GET, &format!("/pool/{table}/{column}?offset=0&limit=100000"), None).await?;
        Ok(page.values)
    }
}

/// What token is wanted.
#[derive(Clone, Debug, Serialize)]
pub struct MintRequest<'a> {
    /// The client's name or application id.
    pub client: &'a str,
    /// `aud`.
    pub audience: &'a str,
    /// `roles`.
    pub roles: &'a [String],
    /// Good, or what is wrong with it.
    pub kind: TokenKind,
}
