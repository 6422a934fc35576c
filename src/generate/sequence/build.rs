//! From a spec to the steps of a case.

use std::time::Duration;

use crate::contract::behaviour::Selector;
use crate::generate::payload::Made;
use crate::generate::probes::{Bench, Sequence};
use crate::generate::{Call, Caller, CouldNotMake, Expect, Generators, Manner, Need, Step};
use crate::wire::{Body, Fault, FaultKind};

use super::material::Material;
use super::{Edge, Move, SequenceSpec, Submission, Trouble, spelling};

/// What is kept clear of the end of the window, at most: longer than any case
/// takes, however fast the clock runs.
const MARGIN: Duration = Duration::from_mins(15);

/// How often a call is sent again that is to get through: for as long as a busy
/// machine may be at the call before it.
const PATIENCE: u8 = 40;

/// How often a call retries what flows retry, while something is in its way.
const RETRIES: u8 = 8;

/// Calls that ask again at the end, so that it shows what became of the first.
const ASKED_AGAIN: usize = 3;

/// How late a slow write is answered, in real time.
const SLOW: u64 = 40;

/// What the target must offer for a sequence.
pub(in crate::generate) fn needs(spec: &SequenceSpec) -> Vec<Need> {
    let calls = || spec.moves.iter().filter_map(Move::submission);
    let any = |wanted: fn(&Move) -> bool| spec.moves.iter().any(wanted);
    let faults = any(|step| matches!(step, Move::Fault(_)));
    let needs = [
        (true, Need::Behaviour),
        (calls().any(|call| call.principal > 0), Need::MintedTokens),
        (faults, Need::Faults),
        (faults, Need::Effects),
        (any(|step| *step == Move::Restart), Need::Restart),
        (any(|step| matches!(step, Move::Wait(_))), Need::Clock),
    ];
    needs.into_iter().filter(|(needed, _)| *needed).map(|(_, need)| need).collect()
}

/// Makes the steps that a spec means. At the end everything behind the service
/// works again, and what was asked for is asked for once more.
pub(in crate::generate) fn build(bench: &Bench<'_>, spec: &SequenceSpec) -> Result<Sequence, CouldNotMake> {
    let calls = || spec.moves.iter().filter_map(Move::submission);
    let items = calls().flat_map(|call| &call.parts).map(|part| part.item + 1).max().unwrap_or(1);
    let material = Material::of(bench, items)?;
    let mut builder =
        Builder { bench, material, told: Vec::new(), after: "", troubled: false, principals: calls().any(by_another) };
    let mut steps = Vec::new();
    for step in &spec.moves {
        steps.push(builder.step(step)?);
    }
    if spec.moves.iter().any(|step| matches!(step, Move::Fault(_))) {
        steps.push(Step::ClearFaults);
    }
    for call in again(spec) {
        steps.push(Step::Call(builder.call(&call, Some("again"))?));
    }
    Ok(Sequence { title: format!("a sequence: {spec}"), steps, labels: Vec::new() })
}

fn by_another(call: &Submission) -> bool {
    call.principal > 0
}

/// What is asked for once more at the end: each distinct call, patiently.
fn again(spec: &SequenceSpec) -> Vec<Submission> {
    let mut distinct: Vec<Submission> = Vec::new();
    for call in spec.moves.iter().filter_map(Move::submission) {
        if distinct.len() < ASKED_AGAIN && !distinct.iter().any(|known| known.asks_the_same(call)) {
            distinct.push(Submission { respelled: false, leaves: None, retries: true, ..call.clone() });
        }
    }
    distinct
}

struct Builder<'b> {
    bench: &'b Bench<'b>,
    material: Material,
    /// The calls so far.
    told: Vec<Submission>,
    /// What happened last that a later call must not notice.
    after: &'static str,
    /// Whether something fails behind the service, until that is mended.
    troubled: bool,
    /// Whether several principals call, so that each has a name of its own.
    principals: bool,
}

