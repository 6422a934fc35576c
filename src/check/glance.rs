//! What is in order at a glance.
//!
//! Under load most answers differ from each other in nothing that a check looks
//! at but the correlation ID and the content. The first of each kind is judged
//! by all checks; if they find nothing, those of the same kind that bring the ID
//! back and keep the schema are counted as that one was. Whatever else comes is
//! judged in full, and so is a sample of the rest.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use hashbrown::DefaultHashBuilder;
use jsonschema::Validator;

use super::ExchangeSubject;
use super::examine::{Counts, Examined, Of};
use crate::contract::ContractId;
use crate::observe::{Glance, Glimpse};

/// Header fields whose values checks look at; of the others only that they are
/// there. Declared ones with a schema are looked at in the sample.
const READ: [&str; 4] = ["content-type", "deprecation", "sunset", "link"];

/// Of the first answers of a kind that are in order one of so many is judged in
/// full all the same,
const SAMPLE: u64 = 64;

/// as long as there are no more than these;
const OFTEN: u64 = 4_096;

/// of those that follow, one of so many.
const SELDOM: u64 = 1_024;

/// Kinds beyond this many are judged in full each time: a header field whose
/// name changes with each answer would fill the memory.
const KINDS: usize = 1024;

/// The kinds of answers that were judged and are in order.
#[derive(Debug, Default)]
pub struct Glances {
    hash: DefaultHashBuilder,
    kinds: RwLock<HashMap<u64, Arc<Kind>>>,
}

/// Answers that differ in nothing that a check looks at, but for their content
/// and the correlation ID.
#[derive(Debug)]
struct Kind {
    /// The schema of its content, which is JSON then.
    schema: Option<Arc<Validator>>,
    /// The header field that brings the correlation ID back.
    echo: Option<Arc<str>>,
    /// How long an answer may take.
    within: Option<Duration>,
    /// What the first of its kind counted for.
    counts: Vec<(Of, Counts)>,
    seen: AtomicU64,
}

impl Glances {
    /// Takes note of an exchange under load that was judged: where nothing was
    /// found, others like it need only a glance.
    pub fn learn(&self, subject: &ExchangeSubject<'_>, examined: &Examined) {
        let in_order = examined.findings.is_empty() && subject.conforming;
        let Some(response) = subject.exchange.response().filter(|r| in_order && is_plain_status(r.status)) else {
            return;
        };
        let Some(operation) = subject.operation.filter(|o| o.method == subject.exchange.request.method) else { return };
        let fields = response.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let place = self.place(&subject.contract.id, &operation.id, response.status, fields);
        let mut kinds = self.kinds.write().unwrap_or_else(PoisonError::into_inner);
        if kinds.len() < KINDS && !kinds.contains_key(&place) {
            let counts = examined.counts.clone();
            if let Some(kind) = Kind::of(subject, counts) {
                kinds.insert(place, Arc::new(kind));
            }
        }
    }

    /// What the answers counted for that had only a glance.
    pub fn counted(&self) -> Examined {
        let mut sum = Examined::default();
        for kind in self.kinds.read().unwrap_or_else(PoisonError::into_inner).values() {
            let seen = kind.seen.swap(0, Ordering::Relaxed);
            // The sampled ones were counted where they were judged.
            let times = seen - sampled(seen);
            let multiplied = kind.counts.iter().map(|(of, counts)| {
                (of.clone(), counts.iter().map(|(judged, _)| (judged * times, 0)).collect::<Counts>())
            });
            sum.counts.extend(multiplied.filter(|_| times > 0));
        }
        sum
    }

    fn place<'a>(
        &self,
        contract: &ContractId,
        operation: &str,
        status: u16,
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> u64 {
        let mut hasher = self.hash.build_hasher();
        (contract, operation, status).hash(&mut hasher);
        for (name, value) in fields {
            name.hash(&mut hasher);
            if READ.iter().any(|read| name.eq_ignore_ascii_case(read.as_bytes())) {
                value.hash(&mut hasher);
            }
        }
        hasher.finish()
    }
}

