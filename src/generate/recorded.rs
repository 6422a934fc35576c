//! Cases whose answers are recorded: which are taken, and how each is made
//! again, alone, from the recorded seed.

use std::sync::Arc;

use aws_lc_rs::digest;

use super::generators::Generators;
use super::payload::OperationGenerator;
use super::{Case, CaseKey, CaseKind, CouldNotMake, Nonce, Pools, Seed, ShrinkPath};
use crate::contract::recorded::{Recorded, RecordedCase};
use crate::wire::Request;

/// Cases with more content are not recorded: nobody reads them, and what they
/// show, smaller ones show.
const MOST_BYTES: u64 = 2048;

/// Conforming calls beside the document's own examples.
const CONFORMING: usize = 2;

/// A recorded case that can't be made any more as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// Its name in the file.
    pub name: String,
    /// Why.
    pub why: String,
}

impl Generators {
    /// Up to `most` single calls of this seed that are worth recording, with
    /// their requests as they are told: each target of each operation once,
    /// interleaved.
    pub fn to_record(&self, seed: Seed, most: usize) -> Vec<(CaseKey, Case)> {
        let rounds = self.made().map(|(_, operation)| rounds(operation)).max().unwrap_or(0);
        let mut taken = Vec::new();
        for round in 0..rounds {
            for (id, operation) in self.made() {
                let keys = kinds(operation, round).map(|kind| self.key(id, kind, round as u32));
                let cases = keys.filter_map(|key| self.blueprint(&key, seed).ok().map(|case| (key, case)));
                taken.extend(cases.filter(|(_, case)| size(case) <= MOST_BYTES));
            }
        }
        taken.truncate(most);
        taken
    }

    /// The keys of the recorded cases that can still be made as they were, and
    /// those that can't.
    pub fn recorded(&self) -> (Vec<CaseKey>, Vec<Stale>) {
        let (mut keys, mut stale) = (Vec::new(), Vec::new());
        let Some(recorded) = self.contract.recorded.as_deref().filter(|_| !self.contract.is_consumed()) else {
            return (keys, stale);
        };
        for (index, case) in recorded.cases.iter().enumerate() {
            match self.still_as_it_was(recorded, case) {
                Ok(()) => keys.push(self.key(&case.operation, CaseKind::Recorded, index as u32)),
                Err(why) => stale.push(Stale { name: case.name(), why }),
            }
        }
        (keys, stale)
    }

    fn still_as_it_was(&self, recorded: &Recorded, case: &RecordedCase) -> Result<(), String> {
        let made = self.blueprint(&self.inner(case), Seed(recorded.seed)).map_err(|fault| fault.to_string())?;
        let request = made.calls().next().map(|call| request_digest(&call.request));
        if request.as_deref() == Some(&*case.request.digest) {
            return Ok(());
        }
        Err("the contract, or the generator, makes another request of it".to_owned())
    }

    /// A case as it is told: identities have the schema's own values, so that
    /// it is the same in each run and at each target.
    fn blueprint(&self, key: &CaseKey, seed: Seed) -> Result<Case, CouldNotMake> {
        self.single(key, seed, &Nonce("recorded".into()), None)
    }

    /// A recorded case. Its nonce is not that of the run: a case of the run may
    /// have the same seed.
    pub(super) fn recorded_case(&self, key: &CaseKey, nonce: &Nonce, pools: &Pools) -> Result<Case, CouldNotMake> {
        let none = || CouldNotMake::new(key.to_string(), "no such case is recorded");
        let recorded = self.contract.recorded.as_deref().ok_or_else(none)?;
        let case = recorded.cases.get(key.index as usize).filter(|c| c.operation == key.operation).ok_or_else(none)?;
        let nonce = Nonce(format!("{}-recorded", nonce.0).into());
        let made = self.single(&self.inner(case), Seed(recorded.seed), &nonce, Some(pools))?;
        Ok(Case { key: key.clone(), title: format!("as recorded: {}", made.title), ..made })
    }

    /// The key of the case that was recorded.
    fn inner(&self, case: &RecordedCase) -> CaseKey {
        let kind = match case.kind.as_str() {
            "boundary" => CaseKind::Boundary,
            "violating" => CaseKind::Violating,
            _ => CaseKind::Conforming,
        };
        CaseKey {
            contract: self.contract.id.clone(),
            operation: Arc::clone(&case.operation),
            kind,
            index: case.index,
            shrunk: ShrinkPath::default(),
        }
    }
}

/// What tells one request from another, as 16 hexadecimal digits.
pub fn request_digest(request: &Request) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut add = |part: &[u8]| {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    };
    add(request.method.as_str().as_bytes());
    add(request.target.as_bytes());
    for (name, value) in request.headers.iter() {
        add(name.to_ascii_lowercase().as_bytes());
        add(value.as_bytes());
    }
    add(request.body.bytes().map_or(&[][..], |bytes| bytes));
    let first = context.finish().as_ref()[..8].iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    format!("{first:016x}")
}

fn size(case: &Case) -> u64 {
    case.calls().map(|call| call.request.body.len()).sum()
}

/// After so many rounds every target has come once.
fn rounds(operation: &OperationGenerator) -> usize {
    operation.violating.len().max(operation.boundary.len()).max(operation.samples.len() + CONFORMING)
}

/// What an operation adds in a round.
fn kinds(operation: &OperationGenerator, round: usize) -> impl Iterator<Item = CaseKind> {
    let kinds = [
        (CaseKind::Violating, operation.violating.len()),
        (CaseKind::Boundary, operation.boundary.len()),
        (CaseKind::Conforming, operation.samples.len() + CONFORMING),
    ];
    kinds.into_iter().filter(move |(_, count)| round < *count).map(|(kind, _)| kind)
}
