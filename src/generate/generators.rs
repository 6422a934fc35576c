//! The compiled generators of one contract: what makes its cases and calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::make::plain_call;
use super::payload::{OperationGenerator, Sealing, Wish};
use super::probes::filled;
use super::{Call, CouldNotMake, Expect, Nonce, Pools};
use crate::contract::Contract;
use crate::contract::behaviour::{Pool, PoolSource, Selector};

/// Makes all cases and calls of a contract. Compiled once; afterwards a call
/// costs some ten microseconds.
#[derive(Debug)]
pub struct Generators {
    pub(super) contract: Contract,
    pub(super) operations: BTreeMap<Arc<str>, Result<OperationGenerator, CouldNotMake>>,
    /// Those of the other contracts of the run, of which some may be versions
    /// of the same API.
    others: OnceLock<Vec<Weak<Generators>>>,
    /// The operations for which cases are planned, where not for all.
    focus: OnceLock<BTreeSet<Arc<str>>>,
}

/// What may be said of a single call.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    /// The correlation ID; `None`: one made from seed and nonce.
    pub correlation: Option<String>,
    /// How many elements the outermost list of the body has, within its
    /// bounds; `None`: as it comes.
    pub items: Option<u64>,
    /// Over the body limit, and how.
    pub oversized: Option<Oversized>,
}

/// A body over the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oversized {
    /// With `Content-Length`.
    WithLength,
    /// In chunks, without it.
    Chunked,
}

impl Generators {
    /// Compiles the generators of a contract. Operations that can't be made
    /// are kept with the reason.
    pub fn new(contract: &Contract) -> Self {
        let operations = compiled(contract);
        Self { contract: contract.clone(), operations, others: OnceLock::new(), focus: OnceLock::new() }
    }

    /// Lets the generators of a run know of each other, so that one case can
    /// call several versions of an API.
    pub fn introduce(all: &[Arc<Self>]) {
        for one in all {
            let others = all.iter().filter(|other| !Arc::ptr_eq(one, other)).map(Arc::downgrade).collect();
            // Who was introduced before keeps whom he knows.
            let _ = one.others.set(others);
        }
    }

    /// Another version of the same API that promises the same about the same
    /// operation, so that one ID means something in both.
    pub(super) fn sibling_of(&self, operation: &OperationGenerator) -> Option<Arc<Self>> {
        let others = self.others.get().into_iter().flatten().filter_map(Weak::upgrade);
        let mut siblings: Vec<Arc<Self>> = others
            .filter(|other| other.contract.id.api == self.contract.id.api && other.contract.id != self.contract.id)
            .filter(|other| other.operation(&operation.operation.id).is_ok_and(|o| o.promises_as(operation)))
            .collect();
        siblings.sort_by(|a, b| a.contract.id.cmp(&b.contract.id));
        siblings.pop()
    }

    /// Plans cases for these operations only, as often as all would come
    /// otherwise. Sequences still call others where they need them.
    pub fn focus(&self, takes: impl Fn(&str) -> bool) {
        if self.operations.keys().all(|id| takes(id)) {
            return;
        }
        // Who has a focus keeps it.
        let _ = self.focus.set(self.operations.keys().filter(|id| takes(id)).cloned().collect());
    }

    /// Whether cases of an operation are planned.
    pub(super) fn is_in_focus(&self, operation: &str) -> bool {
        self.focus.get().is_none_or(|focus| focus.contains(operation))
    }

    /// The contract.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// What can't be made, and why: operations, optional parts, targets.
    pub fn could_not_make(&self) -> Vec<CouldNotMake> {
        let reasons = self.operations.values().flat_map(|operation| match operation {
            Ok(generator) => generator.notices.clone(),
            Err(reason) => vec![reason.clone()],
        });
        reasons.collect()
    }

    /// Why nothing at all can be made for an operation.
    pub fn obstacle(&self, operation: &str) -> Option<&CouldNotMake> {
        self.operations.get(operation)?.as_ref().err()
    }

    /// One conforming call of an operation; an oversized one is to be refused.
    /// Depends on nothing but the arguments.
    ///
    /// # Errors
    /// The operation is not there or can't be made, or a pool is empty.
    pub fn call(
        &self,
        operation: &str,
        seed: u64,
        nonce: &Nonce,
        pools: &Pools,
        options: &CallOptions,
    ) -> Result<Call, CouldNotMake> {
        let generator = self.operation(operation)?;
        let sealing = Sealing {
            nonce,
            seed,
            pools: Some(pools),
            correlation: options.correlation.as_deref(),
            skip: 0,
            breaks: false,
            book: None,
        };
        let wish = Wish { items: options.items.map(|n| n as usize), ..Wish::default() };
        let mut made = generator.make(seed, &wish, &sealing)?;
        let mut expect = generator.promised();
        if let Some(way) = options.oversized {
            let limit = generator.behaviour.as_ref().and_then(|b| b.limits.as_ref()).and_then(|l| l.body);
            let limit = limit.ok_or_else(|| CouldNotMake::new(operation, "no body limit is declared"))?;
            let length = way == Oversized::WithLength;
            made.request.body = filled(&made, limit + 1, length);
            expect = Expect::Refused(generator.final_types(if length { &[413] } else { &[411, 413] }));
        }
        Ok(plain_call(generator, made, expect))
    }

