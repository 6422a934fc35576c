//! One operation, compiled once.

use std::sync::Arc;

use super::draft::Wish;
use super::parameter::ParameterGenerator;
use super::seal::Sealing;
use super::{Aimed, BodyGenerator};
use crate::contract::Contract;
use crate::contract::behaviour::Behaviour;
use crate::contract::openapi::{Operation, Parameter, ParameterIn};
use crate::generate::schema::Target;
use crate::generate::{CouldNotMake, Nonce};

/// Makes calls of one operation.
#[derive(Debug)]
pub(crate) struct OperationGenerator {
    /// The operation.
    pub(crate) operation: Arc<Operation>,
    /// What stands in front of its path.
    pub(crate) base_path: String,
    /// The behaviour file of the contract.
    pub(crate) behaviour: Option<Arc<Behaviour>>,
    /// Its parameters.
    pub(crate) parameters: Vec<ParameterGenerator>,
    /// Its bodies, those that can be made.
    pub(crate) bodies: Vec<BodyGenerator>,
    /// Edges that can be reached.
    pub(crate) boundary: Vec<Aimed>,
    /// Violations that can be made.
    pub(crate) violating: Vec<Aimed>,
    /// Samples that can be made: what conforming calls begin with.
    pub(crate) samples: Vec<usize>,
    /// What can't be made, and why.
    pub(crate) notices: Vec<CouldNotMake>,
}

/// Most examples that are tried for their own sake.
const MOST_EXAMPLES: usize = 50;

impl OperationGenerator {
    /// Compiles an operation, and tries each of its targets once.
    pub(crate) fn compile(contract: &Contract, operation: &Arc<Operation>) -> Result<Self, CouldNotMake> {
        let mut generator = Self {
            operation: operation.clone(),
            base_path: operation.base_path.clone(),
            behaviour: contract.behaviour.clone(),
            parameters: Vec::new(),
            bodies: Vec::new(),
            boundary: Vec::new(),
            violating: Vec::new(),
            samples: Vec::new(),
            notices: Vec::new(),
        };
        generator.add_parameters(contract)?;
        generator.add_bodies(contract)?;
        let parameters = generator.parameters.iter().filter_map(|p| p.schema.as_ref());
        let schemas = parameters.chain(generator.bodies.iter().filter_map(|b| b.schema.as_ref()));
        let notices: Vec<CouldNotMake> = schemas.flat_map(|s| s.notices().iter().cloned()).collect();
        generator.notices.extend(notices);
        generator.find_targets();
        generator.find_samples();
        Ok(generator)
    }

    fn add_parameters(&mut self, contract: &Contract) -> Result<(), CouldNotMake> {
        for parameter in &self.operation.parameters {
            // OpenAPI 3.1 §4.8.12.1: these are described elsewhere.
            let elsewhere = ["accept", "content-type", "authorization"];
            if parameter.within == ParameterIn::Header
                && elsewhere.iter().any(|name| parameter.name.eq_ignore_ascii_case(name))
            {
                continue;
            }
            match ParameterGenerator::compile(&contract.openapi, parameter) {
                Ok(compiled) => self.parameters.push(compiled),
                Err(reason) if parameter.required => return Err(reason),
                Err(notice) => self.notices.push(notice),
            }
        }
        Ok(())
    }

    fn add_bodies(&mut self, contract: &Contract) -> Result<(), CouldNotMake> {
        let Some(request) = &self.operation.request else { return Ok(()) };
        let mut obstacle = None;
        for media_type in &request.content {
            match BodyGenerator::compile(&contract.openapi, media_type, &self.operation.id) {
                Ok(body) => self.bodies.push(body),
                Err(reason) => obstacle = Some(reason),
            }
        }
        match obstacle {
            Some(reason) if self.bodies.is_empty() && request.required => Err(reason),
            obstacle => {
                self.notices.extend(obstacle);
                Ok(())
            }
        }
    }

