//! Sends the same inputs to a version and to its successor, each with
//! identities of its own, and compares how they fare.

use std::sync::Arc;

use futures_util::StreamExt;

use super::session::Session;
use crate::contract::Contract;
use crate::contract::recorded::Told;
use crate::generate::{Case, CaseKey, CaseKind, Need, Nonce, Step};
use crate::readiness::{Compared, DifferentInput, departure};
use crate::record::told;
use crate::wire::{Request, curl_line};

/// Inputs that are sent to both.
const INPUTS: usize = 60;

/// Inputs that are under way at once.
const AT_ONCE: usize = 8;

/// Both versions, by their places.
struct Pair<'s> {
    session: &'s Session,
    old: usize,
    new: usize,
}

/// What came of one input.
enum Fared {
    Alike,
    AsDeclared,
    Unknown,
    Differently(Box<DifferentInput>),
}

/// Compares both; `None` where what is written can't be read: then this is no
/// system to write to for the sake of a question.
pub(super) async fn compare(session: &Session, old: usize, new: usize) -> Option<Compared> {
    if !session.target.offers(Need::Effects) {
        return None;
    }
    let pair = Pair { session, old, new };
    session.listener.stage(format!("sending the same to {} and {}", pair.contract(old).id, pair.contract(new).id));
    let generators = &session.generators[old];
    let keeps = |key: &CaseKey| key.kind != CaseKind::Violating;
    let planned = generators.to_record(session.options.seed, 4 * INPUTS).into_iter();
    let keys: Vec<CaseKey> = planned.map(|(key, _)| key).filter(keeps).take(INPUTS).collect();
    let mut fared = futures_util::stream::iter(keys.iter().map(|key| pair.fares(key))).buffered(AT_ONCE);
    let mut compared = Compared::default();
    while let Some(one) = fared.next().await {
        match one {
            Fared::Unknown => compared.left_out += 1,
            Fared::Alike => compared.equal += 1,
            Fared::AsDeclared => compared.declared += 1,
            Fared::Differently(input) => compared.different.push(*input),
        }
    }
    compared.inputs = compared.equal + compared.declared + compared.different.len();
    compared.different.sort_by_key(|input| input.bytes);
    Some(compared)
}

impl Pair<'_> {
    fn contract(&self, at: usize) -> &Contract {
        &self.session.contracts[at]
    }

    async fn fares(&self, key: &CaseKey) -> Fared {
        let (Some(first), Some(second)) = (self.made(key), self.made(key).and_then(|case| self.moved(case))) else {
            return Fared::Unknown;
        };
        let title = first.title.clone();
        let (old, new) = (self.told(self.old, first).await, self.told(self.new, second).await);
        let (Some((sent_old, old)), Some((sent_new, new))) = (old, new) else { return Fared::Unknown };
        let promises = [self.old, self.new].map(|at| self.contract(at).behaviour.as_deref());
        let Some((what, old, new)) = departure(&old, &new, promises) else { return Fared::Alike };
        if new.starts_with("refused") && self.is_refused_by_document(&sent_new) {
            return Fared::AsDeclared;
        }
        let session = self.session;
        let origin = session.target.gateway.to_string();
        let bytes = sent_old.body.len();
        let [curl_old, curl_new] =
            [sent_old, sent_new].map(|request| curl_line(&origin, &request, &session.options.redactor));
        let operation = key.operation.to_string();
        Fared::Differently(Box::new(DifferentInput {
            operation,
            tries: title,
            what,
            old,
            new,
            curl_old,
            curl_new,
            bytes,
        }))
    }

    /// The input with identities of its own.
    fn made(&self, key: &CaseKey) -> Option<Case> {
        let pools = &self.session.pools[self.old];
        self.session.generators[self.old].case(key, self.session.options.seed, &Nonce::fresh(), pools).ok()
    }

    /// The same call of the other version: the operation that stands at the
    /// same path there.
    fn moved(&self, mut case: Case) -> Option<Case> {
        let (old, new) = (self.contract(self.old), self.contract(self.new));
        let Some(Step::Call(call)) = case.steps.first_mut() else { return None };
        let rest = call.request.target.strip_prefix(&old.openapi.base_path)?;
        let target = format!("{}{rest}", new.openapi.base_path);
        let path = target.split('?').next().unwrap_or_default();
        let (operation, _) = new.openapi.match_path(&call.request.method, path)?;
        call.operation = operation.id.clone();
        call.request.target = target;
        case.key.operation = operation.id.clone();
        case.key.contract = new.id.clone();
        Some(case)
    }

    /// What was sent, and what came of it.
    async fn told(&self, at: usize, case: Case) -> Option<(Request, Told)> {
        let contract = self.contract(at);
        let run = self.session.systems.own().play(contract, Arc::new(case)).await.ok()?;
        let sent = run.calls.first()?.last()?.request.clone();
        Some((sent, told(contract, &run)?))
    }

    /// Whether the successor's own document does not allow the content.
    fn is_refused_by_document(&self, request: &Request) -> bool {
        let openapi = &self.contract(self.new).openapi;
        let path = request.target.split('?').next().unwrap_or_default();
        let operation = openapi.match_path(&request.method, path).map(|(operation, _)| operation);
        let media = request.headers.get("content-type").unwrap_or_default();
        let schema = operation.as_ref().and_then(|o| o.request.as_ref()).and_then(|body| {
            let named = body.content.iter().find(|content| media.starts_with(&*content.name));
            named.and_then(|content| content.schema.as_ref())
        });
        let content = request.body.bytes().and_then(|bytes| serde_json::from_slice(bytes).ok());
        let (Some(schema), Some(content)) = (schema, content) else { return false };
        openapi.request_validator(schema).is_ok_and(|validator| !validator.is_valid(&content))
    }
}