impl Glance for Glances {
    fn is_plain(&self, glimpse: &Glimpse<'_>) -> bool {
        if !is_plain_status(glimpse.status) || glimpse.truncated {
            return false;
        }
        let place = self.place(glimpse.contract, glimpse.operation, glimpse.status, glimpse.headers.iter());
        let kind = self.kinds.read().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        let Some(kind) = kind.filter(|kind| kind.is_kept(glimpse)) else { return false };
        let seen = kind.seen.fetch_add(1, Ordering::Relaxed);
        sampled(seen) == sampled(seen + 1)
    }
}

/// How many of the first so many of a kind are judged in full.
fn sampled(seen: u64) -> u64 {
    seen.min(OFTEN) / SAMPLE + seen.max(OFTEN) / SELDOM - OFTEN / SELDOM
}

impl Kind {
    /// `None` where its content can't be judged at a glance.
    fn of(subject: &ExchangeSubject<'_>, counts: Vec<(Of, Counts)>) -> Option<Self> {
        let response = subject.exchange.response()?;
        let spec = subject.operation?.response(response.status)?;
        let media = response.media_type();
        let json = media.as_ref().is_some_and(|media| media == "application/json" || media.ends_with("+json"));
        let declared = media.filter(|_| json).and_then(|media| spec.media_type(&media)?.schema.as_ref());
        let schema = match declared {
            Some(schema) => Some(subject.contract.openapi.answer_validator(schema).ok()?),
            None => None,
        };
        let behaviour = subject.behaviour();
        let echo = behaviour.and_then(|b| b.correlation.as_ref()).filter(|c| c.echo);
        let echo = echo.map(|correlation| correlation.header.as_str().into());
        let within = behaviour.and_then(|b| b.limits.as_ref()?.answer_within);
        Some(Self { schema, echo, within, counts, seen: AtomicU64::new(0) })
    }

    fn is_kept(&self, glimpse: &Glimpse<'_>) -> bool {
        self.within.is_none_or(|within| glimpse.took <= within) && self.is_echoed(glimpse) && self.keeps(glimpse.body)
    }

    fn is_echoed(&self, glimpse: &Glimpse<'_>) -> bool {
        let Some(echo) = &self.echo else { return true };
        match (glimpse.correlation, glimpse.headers.get(echo)) {
            (Some(sent), Some(received)) => received.eq_ignore_ascii_case(sent.as_bytes()),
            _ => false,
        }
    }

    fn keeps(&self, body: &Bytes) -> bool {
        let Some(schema) = &self.schema else { return true };
        serde_json::from_slice(body).is_ok_and(|value| schema.is_valid(&value))
    }
}