impl Builder<'_> {
    fn step(&mut self, step: &Move) -> Result<Step, CouldNotMake> {
        Ok(match step {
            Move::Call(call) => Step::Call(self.call(call, None)?),
            Move::Unfollowed(call) => Step::Unfollowed(vec![self.call(call, None)?]),
            Move::Together(call, copies) => {
                let one = self.call(call, Some("together"))?;
                Step::Together(vec![one; usize::from(*copies)])
            }
            Move::Fault(trouble) => {
                self.troubled |= matches!(trouble, Trouble::Fails { .. } | Trouble::Throttles { .. });
                Step::Inject(self.fault(*trouble))
            }
            Move::Heal => {
                self.troubled = false;
                Step::ClearFaults
            }
            Move::Restart => {
                self.after = "after a restart";
                Step::Restart
            }
            Move::Wait(edge) => Step::Advance(self.wait(*edge)?),
        })
    }

    fn fault(&self, trouble: Trouble) -> Fault {
        let table = self.bench.behaviour.effects.as_ref().map(|effects| effects.table.clone());
        let of_writes = |kind| Fault { table, method: Some("PATCH".to_owned()), ..Fault::new(kind) };
        let fault = match trouble {
            Trouble::Fails { after } => Fault { after: u64::from(after), ..Fault::new(FaultKind::Unavailable) },
            Trouble::Throttles { after } => {
                Fault { after: u64::from(after), ..Fault::new(FaultKind::Throttled { retry_after: 1 }) }
            }
            Trouble::AnswerLost { after } => {
                Fault { after: u64::from(after), times: Some(1), ..of_writes(FaultKind::AnswerLost) }
            }
            Trouble::Slow => Fault { times: Some(4), ..of_writes(FaultKind::Slow { milliseconds: SLOW }) },
        };
        Fault { correlation: Some(self.bench.correlation()), ..fault }
    }

    fn wait(&mut self, edge: Edge) -> Result<Duration, CouldNotMake> {
        let window = self.bench.idempotency()?.window;
        self.after = if edge == Edge::Inside { "inside the window" } else { "past the window" };
        Ok(match edge {
            Edge::Inside => window.saturating_sub(MARGIN.min(window / 4)),
            Edge::Past => window + Duration::from_mins(1),
        })
    }

    fn call(&mut self, submission: &Submission, role: Option<&'static str>) -> Result<Call, CouldNotMake> {
        let mut made = self.material.request(self.bench, &submission.parts)?;
        if let Some(Selector::Header(name)) = &self.bench.idempotency()?.step
            && submission.step > 0
        {
            made.request.headers.set(&**name, format!("step-{}", submission.step));
        }
        if submission.respelled
            && let Some(content) = made.request.body.bytes()
            && let Some(respelled) = spelling::respell(content, self.bench.part(self.told.len() as u64))
        {
            made.request.body = Body::Bytes(respelled);
        }
        let contract = if submission.elsewhere { self.send_elsewhere(&mut made)? } else { None };
        let role = role.unwrap_or_else(|| self.role(submission));
        self.told.push(submission.clone());
        let call = self.bench.call(role, &made, Expect::Nothing);
        let retries = match (submission.retries, role) {
            (true, _) if self.troubled && role != "again" => RETRIES,
            (true, _) => PATIENCE,
            (false, _) => 0,
        };
        let leaves = submission.leaves.map(|ms| Duration::from_millis(u64::from(ms)));
        let caller = if self.principals { Caller::Own(submission.principal) } else { Caller::Any };
        Ok(Call { caller, contract, manner: Manner { leaves, retries }, ..call })
    }

    /// The same content to another version of the same API, where that one
    /// takes it.
    fn send_elsewhere(&self, made: &mut Made) -> Result<Option<crate::contract::ContractId>, CouldNotMake> {
        let none = || self.bench.fault("no other version takes the same");
        let sibling = Generators::sibling_of(self.bench.generators, self.bench.operation).ok_or_else(none)?;
        let operation = sibling.operation(&self.bench.operation.operation.id)?;
        let there = self.bench.to(operation, &made.draft)?;
        let mut request = there.request;
        for (name, value) in made.request.headers.iter() {
            request.headers.set(name, value);
        }
        request.body = made.request.body.clone();
        made.request = request;
        Ok(Some(sibling.contract().id.clone()))
    }

    /// What a call is in its sequence.
    fn role(&self, call: &Submission) -> &'static str {
        let beside: Vec<&Submission> = self.told.iter().filter(|earlier| earlier.is_beside(call)).collect();
        let earlier = || beside.iter().flat_map(|earlier| &earlier.parts);
        let items = call.parts.iter().filter(|part| earlier().any(|e| e.item == part.item)).count();
        let same = call.parts.iter().filter(|part| earlier().any(|e| e == *part)).count();
        let mixed = items > 0 && items < call.parts.len();
        match () {
            () if call.leaves.is_some() => "client gone",
            () if self.told.is_empty() => "first",
            () if !self.after.is_empty() => self.after,
            () if call.elsewhere => "other version",
            () if beside.is_empty() && call.principal > 0 => "other principal",
            () if beside.is_empty() => "other step",
            () if same < items => "other content",
            () if mixed => "mixed",
            () if items == 0 => "other items",
            () if call.respelled => "other spelling",
            () if self.told.iter().any(|earlier| earlier.leaves.is_some()) => "after the client was gone",
            () => "duplicate",
        }
    }
}
