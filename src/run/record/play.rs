//! Plays what is to be recorded, and tells it.

use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::Value;

use crate::contract::recorded::{RecordedCase, RecordedRequest, Told};
use crate::diagnose::Place;
use crate::generate::{Case, CaseKey, Need, Nonce, Pools, Seed, request_digest};
use crate::record::{merge, told};
use crate::run::RunError;
use crate::run::session::Session;
use crate::wire::Request;

/// So many cases are under way at once: little, for a frozen version may be a
/// live one.
const AT_ONCE: usize = 8;

/// The second play takes other values of the pools, so that whatever comes from
/// them differs.
const OTHER_VALUES: usize = 7;

/// One version while it is recorded.
pub(super) struct Recording<'s> {
    pub(super) session: &'s Session,
    /// The contract's place.
    pub(super) contract: usize,
    pub(super) seed: Seed,
    /// The file, as it is named in places.
    pub(super) file: &'s str,
}

/// What came of one case.
pub(super) enum Outcome {
    Told(Box<RecordedCase>),
    /// Why it is left out.
    LeftOut(String),
}

impl Recording<'_> {
    /// Plays all cases, each twice, and tells them in their order.
    pub(super) async fn all(&self, planned: Vec<(CaseKey, Case)>) -> Result<Vec<Outcome>, RunError> {
        let other = rotated(&self.session.pools[self.contract], self.generators().contract());
        let (one, two) = (Nonce::fresh(), Nonce::fresh());
        let plays = planned.iter().map(|(key, told)| self.case(key, told, [(&one, None), (&two, Some(&other))]));
        let mut plays = futures_util::stream::iter(plays).buffered(AT_ONCE);
        let mut outcomes = Vec::new();
        while let Some(outcome) = plays.next().await {
            outcomes.push(outcome?);
        }
        Ok(outcomes)
    }

    fn generators(&self) -> &crate::generate::Generators {
        &self.session.generators[self.contract]
    }

    async fn case(
        &self,
        key: &CaseKey,
        blueprint: &Case,
        [first, second]: [(&Nonce, Option<&Pools>); 2],
    ) -> Result<Outcome, RunError> {
        let left_out = |why: &str| Ok(Outcome::LeftOut(format!("{}:{}:{}: {why}", key.operation, key.kind, key.index)));
        let Some(one) = self.once(key, first).await? else { return left_out("no answer that tells of the version") };
        let Some(two) = self.once(key, second).await? else { return left_out("no answer that tells of the version") };
        let Some(mut told) = merge(&one, &two) else { return left_out("it is not answered the same each time") };
        if !self.session.target.offers(Need::Effects) {
            told.effects = None;
        }
        let Some(request) = blueprint.calls().next().map(|call| tell(&call.request)) else {
            return left_out("it has no call");
        };
        Ok(Outcome::Told(Box::new(RecordedCase {
            operation: key.operation.clone(),
            kind: key.kind.to_string(),
            index: key.index,
            tries: blueprint.title.clone(),
            request,
            told,
            place: Place::file(self.file),
        })))
    }

    /// One play; none where there is no answer that tells of the version.
    async fn once(&self, key: &CaseKey, (nonce, pools): (&Nonce, Option<&Pools>)) -> Result<Option<Told>, RunError> {
        let pools = pools.unwrap_or(&self.session.pools[self.contract]);
        let Ok(case) = self.generators().case(key, self.seed, nonce, pools) else { return Ok(None) };
        let contract = &self.session.contracts[self.contract];
        let run = self.session.systems.own().play(contract, Arc::new(case)).await;
        let run = run.map_err(|fault| RunError::CouldNotRun(fault.to_string()))?;
        Ok(told(contract, &run))
    }
}

/// A request as it is told.
fn tell(request: &Request) -> RecordedRequest {
    let content = request.body.bytes().map_or(&[][..], |bytes| bytes);
    let body = if content.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(content).unwrap_or_else(|_| String::from_utf8_lossy(content).into())
    };
    RecordedRequest { line: format!("{} {}", request.method, request.target), digest: request_digest(request), body }
}

/// The same pools, each beginning elsewhere.
fn rotated(pools: &Pools, contract: &crate::contract::Contract) -> Pools {
    let mut rotated = pools.clone();
    for pool in contract.behaviour.iter().flat_map(|behaviour| &behaviour.pools) {
        let mut values = pools.get(&pool.name).to_vec();
        if !values.is_empty() {
            let by = (OTHER_VALUES % values.len()).max(usize::from(values.len() > 1));
            values.rotate_left(by);
            rotated.insert(pool.name.clone(), values);
        }
    }
    rotated
}
