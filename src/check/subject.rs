//! What checks look at: one exchange, one case, one phase.

use std::sync::Arc;

use crate::contract::Contract;
use crate::contract::behaviour::{AfterSunset, Behaviour};
use crate::contract::openapi::Operation;
use crate::generate::{Call, CaseKind, Probe};
use crate::observe::{CallRun, CaseRun, PhaseRun};
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
    /// Whether the scenario is meant to judge objectives: then one that can't be
    /// judged is worth a warning, and in a burst it is not.
    pub for_objectives: bool,
    /// How late the generator itself may be, as a share of a bound on latency,
    /// for what was measured to be believed.
    pub lag_share: f64,
}

impl<'a> ExchangeSubject<'a> {
    /// The behaviour file, where there is one.
    pub fn behaviour(&self) -> Option<&'a Behaviour> {
        self.contract.behaviour.as_deref()
    }

    /// The kind of the case it belongs to; `None` under load.
    pub fn kind(&self) -> Option<CaseKind> {
        match &self.origin {
            Origin::Case(key) => Some(key.kind),
            Origin::Phase(_) | Origin::Run => None,
        }
    }

    /// Whether it belongs to a case of this probe.
    pub fn is_probe(&self, probe: Probe) -> bool {
        self.kind() == Some(CaseKind::Probe(probe))
    }

    /// Whether the version's sunset had passed when it was sent, and the
    /// contract says that it answers no more.
    pub fn after_sunset(&self) -> bool {
        self.behaviour().and_then(|b| b.lifecycle.as_ref()).is_some_and(|lifecycle| {
            lifecycle.sunset.is_some_and(|sunset| sunset <= self.exchange.sent_at)
                && matches!(lifecycle.after_sunset, Some(AfterSunset::Type(_)))
        })
    }
}

impl<'a> CaseSubject<'a> {
    /// The behaviour file, where there is one.
    pub fn behaviour(&self) -> Option<&'a Behaviour> {
        self.contract.behaviour.as_deref()
    }

    /// Whether it is a case of this probe.
    pub fn is_probe(&self, probe: Probe) -> bool {
        self.run.case.key.kind == CaseKind::Probe(probe)
    }

    /// What was meant and what was seen, call by call.
    pub fn calls(&self) -> impl Iterator<Item = (&'a Call, &'a CallRun)> {
        let calls: Vec<&'a Call> = self.run.case.calls().collect();
        self.run.calls.iter().filter_map(move |run| Some((*calls.get(run.call)?, run)))
    }
}
