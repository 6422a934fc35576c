//! From a key to its case.

use super::broken;
use super::generators::Generators;
use super::payload::{Aimed, Made, OperationGenerator, Sealing, Wish};
use super::probes::{self, Bench, LinkBench, PlainBench};
use super::sequence::{self, Alphabet, SequenceSpec};
use super::shrink::Book;
use super::{
    Call, Caller, Case, CaseKey, CaseKind, CouldNotMake, Expect, Manner, Need, Nonce, Pools, Probe, Seed, Step, Via,
};

impl Generators {
    /// Makes a case. It depends on nothing but the arguments: same key, seed,
    /// nonce and pools, same case.
    ///
    /// # Errors
    /// The contract has no such case, or it can't be made.
    pub fn case(&self, key: &CaseKey, seed: Seed, nonce: &Nonce, pools: &Pools) -> Result<Case, CouldNotMake> {
        if key.shrunk.is_empty() {
            return self.made_with(key, seed, (nonce, pools), None);
        }
        self.made_smaller(key, seed, (nonce, pools))
    }

    /// Makes a case as it was planned; with a book, from the drafts in it.
    pub(super) fn made_with(
        &self,
        key: &CaseKey,
        seed: Seed,
        (nonce, pools): (&Nonce, &Pools),
        book: Option<&Book>,
    ) -> Result<Case, CouldNotMake> {
        let case_seed = seed.derive(key);
        if key.kind == CaseKind::Sequence {
            let spec = book.and_then(Book::sequence).map_or_else(|| self.sequence(key, seed), Ok)?;
            return self.case_with(key, &spec, seed, (nonce, pools, book));
        }
        if key.kind == CaseKind::Broken {
            return broken::case(self, key, case_seed, (nonce, pools, book));
        }
        if let CaseKind::Probe(probe) = key.kind {
            return self.probe(key, probe, case_seed, (nonce, pools, book));
        }
        if key.kind == CaseKind::Recorded {
            return self.recorded_case(key, nonce, pools);
        }
        self.single_with(key, seed, (nonce, Some(pools)), book)
    }

    /// A single call; without pools, identities have the schema's own values.
    pub(super) fn single(
        &self,
        key: &CaseKey,
        seed: Seed,
        nonce: &Nonce,
        pools: Option<&Pools>,
    ) -> Result<Case, CouldNotMake> {
        self.single_with(key, seed, (nonce, pools), None)
    }

    fn single_with(
        &self,
        key: &CaseKey,
        seed: Seed,
        (nonce, pools): (&Nonce, Option<&Pools>),
        book: Option<&Book>,
    ) -> Result<Case, CouldNotMake> {
        let operation = self.operation(&key.operation)?;
        let case_seed = seed.derive(key);
        let sealing = Sealing { nonce, seed: case_seed, pools, correlation: None, skip: 0, breaks: false, book };
        let (title, made, expect) = match key.kind {
            CaseKind::Boundary => boundary(operation, key.index, case_seed, &sealing)?,
            CaseKind::Violating => violating(operation, key.index, case_seed, &sealing)?,
            CaseKind::Conforming | CaseKind::Broken | CaseKind::Probe(_) | CaseKind::Sequence | CaseKind::Recorded => {
                conforming(operation, key.index, case_seed, &sealing)?
            }
        };
        let labels = made.labels.clone();
        let steps = vec![Step::Call(plain_call(operation, made, expect))];
        Ok(Case { key: key.clone(), seed: case_seed, title, labels, steps, needs: Vec::new() })
    }

    /// The sequence that a key of [`CaseKind::Sequence`] means.
    ///
    /// # Errors
    /// The operation is not there, or nothing is promised that sequences could
    /// break.
    pub fn sequence(&self, key: &CaseKey, seed: Seed) -> Result<SequenceSpec, CouldNotMake> {
        let operation = self.operation(&key.operation)?;
        let alphabet = Alphabet::of(self, operation)
            .ok_or_else(|| CouldNotMake::new(key.to_string(), "the contract promises nothing about sequences"))?;
        Ok(sequence::draw(alphabet.at(key.index), seed.derive(key)))
    }

    /// The case of a sequence that was changed: what its numbers mean follows
    /// from the key, so a smaller sequence is about the same records.
    ///
    /// # Errors
    /// The operation is not there, or a call of the sequence can't be made.
    pub fn case_of(
        &self,
        key: &CaseKey,
        spec: &SequenceSpec,
        seed: Seed,
        (nonce, pools): (&Nonce, &Pools),
    ) -> Result<Case, CouldNotMake> {
        self.case_with(key, spec, seed, (nonce, pools, None))
    }

    /// The same, from the drafts of a book.
    fn case_with(
        &self,
        key: &CaseKey,
        spec: &SequenceSpec,
        seed: Seed,
        (nonce, pools, book): (&Nonce, &Pools, Option<&Book>),
    ) -> Result<Case, CouldNotMake> {
        let operation = self.operation(&key.operation)?;
        let none = || CouldNotMake::new(key.to_string(), "the contract promises nothing about sequences");
        let behaviour = operation.behaviour.as_deref().ok_or_else(none)?;
        let seed = seed.derive(key);
        let bench = Bench { generators: self, operation, behaviour, seed, nonce, pools, index: key.index, book };
        let made = sequence::build(&bench, spec)?;
        let needs = sequence::needs(spec);
        Ok(Case { key: key.clone(), seed, title: made.title, labels: made.labels, steps: made.steps, needs })
    }

    /// What the sequences of a number need, whatever is drawn; `None` where the
    /// operation has none.
    pub(super) fn sequence_needs(&self, operation: &OperationGenerator, index: u32) -> Option<Vec<Need>> {
        Alphabet::of(self, operation).map(|alphabet| alphabet.at(index).needs())
    }