    /// Keeps those targets that can be made; the others are told as notices.
    fn find_targets(&mut self) {
        let (boundary, violating) = self.all_targets();
        let nonce = Nonce("compile".into());
        let mut notices = Vec::new();
        let mut makeable = |aimed: &Aimed, breaks: bool| {
            let sealing =
                Sealing { nonce: &nonce, seed: 1, pools: None, correlation: None, skip: 0, breaks, book: None };
            let wish = Wish { target: Some(aimed), ..Wish::default() };
            match self.make(1, &wish, &sealing) {
                // What does not exist may be refused.
                Ok(made) => breaks || !self.is_pooled(&made.draft, aimed.target().is_some_and(Target::is_fixed)),
                Err(notice) => {
                    // Text has no types, and what breaks one branch may keep
                    // another: neither is a gap.
                    if matches!(aimed, Aimed::Body(index, t) if self.bodies[*index].is_json() && !t.takes_a_branch()) {
                        notices.push(notice);
                    }
                    false
                }
            }
        };
        let boundary: Vec<Aimed> = boundary.into_iter().filter(|a| makeable(a, false)).collect();
        let violating: Vec<Aimed> = violating.into_iter().filter(|a| makeable(a, true)).collect();
        self.boundary = boundary;
        self.violating = violating;
        self.notices.extend(notices);
    }

    /// Keeps those samples that can be made; the others are told as notices.
    fn find_samples(&mut self) {
        let nonce = Nonce("compile".into());
        let media = if self.bodies.len() > 1 { self.bodies.len() } else { 0 };
        let sealing =
            Sealing { nonce: &nonce, seed: 1, pools: None, correlation: None, skip: 0, breaks: false, book: None };
        for sample in 0..self.examples().min(MOST_EXAMPLES) + media {
            match self.make(1, &Wish { sample: Some(sample), ..Wish::default() }, &sealing) {
                Ok(_) => self.samples.push(sample),
                Err(notice) => self.notices.push(notice),
            }
        }
    }

    /// Whether a parameter carries the correlation ID.
    pub(crate) fn is_correlation(&self, parameter: &Parameter) -> bool {
        let header = self.behaviour.as_ref().and_then(|b| b.correlation.as_ref()).map(|c| c.header.as_str());
        parameter.within == ParameterIn::Header && header.is_some_and(|h| parameter.name.eq_ignore_ascii_case(h))
    }

    /// Whether a call of it writes, by the behaviour file.
    pub(crate) fn writes(&self) -> bool {
        !self.operation.is_safe()
            && !self.bodies.is_empty()
            && self.behaviour.as_ref().is_some_and(|b| b.effects.is_some())
    }

    /// Whether both promise the same about one ID, and write the same.
    pub(crate) fn promises_as(&self, other: &Self) -> bool {
        let (Some(ours), Some(theirs)) = (self.behaviour.as_deref(), other.behaviour.as_deref()) else { return false };
        let (Some(x), Some(y)) = (&ours.idempotency, &theirs.idempotency) else { return false };
        let (Some(effects), Some(others)) = (&ours.effects, &theirs.effects) else { return false };
        let header = |b: &Behaviour| b.correlation.as_ref().map(|c| c.header.to_ascii_lowercase());
        let audience = |b: &Behaviour| b.identity.as_ref().map(|i| (i.audience.clone(), i.roles.clone()));
        self.writes()
            && other.writes()
            && (&x.scope, &x.request, &x.item, &x.step, x.window) == (&y.scope, &y.request, &y.item, &y.step, y.window)
            && x.other_content == y.other_content
            && (&effects.table, effects.once, &effects.correlated_by)
                == (&others.table, others.once, &others.correlated_by)
            && header(ours) == header(theirs)
            && audience(ours) == audience(theirs)
    }

    /// Whether its path names something that somebody must have made, and no
    /// pool says what there is.
    pub(crate) fn names_a_thing(&self) -> bool {
        let pooled = |name: &str| {
            let mut pools = self.behaviour.iter().flat_map(|b| &b.pools);
            pools.any(|pool| pool.applies_to.is_empty() && pool.name == name)
        };
        self.parameters.iter().any(|p| p.parameter.within == ParameterIn::Path && !pooled(&p.parameter.name))
    }
}