    /// Whether calls of an operation may be made again and again, only under
    /// other correlation IDs: nothing else in them may be used but once.
    pub fn repeats(&self, operation: &str) -> bool {
        let Some(behaviour) = self.contract.behaviour.as_deref() else { return true };
        let mine = |pool: &&Pool| pool.operations.is_empty() || pool.operations.iter().any(|id| **id == *operation);
        let fresh = behaviour.pools.iter().filter(mine).any(|pool| matches!(pool.source, PoolSource::Fresh(_)));
        let header = behaviour.correlation.as_ref().map(|correlation| &correlation.header);
        let by_correlation = |selector: &Selector| matches!(selector, Selector::Header(name) if header.is_some_and(|h| h.eq_ignore_ascii_case(name)));
        let under_it = behaviour.idempotency.as_ref().is_none_or(|idempotency| by_correlation(&idempotency.request));
        !fresh && under_it && behaviour.effects.as_ref().is_none_or(|effects| effects.business_key.is_none())
    }

    /// The generator of an operation.
    pub(super) fn operation(&self, id: &str) -> Result<&OperationGenerator, CouldNotMake> {
        let unknown = || CouldNotMake::new(id, format!("{} has no such operation", self.contract.id));
        self.operations.get(id).ok_or_else(unknown)?.as_ref().map_err(Clone::clone)
    }
}

/// How much stack a thread that compiles has: schemas refer to each other
/// deeply.
const STACK: usize = 32 << 20;

/// Compiles all operations, side by side: each tries all its targets, and a
/// large document has hundreds.
fn compiled(contract: &Contract) -> BTreeMap<Arc<str>, Result<OperationGenerator, CouldNotMake>> {
    let operations = &contract.openapi.operations;
    let next = AtomicUsize::new(0);
    let made = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(operation) = operations.get(next.fetch_add(1, Ordering::Relaxed)) {
            let compiled = OperationGenerator::compile(contract, operation);
            made.lock().unwrap_or_else(PoisonError::into_inner).insert(operation.id.clone(), compiled);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(operations.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            // A thread that can't be had is no loss but of time.
            let _ = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        }
    });
    work();
    made.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::contract::ContractId;
    use crate::contract::openapi::OpenApi;

    fn lone(path: &str) -> Contract {
        let openapi = OpenApi::load(Path::new(path)).unwrap_or_else(|e| panic!("{e}"));
        Contract {
            id: ContractId::new("lone", ""),
            path: path.into(),
            openapi: Arc::new(openapi),
            behaviour: None,
            callee: None,
            recorded: None,
        }
    }

    #[test]
    fn the_shipped_documents_can_be_made() {
        for path in ["bulk-update/v1", "bulk-update/v2", "tabular-intake/v1", "tabular-intake/v2"] {
            let generators = Generators::new(&lone(&format!("contracts/{path}/openapi.yaml")));
            for (id, operation) in &generators.operations {
                let operation = operation.as_ref().unwrap_or_else(|e| panic!("{e}"));
                assert_eq!(operation.notices, [], "{path} {id}");
                assert!(!operation.violating.is_empty(), "{path} {id}");
                let call = generators.call(id, 5, &Nonce("n".into()), &Pools::new(), &CallOptions::default());
                let request = call.expect("it can be made").request;
                assert_eq!(request.body.is_empty(), operation.operation.is_safe());
            }
        }
    }

    const OLD: &str = r##"
openapi: 3.0.3
info: { title: Old, version: "1" }
servers: [{ url: "http://127.0.0.1:8000/api" }]
paths:
  /things/{kind}:
    put:
      operationId: putThing
      parameters:
        - { name: kind, in: path, required: true, schema: { type: string, enum: [small, large] } }
        - { name: ids, in: query, schema: { type: array, minItems: 1, maxItems: 3, items: { type: integer, minimum: 1 } } }
        - { name: flags, in: query, explode: false, style: form, schema: { type: array, items: { type: boolean } } }
        - { name: X-Level, in: header, required: true, schema: { type: integer, minimum: 0, exclusiveMinimum: true, maximum: 9 } }
        - { name: session, in: cookie, schema: { type: string, pattern: "^[a-z]{4}$" } }
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [name]
              properties:
                name: { type: string, minLength: 2, maxLength: 5 }
                size: { type: number, multipleOf: 0.5 }
          application/json:
            schema: { $ref: "#/components/schemas/Thing" }
      responses: { "200": { description: done } }
  /notes:
    post:
      operationId: addNote
      requestBody: { content: { text/plain: { schema: { type: string, maxLength: 20 } } } }
      responses: { "200": { description: done } }
  /odd:
    post:
      operationId: odd
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, not: { required: [a] } } } }
      responses: { "200": { description: done } }
components:
  schemas:
    Thing:
      type: object
      required: [name]
      properties:
        name: { type: string, nullable: true, maxLength: 3 }
        more: { $ref: "#/components/schemas/Thing" }
        either: { anyOf: [{ type: integer }, { type: string, format: date }] }
"##;

    #[test]
    fn a_plain_old_document_is_made_whole() {
        let openapi = OpenApi::parse("old.yaml", OLD).unwrap_or_else(|e| panic!("{e}"));
        let id = ContractId::new("old", "");
        let contract = Contract {
            id,
            path: "old.yaml".into(),
            openapi: Arc::new(openapi),
            behaviour: None,
            callee: None,
            recorded: None,
        };
        let generators = Generators::new(&contract);
        assert_eq!(generators.could_not_make(), []);
        assert!(generators.probes().is_empty(), "nothing is declared beside the document");
        let (nonce, pools) = (Nonce("n".into()), Pools::new());
        for key in generators.plan(600, &[]) {
            let case = generators
                .case(&key, crate::generate::Seed(3), &nonce, &pools)
                .unwrap_or_else(|e| panic!("{key}: {e}"));
            let call = case.calls().next().expect("one call");
            assert!(call.request.target.starts_with("/api/"), "{}", call.request.target);
            assert_eq!(
                case.labels.is_empty(),
                key.kind != crate::generate::CaseKind::Violating,
                "{key} {}",
                case.title
            );
        }
    }
}
