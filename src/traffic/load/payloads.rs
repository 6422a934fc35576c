//! Calls as they go out, made before they are due.

use std::sync::{Arc, OnceLock};

use http::{HeaderName, HeaderValue};

use crate::contract::behaviour::Selector;
use crate::generate::{CouldNotMake, Item};
use crate::scenario::{POOL, Plan, PlannedAction, PlannedCall};
use crate::target::Target;
use crate::traffic::connection::{Outgoing, prepared};
use crate::wire::Request;

/// A call as it goes out, but for what each attempt has of its own: the
/// correlation ID, the token, the platform's fields.
#[derive(Debug)]
pub(super) struct Payload {
    /// As a plain value.
    pub(super) request: Request,
    /// The same as it is sent.
    template: http::Request<()>,
    /// The field that the correlation ID stands in.
    correlation: Option<HeaderName>,
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
        let unsendable = |reason: String| CouldNotMake::new(&*action.operation, reason);
        let host = HeaderValue::from_str(&target.gateway.authority()).map_err(|e| unsendable(e.to_string()))?;
        let template = prepared(&request, &host).map_err(|failure| unsendable(failure.detail))?.map(drop);
        let correlation = match correlation {
            Some(correlation) => Some(correlation.header.parse::<HeaderName>().map_err(|e| unsendable(e.to_string()))?),
            None => None,
        };
        Ok(Self { request, template, correlation, items: call.items.into(), step, refusable, answer_lost })
    }

    /// Whether it carries a correlation ID.
    pub(super) fn is_correlated(&self) -> bool {
        self.correlation.is_some()
    }

    /// As it is sent, under a correlation ID.
    pub(super) fn outgoing(&self, correlation: &str) -> http::Request<Outgoing> {
        let mut outgoing = http::Request::new(Outgoing::of(&self.request.body));
        *outgoing.method_mut() = self.template.method().clone();
        *outgoing.uri_mut() = self.template.uri().clone();
        *outgoing.headers_mut() = self.template.headers().clone();
        if let (Some(field), Ok(id)) = (&self.correlation, HeaderValue::from_str(correlation)) {
            outgoing.headers_mut().insert(field.clone(), id);
        }
        outgoing
    }

    /// As a plain value, under a correlation ID.
    pub(super) fn plain(&self, correlation: &str) -> Request {
        let mut request = self.request.clone();
        if let Some(field) = &self.correlation {
            request.headers.set(field.as_str(), correlation);
        }
        request
    }
}

/// The pools of a plan's actions.
#[derive(Debug)]
pub(super) struct Payloads {
    /// By flow and action; empty where calls are made for themselves alone.
    pools: Vec<Vec<Pool>>,
}

type Pool = Box<[OnceLock<Arc<Payload>>]>;

impl Payloads {
    /// Pools with room for a plan's payloads.
    pub(super) fn of(plan: &Plan) -> Self {
        let pool = |action: &PlannedAction| -> Pool {
            let size = action.place(0, 0).map_or(0, |_| POOL);
            (0..size).map(|_| OnceLock::new()).collect()
        };
        Self { pools: plan.flows.iter().map(|flow| flow.actions.iter().map(pool).collect()).collect() }
    }

    /// Makes all that is not there yet, so that nobody has to while calls are
    /// under way.
    pub(super) fn fill(&self, plan: &Plan, target: &Target) -> Result<(), CouldNotMake> {
        for (flow, pools) in plan.flows.iter().zip(&self.pools) {
            for (action, pool) in flow.actions.iter().zip(pools) {
                for (place, slot) in pool.iter().enumerate() {
                    let made = Payload::of(action, action.at(place)?, target)?;
                    slot.get_or_init(|| Arc::new(made));
                }
            }
        }
        Ok(())
    }

    /// The payload of an action of a flow for an item of an event.
    pub(super) fn get(
        &self,
        (flow, number, action): (usize, usize, &PlannedAction),
        (event, item): (u64, u64),
        (correlation, target): (&str, &Target),
    ) -> Result<Arc<Payload>, CouldNotMake> {
        let slot = action.place(event, item).and_then(|place| self.pools.get(flow)?.get(number)?.get(place)?.get());
        match slot {
            Some(payload) => Ok(payload.clone()),
            None => Ok(Arc::new(Payload::of(action, action.call(event, item, correlation)?, target)?)),
        }
    }
}
