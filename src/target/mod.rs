//! A proven target: addresses, credentials, allowed hosts, and what it offers.
//!
//! In: settings, or the addresses of the embedded stack. Out: a [`Target`] that
//! was reached at least once, which hands out tokens, reads the ledger and the
//! gateway's rows, and arms faults — all over HTTP, whether the stack is
//! embedded or served by another process. Knows nothing of check and report.

mod clients;
mod control;
mod gateway_settings;
mod separation;
mod settings;
mod throttling;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

pub use clients::{Authorized, Clients, TokenSettings};
pub use control::{Control, FaultState, LedgerQuery, MintRequest, ShownClock};
pub use gateway_settings::{GatewaySettings, KeyRefreshSettings, MappedTo, StubSettings};
pub use settings::{EnvironmentSettings, GeneratorSettings, Settings};
pub use throttling::{AlgorithmSetting, ThrottlingSettings};

use crate::clock::Clock;
use crate::door::{Door, Origin};
use crate::generate::Need;
use crate::wire::{Headers, Keys, Redactor, Request, Secret};

/// Where a run sends its calls, and what it may ask there.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name: `embedded`, the environment's name, or the URL.
    pub name: String,
    /// The gateway, or the plain service where there is none.
    pub gateway: Origin,
    /// The service itself, where it can be reached past the gateway.
    pub service: Option<Origin>,
    /// The path on which the service tells that it is well, where that is
    /// known.
    pub health: Option<String>,
    /// What the service knows the gateway by, where that is known here.
    pub gateway_key: Option<Secret>,
    /// The control surface, where the target is our stack.
    pub control: Option<Control>,
    /// Who calls.
    pub clients: Clients,
    /// Every connection goes through here.
    pub door: Door,
    /// The shared clock.
    pub clock: Clock,
    /// What the target offers.
    pub offers: BTreeSet<Need>,
    /// A header field that answers of the service carry and answers of the
    /// gateway don't, so that the tier can be told; `None`: it can't.
    pub service_marker: Option<String>,
    /// Header fields added to every request.
    pub extra_headers: Headers,
    /// Keys added to every request, in the query or as cookies.
    pub keys: Keys,
    /// Takes secrets out of what is shown.
    pub redactor: Redactor,
    /// When the run began: the zero of all real instants in observations.
    pub began: Instant,
}

impl Target {
    /// Adds what every request carries; what a request has already stays.
    pub fn dress(&self, request: &mut Request) {
        for (name, value) in self.extra_headers.iter() {
            if !request.headers.contains(name) {
                request.headers.append(name, value);
            }
        }
        self.keys.show(request);
    }

    /// Whether something is offered.
    pub fn offers(&self, need: Need) -> bool {
        self.offers.contains(&need)
    }

    /// What of some needs is not offered.
    pub fn lacks(&self, needs: &[Need]) -> Vec<Need> {
        needs.iter().copied().filter(|need| !self.offers(*need)).collect()
    }

    /// Real time since the run began.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// Why a target can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Nobody answers there.
    #[error("{what} at {at} can't be reached: {detail}")]
    Unreachable {
        /// Which part.
        what: &'static str,
        /// Where.
        at: String,
        /// The words of whoever noticed.
        detail: String,
    },
    /// It answers, but not as it should.
    #[error("{what} at {at} answered {detail}")]
    Unexpected {
        /// Which part.
        what: &'static str,
        /// Where.
        at: String,
        /// What it answered.
        detail: String,
    },
    /// No token can be had.
    #[error("no token: {0}")]
    Token(String),
}
