//! Who comes in, on which web server, and what is told to those who don't.

use std::sync::Arc;
use std::time::Duration;

use http::Response;
use http::header::AUTHORIZATION;

use super::answer::{Answer, Cost, respond};
use super::body::AnswerBody;
use super::error::Refusal;
use super::guard::Principal;
use super::head;
use super::operate::Call;
use super::organization::Organization;
use super::servers::{Inside, Throttled};
use crate::clock::Timestamp;
use crate::limit::{ProtectionLimit, Standing};

/// A request that was let in.
#[derive(Debug)]
pub(super) struct Entered<'o> {
    pub(super) principal: Principal,
    pub(super) server: usize,
    pub(super) inside: Inside<'o>,
}

/// Where an answer comes from, and what its principal has left there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) server: usize,
    /// Nothing, where nobody knows who calls.
    pub(super) standing: Option<Standing>,
    /// The instant of the answer.
    pub(super) at: Timestamp,
}

impl Organization {
    /// Lets a request in.
    pub(super) fn enter(&self, call: &Call) -> Result<Entered<'_>, (Refusal, Told)> {
        let server = self.servers.of(&call.headers);
        let unknown = Told { server, standing: None, at: call.at };
        let (principal, refusal) = match self.guard.principal(call.header(AUTHORIZATION), call.at) {
            Ok(principal) => {
                let refusal = self.no_way_in(call, &principal).or_else(|| self.no_budget(&principal, call.at));
                (principal, refusal)
            }
            Err((principal, refusal)) => (principal, Some(refusal)),
        };
        if let Some(refusal) = refusal {
            self.note_refusal(call, &principal, (refusal.status, refusal.code), None);
            return Err((refusal, unknown));
        }
        match self.servers.enter(server, &principal.id, call.at) {
            Ok(inside) => Ok(Entered { principal, server, inside }),
            Err((throttled, standing)) => {
                let refusal = self.throttled(throttled);
                self.note_refusal(call, &principal, (refusal.status, refusal.code), None);
                Err((refusal, Told { standing: Some(standing), ..unknown }))
            }
        }
    }

    fn no_way_in(&self, call: &Call, principal: &Principal) -> Option<Refusal> {
        if self.ways_in.admit(principal.way) {
            return None;
        }
        let logical = self.table(&call.path.segment).map_or("systemuser", |t| &self.tables[t].logical);
        let verb = if call.operation().is_some() { "Write" } else { "Read" };
        Some(Refusal::missing_privilege(&principal.id, verb, logical))
    }

    fn no_budget(&self, principal: &Principal, now: Timestamp) -> Option<Refusal> {
        let (budget, wait) = self.entitled.refusal(&principal.id, now)?;
        // No error of its own is documented (reference B2).
        Some(Refusal::throttled(budget, self.entitled.window(), wait))
    }

    /// The refusal of one of the three limits.
    pub(super) fn throttled(&self, Throttled { limit, retry_after }: Throttled) -> Refusal {
        let rules = &self.environment.protection.rules;
        let window = rules.window.as_secs();
        match limit {
            ProtectionLimit::Requests => Refusal::throttled(rules.requests, window, retry_after),
            ProtectionLimit::ExecutionTime => {
                Refusal::execution_time(rules.execution.as_millis() as u64, window, retry_after)
            }
            ProtectionLimit::Concurrency => Refusal::too_many_at_once(rules.concurrent, retry_after),
        }
    }

    /// What execution takes by the shared clock.
    pub(super) fn execution(&self, cost: Cost) -> Duration {
        let costs = &self.environment.protection.costs;
        costs.operation * cost.operations.max(1) + costs.row_read * cost.read + costs.row_written * cost.written
    }

    /// Counts what was done, and lets the request out.
    pub(super) fn let_out(&self, entered: Entered<'_>, cost: Cost, execution: Duration, now: Timestamp) -> Told {
        self.entitled.count(&entered.principal.id, cost.operations.max(1), now);
        let standing = entered.inside.leave(execution, now);
        Told { server: entered.server, standing: Some(standing), at: now }
    }

    /// A refusal as an answer; where nobody knows who calls, with the way to a
    /// token.
    pub(super) fn refusal(&self, refusal: &Refusal, annotated: bool) -> Answer {
        let answer = Answer::refusal(refusal, annotated);
        if refusal.status != 401 {
            return answer;
        }
        let challenge = format!(
            "Bearer authorization_uri={}, resource_id={}",
            self.guard.authorization_uri(),
            self.environment.url
        );
        answer.with("www-authenticate", challenge)
    }

    pub(super) fn respond(&self, answer: Answer, told: Told) -> Response<AnswerBody> {
        let affinity = self.servers.cookie(told.server);
        let told = head::Told { now: told.at, standing: told.standing, affinity };
        respond(answer, &self.head, &told)
    }

    /// A request that can't even be read; it is nobody's.
    pub(super) fn unread(&self, refusal: &Refusal) -> Response<AnswerBody> {
        self.respond(self.refusal(refusal, false), Told { server: 0, standing: None, at: self.clock.now() })
    }

    /// Enters a write that was refused before its operation began.
    pub(super) fn note_refusal(
        &self,
        call: &Call,
        principal: &Principal,
        why: (u16, &'static str),
        fault: Option<&'static str>,
    ) {
        let Some(operation) = call.operation() else { return };
        let table = self.table(&call.path.segment).map(|t| &self.tables[t]);
        let attempt = call.attempt(operation, table.ok_or(call.path.segment.as_str()));
        self.store().ledger.refuse(&call.writer(principal, fault), &attempt, why.0, why.1);
    }

    /// How many requests of a principal are under way, this one included.
    pub(super) fn counted<'o>(&'o self, entered: &mut Entered<'o>) -> super::crowd::Present<'o> {
        let present = self.crowd.enter(&Arc::clone(&entered.principal.id));
        entered.principal.under_way = present.number;
        present
    }
}
