//! What checks look at: one exchange, one case, one phase.

use std::sync::Arc;

use crate::contract::Contract;
use crate::contract::behaviour::Behaviour;
use crate::contract::openapi::Operation;
use crate::generate::Call;
use crate::observe::{CaseRun, PhaseRun};
use crate::wire::Exchange;

use super::Origin;

/// One exchange, in a case or under load.
#[derive(Clone, Debug)]
pub struct ExchangeSubject<'a> {
    /// The contract it belongs to.
    pub contract: &'a Contract,
    /// The operation that should have answered; `None` where none is meant
    /// (an unknown path).
    pub operation: Option<&'a Operation>,
    /// What was meant by it; `None` under load and for polls, where only what
    /// holds for every exchange is judged.
    pub call: Option<&'a Call>,
    /// Whether the request is known to keep the contract, so that a client's
    /// mistake can't be the reason of a refusal.
    pub conforming: bool,
    /// The correlation ID that was sent.
    pub correlation: Option<&'a str>,
    /// The exchange.
    pub exchange: &'a Arc<Exchange>,
    /// What was being done.
    pub origin: Origin,
}

/// One case and all that is known of it.
#[derive(Clone, Debug)]
pub struct CaseSubject<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// What was seen.
    pub run: &'a CaseRun,
}

/// One scenario under load.
#[derive(Clone, Debug)]
pub struct PhaseSubject<'a> {
    /// All contracts of the run; a phase may call several.
    pub contracts: &'a [Contract],
    /// What was seen.
    pub run: &'a PhaseRun,
    /// Whether it is still going on (`--fail-fast` judges in between): then
    /// only what more samples can't heal is a finding, and nothing is
    /// inconclusive yet.
    pub interim: bool,
}

impl ExchangeSubject<'_> {
    /// The behaviour file, where there is one.
    pub fn behaviour(&self) -> Option<&Behaviour> {
        self.contract.behaviour.as_deref()
    }
}

impl CaseSubject<'_> {
    /// The behaviour file, where there is one.
    pub fn behaviour(&self) -> Option<&Behaviour> {
        self.contract.behaviour.as_deref()
    }
}
