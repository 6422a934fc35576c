//! From a scenario to a plan: who calls when, with what.

use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::calls::{CallSource, PlannedAction};
use super::dues::{Dues, clocked, rate, real};
use super::lint::named;
use super::model::{ActionSpec, Concurrency, Connections, DuplicateKind, FlowSpec, Scenario, Start, TimeBase};
use super::tickets::{Again, Source, Ticket, Tickets};
use crate::diagnose::Diagnostics;
use crate::flow::{CorrelationBirth, Definition, Kind, Profile, Workflow, mix};
use crate::generate::{Need, Nonce, Seed};
use crate::observe::Threshold;
use crate::wire::{Fault, Waits};

/// How many calls may be under way at once for every two runs that may: a run
/// can make several at once.
const CALLS_OF_TWO: usize = 3;

/// An action that makes more calls than this takes its payloads from a pool.
const UNPOOLED: u64 = 16_384;

/// How short a scaled answer timeout may get, in real time.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(2);

/// What a user may change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overrides {
    /// Runs a second, in real time, over all flows that have a rate.
    pub rate: Option<f64>,
    /// How many of the clock's seconds pass in a real one.
    pub time_scale: f64,
}

/// A scenario in which nothing is left to decide.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario's name.
    pub scenario: Arc<str>,
    /// What the target must offer.
    pub needs: Vec<Need>,
    /// The run's nonce.
    pub nonce: Nonce,
    /// The flows.
    pub flows: Vec<PlannedFlow>,
    /// All runs that are due at an instant, in the order in which they are.
    pub tickets: Tickets,
    /// Virtual users, flow by flow.
    pub crews: Vec<Crew>,
    /// What Dataverse does wrong, after the start.
    pub faults: Vec<PlannedFault>,
    /// How long the gateway waits, and a load balancer in front of it, where the
    /// shared clock counts that.
    pub waits: Option<Waits>,
    /// How many runs may be under way at once.
    pub users: usize,
    /// How many calls may be under way at once.
    pub lanes: usize,
    /// How connections are used.
    pub connections: Connections,
    /// For so long after the beginning, in real time, nothing is measured.
    pub warm_up: Duration,
    /// What it must not go beyond.
    pub thresholds: Vec<Threshold>,
    /// How many runs that are due may wait for somebody to make them; beyond
    /// that they are dropped, and counted.
    pub queue: usize,
}

impl Plan {
    /// How many first attempts it makes, those of virtual users left out: how
    /// many they are shows only when they are answered.
    pub fn calls(&self) -> u64 {
        (0..self.flows.len()).map(|flow| self.tickets.of_flow(flow) * self.calls_of(flow)).sum()
    }

    fn calls_of(&self, flow: usize) -> u64 {
        let flow = &self.flows[flow];
        flow.definition.calls(None, &|child| self.calls_of(flow.children[child]))
    }

    /// How long it takes until its last run is due and its virtual users leave,
    /// in real time.
    pub fn lasts(&self) -> Duration {
        let crews = self.crews.iter().map(|crew| crew.ramp + crew.lasting);
        crews.chain([self.tickets.last()]).max().unwrap_or_default()
    }

    /// How many calls may be under way at once.
    pub fn most_calls(&self) -> usize {
        self.lanes.max(self.virtual_users()).max(1)
    }

    /// How many virtual users there are at most.
    pub fn virtual_users(&self) -> usize {
        self.crews.iter().map(|crew| crew.users).sum()
    }
}

/// A flow with everything that its runs need.
#[derive(Clone, Debug)]
pub struct PlannedFlow {
    /// Its name.
    pub name: Arc<str>,
    /// The seed of its definition.
    pub seed: u64,
    /// What it calls, by the numbers of its definition's calls.
    pub actions: Vec<PlannedAction>,
    /// Its actions, as a tree.
    pub definition: Definition,
    /// The flows that it runs, by the numbers of its definition's children.
    pub children: Vec<usize>,
    /// Where the correlation ID is born.
    pub correlation: CorrelationBirth,
    /// The platform's header fields that a connector's gateway lets through.
    pub connector_keeps: Arc<[Arc<str>]>,
    /// How many runs its trigger begins at once, and how many more wait.
    pub concurrency: Option<Concurrency>,
    /// Its owner's, whose limits slow it down; `None`: it has none.
    pub profile: Option<Profile>,
    /// How long an answer may take, in real time.
    pub timeout: Duration,
    /// Its clones.
    pub clones: Vec<FlowClone>,
}

impl PlannedFlow {
    /// The correlation ID of a run.
    pub fn correlation(&self, nonce: &Nonce, run: &Ticket) -> Arc<str> {
        let id = self.correlation.id(nonce, self.seed, run.event, run.run);
        (&*id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer())).into()
    }
}