/// Only success is plain: what a refusal says is judged each time.
fn is_plain_status(status: u16) -> bool {
    (200..300).contains(&status) && status != 202
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::check::synthetic::{Answer, ID, OTHER_ID, answer, failure, request, with_behaviour};
    use crate::check::{Judging, Origin, Selection};
    use crate::contract::Contract;
    use crate::generate::Need;
    use crate::wire::{Exchange, Fields};

    fn judging() -> Judging {
        Judging::new(&Selection::all(), &[Need::Effects, Need::Load].into())
    }

    fn right() -> Answer {
        answer(200)
            .json(&json!({"batchId": "x", "updated": 1}))
            .header("Deprecation", "@1782777600")
            .header("Sunset", "Wed, 31 Mar 2027 00:00:00 GMT")
            .header("Link", "</bulk-update/v2>; rel=\"successor-version\"")
    }

    /// The subject of an exchange under load.
    fn examined<'a>(contract: &'a Contract, exchange: &'a Arc<Exchange>) -> (ExchangeSubject<'a>, Examined) {
        let subject = ExchangeSubject {
            contract,
            operation: contract.openapi.operations.first().map(AsRef::as_ref),
            call: None,
            conforming: true,
            correlation: Some(ID),
            exchange,
            origin: Origin::Phase("steady-day".into()),
        };
        let examined = judging().checks().exchange(&subject);
        (subject, examined)
    }

    fn is_plain(glances: &Glances, contract: &Contract, exchange: &Exchange) -> bool {
        let response = exchange.response().expect("answered");
        let headers = Fields::copied(response.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        glances.is_plain(&Glimpse {
            contract: &contract.id,
            operation: &contract.openapi.operations[0].id,
            status: response.status,
            headers: &headers,
            body: &response.body,
            truncated: response.truncated,
            correlation: Some(ID),
            took: exchange.service_time(),
        })
    }

    fn exchange(answer: Answer) -> Arc<Exchange> {
        Arc::new(answer.exchange(request(), Duration::ZERO))
    }

    fn learned(contract: &Contract) -> Glances {
        let glances = Glances::default();
        let first = exchange(right());
        let (subject, examined) = examined(contract, &first);
        assert!(examined.findings.is_empty(), "{:#?}", examined.findings);
        glances.learn(&subject, &examined);
        glances
    }

    #[test]
    fn nothing_in_which_judging_finds_something_passes_at_a_glance() {
        let contract = with_behaviour();
        let wrong = [
            ("another status", answer(418)),
            ("another schema", right().json(&json!({"batchId": "x", "updated": "one"}))),
            ("no JSON", right().text("{")),
            ("another media type", right().header("Content-Type", "text/html")),
            ("another ID", right().header("X-Correlation-Id", OTHER_ID)),
            ("no ID", right().without("X-Correlation-Id")),
            ("late", right().took(Duration::from_secs(101))),
            ("another sunset", right().header("Sunset", "Wed, 31 Mar 2028 00:00:00 GMT")),
            ("no successor", right().without("Link")),
        ];
        for (what, wrong) in wrong {
            let wrong = exchange(wrong);
            assert!(!examined(&contract, &wrong).1.findings.is_empty(), "{what} is found");
            let glances = learned(&contract);
            assert!(!is_plain(&glances, &contract, &wrong), "{what}");
            let (subject, found) = examined(&contract, &wrong);
            glances.learn(&subject, &found);
            assert!(!is_plain(&glances, &contract, &wrong), "{what} is not learned either");
        }
    }

    #[test]
    fn a_refusal_is_never_plain() {
        let contract = with_behaviour();
        let glances = learned(&contract);
        let refused = exchange(failure(503, "downstream_unavailable"));
        for _ in 0..3 {
            assert!(!is_plain(&glances, &contract, &refused));
            let (subject, found) = examined(&contract, &refused);
            glances.learn(&subject, &found);
        }
    }

    #[test]
    fn what_had_a_glance_counts_as_if_it_had_been_judged() {
        let contract = with_behaviour();
        let glances = learned(&contract);
        let (mut all, mut some) = (judging(), judging());
        for n in 0..6_000_u64 {
            let body = json!({"batchId": format!("b{n}"), "updated": n});
            let next = exchange(right().json(&body).took(Duration::from_millis(n % 50)));
            let (subject, examined) = examined(&contract, &next);
            all.exchange(&subject);
            if !is_plain(&glances, &contract, &next) {
                some.take(examined);
            }
        }
        some.take(glances.counted());
        let tallies = |judging: Judging| judging.finish().tallies;
        assert!(!glances.kinds.read().unwrap().is_empty());
        let (all, some) = (tallies(all), tallies(some));
        let told = |all: &[crate::check::Tally]| all.iter().map(|t| (t.check, t.judged, t.failed)).collect::<Vec<_>>();
        assert_eq!(told(&all), told(&some));
        assert!(glances.counted().counts.is_empty(), "counted once");
    }

    #[test]
    fn what_was_never_judged_is_not_plain_and_one_of_many_is_judged_again() {
        let contract = with_behaviour();
        let next = exchange(right());
        assert!(!is_plain(&Glances::default(), &contract, &next));
        let glances = learned(&contract);
        let judged = |more: u64| (0..more).filter(|_| !is_plain(&glances, &contract, &next)).count();
        assert_eq!(judged(640), 10);
        assert_eq!(judged(OFTEN - 640), 54);
        assert_eq!(judged(10 * SELDOM), 10, "seldom from then on");
    }
}
