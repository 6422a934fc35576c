//! Calls as they go out, made before they are due.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::Method;

use crate::clock::Timestamp;
use crate::contract::behaviour::Selector;
use crate::flow::{CallAction, Kind, Run, mix};
use crate::generate::{CouldNotMake, Item};
use crate::scenario::{POOL, Plan, PlannedAction, PlannedCall, Ticket};
use crate::target::Target;
use crate::traffic::connection::{Draft, Outgoing, drafted, write_field};
use crate::wire::Request;

/// About how many bytes the field of a correlation ID takes.
const CORRELATION: usize = 128;

/// A call as it goes out, but for what each attempt has of its own: the
/// correlation ID, the token, the platform's fields.
#[derive(Debug)]
pub(super) struct Payload {
    /// As a plain value.
    pub(super) request: Request,
    /// The same as it is sent, but for the field of the correlation ID.
    head: Vec<u8>,
    /// The field that the correlation ID stands in.
    correlation: Option<Arc<str>>,
    pub(super) items: Arc<[Item]>,
    /// The step that the call names, where the contract tells steps apart.
    pub(super) step: Option<Arc<str>>,
    /// Whether the contract promises to refuse it.
    pub(super) refusable: bool,
    /// Whether the first answer to it is lost on its way to the flow.
    pub(super) answer_lost: bool,
}

impl Payload {
    fn of(action: &PlannedAction, planned: PlannedCall, target: &Target) -> Result<Self, CouldNotMake> {
        let PlannedCall { call, refusable, answer_lost } = planned;
        let behaviour = action.contract().behaviour.as_deref();
        let correlation = behaviour.and_then(|b| b.correlation.as_ref()).filter(|_| call.correlation.is_some());
        let step = behaviour.and_then(|b| b.idempotency.as_ref()?.step.as_ref());
        let step = match step {
            Some(Selector::Header(name)) => call.request.headers.get(name).map(Arc::from),
            _ => None,
        };
        let mut request = call.request;
        target.dress(&mut request);
        let correlation = correlation.map(|correlation| Arc::from(&*correlation.header));
        if let Some(field) = &correlation {
            request.headers.remove(field);
        }
        let drafted = drafted(&request, &target.gateway.authority());
        let head = drafted.map_err(|failure| CouldNotMake::new(&*action.operation, failure.detail))?.head;
        Ok(Self { request, head, correlation, items: call.items.into(), step, refusable, answer_lost })
    }

    /// Whether it carries a correlation ID.
    pub(super) fn is_correlated(&self) -> bool {
        self.correlation.is_some()
    }

    /// As it is sent, under a correlation ID, with room for so many bytes of
    /// fields that an attempt has of its own.
    pub(super) fn draft(&self, correlation: &str, room: usize) -> Draft {
        let mut head = Vec::with_capacity(self.head.len() + CORRELATION + room);
        head.extend_from_slice(&self.head);
        if let Some(field) = &self.correlation {
            write_field(&mut head, field, &[correlation]);
        }
        let is_head = self.request.method == Method::HEAD;
        Draft { head, content: Outgoing::of(&self.request.body), is_head }
    }

    /// As a plain value, under a correlation ID.
    pub(super) fn plain(&self, correlation: &str) -> Request {
        let mut request = self.request.clone();
        if let Some(field) = &self.correlation {
            request.headers.append(&**field, correlation);
        }
        request
    }
}

/// The calls of how many runs are made before the first is due, where they come
/// from no pool: those of a burst must not wait for the generator.
const AHEAD: usize = 4_096;

/// The payloads of a plan.
#[derive(Debug)]
pub(super) struct Payloads {
    /// By flow and action; empty where calls are made for themselves alone.
    pools: Vec<Vec<Pool>>,
    /// What the first runs begin with, by run, action and item, until it is used.
    ahead: Mutex<HashMap<(u64, usize, u64), Arc<Payload>>>,
}

type Pool = Box<[OnceLock<Arc<Payload>>]>;

impl Payloads {
    /// Pools with room for a plan's payloads.
    pub(super) fn of(plan: &Plan) -> Self {
        let pool = |action: &PlannedAction| -> Pool {
            let size = action.place(0, 0).map_or(0, |_| POOL);
            (0..size).map(|_| OnceLock::new()).collect()
        };
        let pools = plan.flows.iter().map(|flow| flow.actions.iter().map(pool).collect()).collect();
        Self { pools, ahead: Mutex::default() }
    }

    /// Makes what can be made before calls are under way.
    pub(super) fn fill(&self, plan: &Plan, target: &Target) -> Result<(), CouldNotMake> {
        for (flow, pools) in plan.flows.iter().zip(&self.pools) {
            for (action, pool) in flow.actions.iter().zip(pools) {
                for (place, slot) in pool.iter().enumerate() {
                    let made = Payload::of(action, action.at(place)?, target)?;
                    slot.get_or_init(|| Arc::new(made));
                }
            }
        }
        plan.tickets.iter().take(AHEAD).try_for_each(|ticket| self.make_ahead(plan, &ticket, target))
    }

    /// Makes what a run begins with.
    fn make_ahead(&self, plan: &Plan, ticket: &Ticket, target: &Target) -> Result<(), CouldNotMake> {
        let flow = &plan.flows[ticket.flow];
        let mut run = Run::new(&flow.definition, ticket.only, flow.seed).about(mix(flow.seed, &[ticket.event]));
        for begin in run.begin(Timestamp::default()) {
            let Kind::Call(CallAction { call, .. }) = &begin.node.kind else { continue };
            let action = &flow.actions[*call];
            if action.place(ticket.event, begin.item).is_none() {
                let made = action.call(ticket.event, begin.item, &flow.correlation(&plan.nonce, ticket))?;
                let payload = Arc::new(Payload::of(action, made, target)?);
                self.ahead().insert((ticket.run, *call, begin.item), payload);
            }
        }
        Ok(())
    }

    /// The payload of an action for an item of a run's event.
    pub(super) fn get(
        &self,
        (number, action): (usize, &PlannedAction),
        (ticket, item): (&Ticket, u64),
        (correlation, target): (&str, &Target),
    ) -> Result<Arc<Payload>, CouldNotMake> {
        if let Some(place) = action.place(ticket.event, item) {
            let pool = self.pools.get(ticket.flow).and_then(|flow| flow.get(number));
            if let Some(payload) = pool.and_then(|pool| pool.get(place)?.get()) {
                return Ok(payload.clone());
            }
        } else if let Some(payload) = self.ahead().remove(&(ticket.run, number, item)) {
            return Ok(payload);
        }
        Ok(Arc::new(Payload::of(action, action.call(ticket.event, item, correlation)?, target)?))
    }

    fn ahead(&self) -> MutexGuard<'_, HashMap<(u64, usize, u64), Arc<Payload>>> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