/// One copy of a flow in operation.
#[derive(Clone, Debug)]
pub struct FlowClone {
    /// The definition, as its calls show it.
    pub workflow: Workflow,
    /// The same of the copy that somebody made of it.
    pub copy: Workflow,
    /// The name of the client that it calls as.
    pub client: Arc<str>,
}

/// The virtual users of one flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Crew {
    /// Which flow.
    pub flow: usize,
    /// How many, once all are there.
    pub users: usize,
    /// How long it takes until all are there, in real time.
    pub ramp: Duration,
    /// How long all of them stay, in real time.
    pub lasting: Duration,
    /// How long each thinks between two runs, in real time.
    pub think: (Duration, Duration),
    /// What a run can be, and how often beside the others: one action, or all
    /// of them.
    pub picks: Vec<(Option<usize>, usize)>,
}

/// A fault and when, in the clock's time after the scenario's start.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedFault {
    /// What; its instants are not set yet.
    pub fault: Fault,
    /// From here.
    pub from: Duration,
    /// Until here; `None`: to the scenario's end.
    pub until: Option<Duration>,
}

/// Plans a scenario. The same seed and nonce give the same plan.
///
/// # Errors
/// Every contract and operation that the scenario names and nobody knows, with
/// its place.
pub fn plan(
    scenario: &Scenario,
    sources: &[CallSource],
    seed: Seed,
    nonce: &Nonce,
    overrides: Overrides,
) -> Result<Plan, Diagnostics> {
    let planner = Planner { scenario, sources, seed, nonce, scale: overrides.time_scale };
    let mut diagnostics = Diagnostics::new();
    let flows: Vec<PlannedFlow> = scenario.flows.iter().map(|f| planner.flow(f, &mut diagnostics)).collect();
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let tickets = planner.tickets(&flows, overrides.rate);
    let at_once = scenario.at_once as usize;
    let waiting: usize = scenario.flows.iter().map(may_wait).sum();
    Ok(Plan {
        scenario: scenario.name.clone(),
        needs: scenario.needs.clone(),
        nonce: nonce.clone(),
        users: usize::try_from(tickets.len()).unwrap_or(usize::MAX).clamp(1, at_once),
        lanes: at_once * CALLS_OF_TWO / 2 + 1,
        queue: waiting + 4 * at_once,
        connections: scenario.connections,
        warm_up: scenario.warm_up,
        thresholds: scenario.thresholds.clone(),
        faults: planner.faults(),
        waits: scenario.scale_all.then(|| scenario.waits.clone()),
        crews: planner.crews(),
        flows,
        tickets,
    })
}

struct Planner<'a> {
    scenario: &'a Scenario,
    sources: &'a [CallSource],
    seed: Seed,
    nonce: &'a Nonce,
    scale: f64,
}

