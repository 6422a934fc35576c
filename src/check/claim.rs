//! From what a check saw to a [`Finding`].

use std::sync::Arc;

use super::{CaseSubject, Check, Evidence, ExchangeSubject, Finding, More, Origin, PhaseSubject};
use crate::contract::ContractId;
use crate::diagnose::Place;
use crate::wire::Exchange;

/// What a check says.
pub(super) struct Claim {
    /// What tells this broken promise from others of the same check, contract
    /// and operation. Never an ID, an instant, a port or a count.
    pub(super) what: String,
    /// In one sentence.
    pub(super) title: String,
    /// What the contract promises.
    pub(super) expected: String,
    /// What was seen.
    pub(super) actual: String,
    /// Where the promise stands.
    pub(super) place: Option<Place>,
}

impl ExchangeSubject<'_> {
    /// A finding about this exchange.
    pub(super) fn finding(&self, check: &Check, claim: Claim) -> Finding {
        let at = At {
            contract: Some(self.contract.id.clone()),
            operation: self.operation.map(|o| o.id.clone()),
            origin: self.origin.clone(),
        };
        let mut finding = at.finding(check, claim);
        finding.evidence.exchange = Some(self.exchange.clone());
        finding
    }
}

impl CaseSubject<'_> {
    /// A finding about this case, and the exchange that shows it best.
    pub(super) fn finding(&self, check: &Check, shown: Option<&Exchange>, claim: Claim) -> Finding {
        let key = &self.run.case.key;
        let at = At {
            contract: Some(self.contract.id.clone()),
            operation: Some(key.operation.clone()),
            origin: Origin::Case(key.clone()),
        };
        let mut finding = at.finding(check, claim);
        finding.evidence.exchange = shown.cloned().map(Arc::new);
        finding
    }
}

impl PhaseSubject<'_> {
    /// A finding about this phase; `contract` where it concerns one.
    pub(super) fn finding(&self, check: &Check, contract: Option<&ContractId>, claim: Claim) -> Finding {
        let at = At { contract: contract.cloned(), operation: None, origin: Origin::Phase(self.run.scenario.clone()) };
        at.finding(check, claim)
    }
}

/// What a finding is about.
struct At {
    contract: Option<ContractId>,
    operation: Option<Arc<str>>,
    origin: Origin,
}

impl At {
    fn finding(self, check: &Check, claim: Claim) -> Finding {
        let fingerprint =
            Finding::fingerprint_of(check.id, self.contract.as_ref(), self.operation.as_deref(), &claim.what);
        Finding {
            check: check.id,
            family: check.family,
            level: check.level,
            contract: self.contract,
            operation: self.operation,
            title: claim.title,
            expected: claim.expected,
            actual: claim.actual,
            place: claim.place,
            origin: self.origin,
            evidence: Evidence::default(),
            fingerprint,
            occurrences: 1,
            reproduced: None,
            replay: None,
            curl: None,
            shrunk: None,
            calls: Vec::new(),
            more: More::default(),
        }
    }
}
