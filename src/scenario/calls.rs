//! The calls of a flow, made one by one when they are due.

use std::fmt;
use std::sync::Arc;

use super::model::Oversized;
use crate::contract::{Contract, ContractId};
use crate::flow::{HeaderSet, is_removed, mix};
use crate::generate::{Call, CallOptions, CouldNotMake, Generators, Nonce, Pools};
use crate::wire::Headers;

/// How many payloads a pool holds: more than there are in flight, and few enough
/// to stay in the processor's caches.
pub const POOL: usize = 256;

/// Tells seeds of the pool from those of events.
const POOLED: u64 = 0x706f_6f6c;

/// What makes the calls of one contract: its generators, and values that exist.
#[derive(Clone, Debug)]
pub struct CallSource {
    /// The compiled generators.
    pub generators: Arc<Generators>,
    /// Values that exist.
    pub pools: Arc<Pools>,
}

impl CallSource {
    /// Whose calls these are.
    pub fn contract(&self) -> &Contract {
        self.generators.contract()
    }
}

/// A call that is due.
#[derive(Clone, Debug)]
pub struct PlannedCall {
    /// What is sent.
    pub call: Call,
    /// Whether the contract promises to refuse it: its body is over the limit.
    pub refusable: bool,
    /// Whether the first answer to it is lost on its way to the flow.
    pub answer_lost: bool,
}

/// Makes the calls of one action. The same event, item and action give the
/// same call, whoever asks and how often.
#[derive(Clone)]
pub struct PlannedAction {
    /// The contract.
    pub contract: ContractId,
    /// `operationId`.
    pub operation: Arc<str>,
    /// Which header fields the platform adds.
    pub headers: HeaderSet,
    /// Header fields that the maker wrote, with their values.
    pub(super) fields: Arc<[(String, String)]>,
    pub(super) source: CallSource,
    pub(super) nonce: Nonce,
    pub(super) seed: u64,
    pub(super) elements: Option<u64>,
    pub(super) oversized: Option<Oversized>,
    pub(super) answers_lost: f64,
    /// Whether its calls come from a pool.
    pub(super) pooled: bool,
}

impl fmt::Debug for PlannedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.contract, self.operation)
    }
}

impl PlannedAction {
    /// The contract with all that it promises.
    pub fn contract(&self) -> &Contract {
        self.source.contract()
    }

    /// Where the call for an item of an event stands in the action's pool;
    /// `None`: it is made for itself alone.
    pub fn place(&self, event: u64, item: u64) -> Option<usize> {
        self.pooled.then(|| (mix(self.seed, &[event, item]) % POOL as u64) as usize)
    }

    /// The call at a place of the pool; the correlation ID in it is nobody's.
    ///
    /// # Errors
    /// The generator can't make it.
    pub fn at(&self, place: usize) -> Result<PlannedCall, CouldNotMake> {
        self.made(mix(self.seed, &[POOLED, place as u64]), &uuid::Uuid::nil().to_string())
    }

    /// The call for an item of an event, under a run's correlation ID.
    ///
    /// # Errors
    /// The generator can't make it.
    pub fn call(&self, event: u64, item: u64, correlation: &str) -> Result<PlannedCall, CouldNotMake> {
        self.made(mix(self.seed, &[event, item]), correlation)
    }

    fn made(&self, seed: u64, correlation: &str) -> Result<PlannedCall, CouldNotMake> {
        let oversized = self.oversized.filter(|o| drawn(seed, 1, o.share)).map(|o| {
            if drawn(seed, 2, o.without_length) {
                crate::generate::Oversized::Chunked
            } else {
                crate::generate::Oversized::WithLength
            }
        });
        let options = CallOptions { correlation: Some(correlation.to_owned()), items: self.elements, oversized };
        let mut call = self.source.generators.call(&self.operation, seed, &self.nonce, &self.source.pools, &options)?;
        call.request.headers = self.sent(&call.request.headers);
        Ok(PlannedCall { call, refusable: oversized.is_some(), answer_lost: drawn(seed, 3, self.answers_lost) })
    }

    /// The header fields of a call as a flow sends them: the maker's own, and
    /// none that the platform takes out.
    fn sent(&self, headers: &Headers) -> Headers {
        let mut sent: Headers = headers.iter().filter(|(name, _)| !is_removed(name)).collect();
        self.fields.iter().for_each(|(name, value)| sent.set(name, value));
        sent
    }
}

/// Whether something with this share happens to whoever has this seed.
pub(super) fn drawn(seed: u64, what: u64, share: f64) -> bool {
    share > 0.0 && ((mix(seed, &[what]) >> 11) as f64) / ((1_u64 << 53) as f64) < share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_met_by_many_and_by_none_or_all_at_its_ends() {
        let met = |share| (0..10_000).filter(|n| drawn(mix(7, &[*n]), 1, share)).count();
        assert_eq!((met(0.0), met(1.0)), (0, 10_000));
        assert!((2_300..2_700).contains(&met(0.25)), "{}", met(0.25));
    }
}