impl Planner<'_> {
    fn flow(&self, spec: &FlowSpec, diagnostics: &mut Diagnostics) -> PlannedFlow {
        let definition = format!("{}/{}", self.scenario.name, spec.name);
        let seed = Nonce("flow".into()).identity(self.seed.0, &definition).as_u64_pair().0;
        let lost = spec.duplicates.iter().filter(|d| d.kind == DuplicateKind::LostAnswer).map(|d| d.share).sum();
        let many = calls_of(spec, self.scale) > UNPOOLED;
        let actions: Vec<PlannedAction> = spec
            .actions
            .iter()
            .enumerate()
            .filter_map(|(n, action)| {
                let source = self.source(action, diagnostics)?;
                Some(PlannedAction {
                    contract: action.contract.clone(),
                    operation: action.operation.clone(),
                    nonce: self.nonce.clone(),
                    seed: mix(seed, &[n as u64]),
                    elements: action.elements,
                    headers: action.headers,
                    fields: action.fields.clone().into(),
                    oversized: spec.oversized,
                    answers_lost: lost,
                    pooled: many && source.generators.repeats(&action.operation),
                    source,
                })
            })
            .collect();
        let scaled = if self.scenario.scale_all {
            real(spec.timeout, TimeBase::Clock, self.scale).max(SHORTEST_TIMEOUT)
        } else {
            spec.timeout
        };
        PlannedFlow {
            name: spec.name.clone(),
            seed,
            actions,
            definition: spec.definition.clone(),
            children: self.children(spec),
            correlation: spec.correlation,
            connector_keeps: spec.connector_keeps.clone(),
            concurrency: spec.concurrency,
            profile: spec.profile,
            timeout: scaled,
            clones: (0..spec.clones).map(|n| self.clone(spec, &definition, seed, n)).collect(),
        }
    }

    /// Each child's place; that there is one, the loader has seen to.
    fn children(&self, spec: &FlowSpec) -> Vec<usize> {
        let place = |name: &str| self.scenario.flows.iter().position(|flow| &*flow.name == name);
        spec.children.iter().filter_map(|child| place(&child.flow)).collect()
    }

    fn clone(&self, spec: &FlowSpec, definition: &str, seed: u64, number: u32) -> FlowClone {
        let client = number % spec.clients.max(1);
        FlowClone {
            workflow: Workflow::new(mix(seed, &[10, u64::from(number)])),
            copy: Workflow::new(mix(seed, &[11, u64::from(number)])),
            client: format!("{definition}-{client}-{}", self.nonce.0).into(),
        }
    }

    fn source(&self, action: &ActionSpec, diagnostics: &mut Diagnostics) -> Option<CallSource> {
        match named(action, self.sources.iter().map(CallSource::contract)) {
            Ok(contract) => self.sources.iter().find(|s| s.contract().id == contract.id).cloned(),
            Err(fault) => {
                diagnostics.push(*fault);
                None
            }
        }
    }

    fn tickets(&self, flows: &[PlannedFlow], wanted: Option<f64>) -> Tickets {
        let own: f64 = self.scenario.flows.iter().map(|f| rate(&f.start, self.scale)).sum();
        let faster = wanted.filter(|_| own > 0.0).map_or(1.0, |wanted| wanted / own);
        let flows = self.scenario.flows.iter().zip(flows).enumerate();
        let sources = flows.map(|(flow, (spec, planned))| {
            let mut rng = ChaCha8Rng::seed_from_u64(planned.seed);
            let dues = Dues::of(&spec.start, spec.clones, (self.scale, faster), &mut rng);
            Source { flow, seed: planned.seed, dues, again: self.again(spec) }
        });
        Tickets::of(sources.collect(), self.scenario.flows.len())
    }

    /// What starts further runs for an event of a flow.
    fn again(&self, spec: &FlowSpec) -> Vec<Again> {
        let duplicates = spec.duplicates.iter().zip(0..).filter(|(d, _)| d.kind != DuplicateKind::LostAnswer);
        let again = duplicates.map(|(duplicates, number)| Again {
            number,
            share: duplicates.share,
            after: real(duplicates.after, TimeBase::Clock, self.scale),
            copied: duplicates.kind == DuplicateKind::CopiedFlow,
        });
        again.collect()
    }

    fn crews(&self) -> Vec<Crew> {
        let flows = self.scenario.flows.iter().enumerate();
        let crews = flows.filter_map(|(flow, spec)| {
            let Start::Users(users) = &spec.start else { return None };
            let real = |span| real(span, users.time, self.scale);
            let weighed = spec.actions.iter().any(|action| action.weight.is_some());
            let weight = |node: &usize| match &spec.definition.nodes()[*node].kind {
                Kind::Call(call) => spec.actions[call.call].weight.unwrap_or(1) as usize,
                _ => 1,
            };
            let each = || spec.definition.entries().iter().enumerate().map(|(n, node)| (Some(n), weight(node)));
            Some(Crew {
                flow,
                users: users.count as usize,
                ramp: real(users.ramp),
                lasting: real(users.lasting),
                think: (real(users.think.0), real(users.think.1)),
                picks: if weighed { each().collect() } else { vec![(None, 1)] },
            })
        });
        crews.collect()
    }

    fn faults(&self) -> Vec<PlannedFault> {
        let planned = self.scenario.faults.iter().map(|spec| {
            let time = if spec.real { TimeBase::Real } else { TimeBase::Clock };
            let clocked = |span| clocked(span, time, self.scale);
            PlannedFault { fault: spec.fault.clone(), from: clocked(spec.from), until: spec.until.map(clocked) }
        });
        planned.collect()
    }
}

/// About how many calls each action of a flow makes.
fn calls_of(spec: &FlowSpec, scale: f64) -> u64 {
    let runs = match &spec.start {
        Start::Users(_) | Start::Child => return u64::MAX,
        Start::Recurrence { times, .. } => u64::from(*times) * u64::from(spec.clones),
        Start::Burst { runs, .. } => u64::from(*runs),
        Start::Polling { times, items, .. } => u64::from(*times) * u64::from(spec.clones) * u64::from(items.1),
        Start::Replay { at, .. } => at.len() as u64,
        Start::Arrivals(a) => (a.rate.max(a.to) * a.lasting.as_secs_f64() * scale.max(1.0)) as u64,
    };
    runs * spec.definition.calls(None, &|_| 0)
}

/// How many runs wait rather than be dropped: those that nobody expects to
/// begin at once.
fn may_wait(spec: &FlowSpec) -> usize {
    let times = 1 + spec.duplicates.len();
    match &spec.start {
        Start::Arrivals(_) | Start::Users(_) | Start::Child => 0,
        Start::Recurrence { times: turns, .. } => *turns as usize * spec.clones as usize * times,
        Start::Burst { runs, .. } => *runs as usize * times,
        Start::Polling { times: turns, items, .. } => *turns as usize * spec.clones as usize * items.1 as usize * times,
        Start::Replay { at, .. } => at.len() * times,
    }
}
