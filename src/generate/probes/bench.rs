//! What a probe is made with.

use serde_json::Value;

use crate::contract::behaviour::{Behaviour, Idempotency};
use crate::generate::generators::Generators;
use crate::generate::payload::{Draft, Made, OperationGenerator, Sealing, Wish};
use crate::generate::shrink::Book;
use crate::generate::{Call, Caller, CouldNotMake, Expect, Label, Manner, Nonce, Pools, Step, Via};

/// One probe in the making.
pub(in crate::generate) struct Bench<'b> {
    pub(in crate::generate) generators: &'b Generators,
    pub(in crate::generate) operation: &'b OperationGenerator,
    pub(in crate::generate) behaviour: &'b Behaviour,
    pub(in crate::generate) seed: u64,
    pub(in crate::generate) nonce: &'b Nonce,
    pub(in crate::generate) pools: &'b Pools,
    pub(in crate::generate) index: u32,
    /// The drafts of a case that is made smaller.
    pub(in crate::generate) book: Option<&'b Book>,
}

/// A probe's title and steps.
pub(in crate::generate) struct Sequence {
    /// What is tried.
    pub(in crate::generate) title: String,
    /// The steps.
    pub(in crate::generate) steps: Vec<Step>,
    /// What fails, where something does.
    pub(in crate::generate) labels: Vec<Label>,
}

impl Sequence {
    /// Without violations.
    pub(super) fn new(title: impl Into<String>, steps: Vec<Step>) -> Self {
        Self { title: title.into(), steps, labels: Vec::new() }
    }
}

impl<'b> Bench<'b> {
    /// The promise of idempotency, which the table has looked for.
    pub(in crate::generate) fn idempotency(&self) -> Result<&'b Idempotency, CouldNotMake> {
        self.behaviour.idempotency.as_ref().ok_or_else(|| self.fault("no idempotency is declared"))
    }

    /// A reason at this operation.
    pub(in crate::generate) fn fault(&self, reason: &str) -> CouldNotMake {
        CouldNotMake::new(&*self.operation.operation.id, reason)
    }

    /// The case's correlation ID.
    pub(in crate::generate) fn correlation(&self) -> String {
        self.nonce.identity(self.seed, "correlation").to_string()
    }

    /// A seed for a part of the case.
    pub(in crate::generate) fn part(&self, number: u64) -> u64 {
        self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// How requests of this case are sealed.
    pub(super) fn sealing(&self, skip: usize) -> Sealing<'b> {
        let (nonce, seed, book) = (self.nonce, self.seed, self.book);
        Sealing { nonce, seed, pools: Some(self.pools), correlation: None, skip, breaks: false, book }
    }

    /// How many items a probe's calls have: small, different by number.
    pub(super) fn size(&self) -> usize {
        [2, 12, 1, 5, 3][self.index as usize % 5]
    }

    /// A conforming request of the operation, one item refusing all.
    pub(in crate::generate) fn conforming(&self, part: u64, items: usize, skip: usize) -> Result<Made, CouldNotMake> {
        self.of(self.operation, part, items, skip)
    }

    /// A conforming request in one of the operation's media types, by the
    /// number of the case.
    pub(super) fn conforming_in_turn(&self, items: usize) -> Result<Made, CouldNotMake> {
        let turn = self.index as usize % self.operation.bodies.len().max(1);
        let wish = Wish { items: Some(items), media: Some(turn), plain: true, ..Wish::default() };
        self.operation.make(self.part(0), &wish, &self.sealing(0))
    }

    /// A conforming request of some operation of the contract, in its first
    /// media type.
    pub(super) fn of(
        &self,
        operation: &OperationGenerator,
        part: u64,
        items: usize,
        skip: usize,
    ) -> Result<Made, CouldNotMake> {
        let wish = Wish { items: Some(items), media: Some(0), plain: true, ..Wish::default() };
        operation.make(self.part(part), &wish, &self.sealing(skip))
    }

    /// Writes a draft that was changed, and proves it.
    pub(in crate::generate) fn again(&self, draft: Draft) -> Result<Made, CouldNotMake> {
        self.operation.seal(draft, None, &Sealing { pools: None, ..self.sealing(0) })
    }

    /// The content of a draft as a request of another version's operation, with
    /// the case's own correlation ID.
    pub(in crate::generate) fn to(&self, operation: &OperationGenerator, draft: &Draft) -> Result<Made, CouldNotMake> {
        let wish = Wish { plain: true, ..Wish::default() };
        let there = operation.draft(self.part(0), &wish)?;
        let draft = Draft { body: draft.body.clone(), ..there };
        operation.seal(draft, None, &Sealing { pools: None, ..self.sealing(0) })
    }

    /// A call of the operation.
    pub(in crate::generate) fn call(&self, role: &'static str, made: &Made, expect: Expect) -> Call {
        Call {
            role,
            operation: self.operation.operation.id.clone(),
            request: made.request.clone(),
            caller: Caller::Any,
            via: Via::Gateway,
            correlation: made.correlation.clone(),
            items: made.items.clone(),
            expect,
            manner: Manner::default(),
            contract: None,
        }
    }

    /// A call of another operation of the contract.
    pub(super) fn call_of(
        &self,
        operation: &OperationGenerator,
        role: &'static str,
        made: &Made,
        expect: Expect,
    ) -> Call {
        Call { operation: operation.operation.id.clone(), ..self.call(role, made, expect) }
    }

    /// All operations that can be made, in the order of their names.
    pub(super) fn operations(&self) -> impl Iterator<Item = &'b OperationGenerator> + use<'b> {
        self.generators.operations.values().filter_map(|o| o.as_ref().ok())
    }

    /// An operation that only reads.
    pub(super) fn reading(&self) -> Option<&'b OperationGenerator> {
        self.operations().find(|o| o.operation.is_safe())
    }
}

/// The value of a request's body.
pub(super) fn body_of(draft: &Draft) -> Option<&Value> {
    draft.body.as_ref().map(|(_, value)| value)
}