    /// What a target must offer for a case.
    pub fn needs(&self, kind: CaseKind) -> Vec<Need> {
        match kind {
            CaseKind::Probe(probe) => probes::needs(probe),
            CaseKind::Broken => vec![Need::RawConnection],
            _ => Vec::new(),
        }
    }

    /// How many cases of a probe an operation has; 0 where the behaviour file
    /// declares nothing to probe.
    pub fn probe_count(&self, probe: Probe, operation: &str) -> u32 {
        self.operation(operation).map_or(0, |operation| probes::count(probe, self, operation))
    }

    fn probe(
        &self,
        key: &CaseKey,
        probe: Probe,
        seed: u64,
        (nonce, pools, book): (&Nonce, &Pools, Option<&Book>),
    ) -> Result<Case, CouldNotMake> {
        let operation = self.operation(&key.operation)?;
        let none = || CouldNotMake::new(key.to_string(), "the contract has no such probe");
        if key.index >= probes::count(probe, self, operation) {
            return Err(none());
        }
        let index = key.index;
        let sequence = match operation.behaviour.as_deref() {
            _ if probe == Probe::Link => {
                probes::make_link(&LinkBench { generators: self, operation, index, seed, nonce, pools, book })?
            }
            Some(behaviour) => {
                let bench =
                    Bench { generators: self, operation, behaviour, seed, nonce, pools, index: key.index, book };
                probes::make(probe, &bench)?
            }
            None => probes::make_plain(probe, &PlainBench { generators: self, operation, seed, nonce, pools })?,
        };
        Ok(Case {
            key: key.clone(),
            seed,
            title: sequence.title,
            labels: sequence.labels,
            steps: sequence.steps,
            needs: probes::needs(probe),
        })
    }
}

/// A call by anybody, through the gateway.
pub(super) fn plain_call(operation: &OperationGenerator, made: Made, expect: Expect) -> Call {
    Call {
        role: "call",
        operation: operation.operation.id.clone(),
        request: made.request,
        caller: Caller::Any,
        via: Via::Gateway,
        correlation: made.correlation,
        items: made.items,
        expect,
        manner: Manner::default(),
        contract: None,
    }
}

/// A title, the request, what is promised for it.
type Tried = (String, Made, Expect);

/// Lists longer than this come once; when targets come again, they don't.
const LONG_LIST: usize = 100;

/// The target of an index: every one once, then all but the costly ones again
/// and again.
fn pick(list: &[Aimed], index: u32) -> Option<&Aimed> {
    let index = index as usize;
    if index < list.len() {
        return list.get(index);
    }
    let cheap = |aimed: &&Aimed| aimed.target().is_none_or(|t| t.items() <= LONG_LIST);
    let count = list.iter().filter(cheap).count();
    list.iter().filter(cheap).nth((index - list.len()) % count.max(1))
}

/// From this round on most lists are short: what long ones show was shown by
/// then, and each item costs a write or more behind the service.
const SHORT_FROM: u32 = 24;
/// One in so many is left to chance even then.
const LONG_EVERY: u32 = 32;

/// How many elements the outermost list has, where that is not left to chance.
fn short(index: u32, seed: u64) -> Option<usize> {
    (index >= SHORT_FROM && !index.is_multiple_of(LONG_EVERY)).then_some(if seed.is_multiple_of(4) { 2 } else { 1 })
}

/// Whether a target says itself how long a list is.
fn counts_items(aimed: &Aimed) -> bool {
    aimed.target().is_some_and(|t| t.keyword.ends_with("Items") || t.keyword.to_lowercase().contains("contains"))
}

/// The document's examples and each media type come first.
fn conforming(
    operation: &OperationGenerator,
    index: u32,
    seed: u64,
    sealing: &Sealing<'_>,
) -> Result<Tried, CouldNotMake> {
    let sample = operation.samples.get(index as usize).copied();
    let made = operation.make(seed, &Wish { sample, items: short(index, seed), ..Wish::default() }, sealing)?;
    let title = match sample {
        Some(sample) if sample < operation.examples() => "an example of the document",
        _ => "a conforming call",
    };
    Ok((title.to_owned(), made, operation.promised()))
}

fn boundary(
    operation: &OperationGenerator,
    index: u32,
    seed: u64,
    sealing: &Sealing<'_>,
) -> Result<Tried, CouldNotMake> {
    let none = || CouldNotMake::new(&*operation.operation.id, "it has no edges");
    let aimed = pick(&operation.boundary, index).ok_or_else(none)?;
    let items = short(index, seed).filter(|_| !counts_items(aimed));
    let made = operation.make(seed, &Wish { target: Some(aimed), items, ..Wish::default() }, sealing)?;
    Ok((aimed.title(operation), made, operation.promised()))
}

fn violating(
    operation: &OperationGenerator,
    index: u32,
    seed: u64,
    sealing: &Sealing<'_>,
) -> Result<Tried, CouldNotMake> {
    let none = || CouldNotMake::new(&*operation.operation.id, "nothing can be violated");
    let aimed = pick(&operation.violating, index).ok_or_else(none)?;
    let made = if aimed.target().is_some_and(|t| t.keyword == "maxItems") {
        probes::too_many_of(operation, seed, aimed, sealing)?
    } else {
        let wish = Wish { target: Some(aimed), ..Wish::default() };
        operation.make(seed, &wish, &Sealing { breaks: true, ..*sealing })?
    };
    let expect = operation.refusal(aimed, &made);
    Ok((aimed.title(operation), made, expect))
}
