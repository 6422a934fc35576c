//! Steps that go over connections or sizes of their own: requests written by
//! hand, and the search for a limit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::bisect::Bisection;
use super::play::{Play, Prepared};
use super::player::PlayError;
use crate::clock::Timestamp;
use crate::generate::{Call, Knob, Search, added};
use crate::observe::CallRun;
use crate::traffic::connection::ByHand;
use crate::traffic::connection::refused;
use crate::wire::{Exchange, Failure, FailureKind, Request, Response, Tier};

impl Play<'_> {
    /// Sends calls one after the other over one connection of their own.
    pub(super) async fn same_connection(&mut self, calls: &[Call]) -> Result<(), PlayError> {
        let mut connection: Option<ByHand> = None;
        for (place, call) in calls.iter().enumerate() {
            let prepared = self.prepare(call).await?;
            let origin = prepared.client.origin().clone();
            let Prepared { client, mut request, name, .. } = prepared;
            self.player.pool.give(client);
            self.target().dress(&mut request);
            if connection.is_none() {
                let opened = self.target().door.connect(&origin).await;
                match opened {
                    Ok(stream) => connection = Some(ByHand::over(stream)),
                    Err(error) => {
                        let now = self.instants();
                        let exchange = self.by_hand_exchange(request, Err(refused(&error)), None, now);
                        self.push(exchange, name);
                        return Ok(());
                    }
                }
            }
            let Some(by_hand) = connection.as_mut() else { return Ok(()) };
            let sent = self.instants();
            let (bytes, ends) = request.written(&origin.authority());
            let outcome = by_hand.call(&bytes, ends, request.method == http::Method::HEAD).await;
            let (outcome, at) = match outcome {
                Ok((response, at)) => (Ok(response), Some(at)),
                Err(failure) => (Err(failure), None),
            };
            // Closing after the first answer is the server's right, also while
            // the next request is under way.
            if place > 0 && outcome.as_ref().is_err_and(|f| f.kind == FailureKind::Reset) {
                return Ok(());
            }
            let exchange = self.by_hand_exchange(request, outcome, at, sent);
            self.push(exchange, name);
            if !by_hand.open {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Now, in real time since the run began and by the shared clock.
    fn instants(&self) -> (Duration, Timestamp) {
        (self.target().elapsed(), self.target().clock.now())
    }

    fn push(&mut self, exchange: Exchange, client: Arc<str>) {
        let call = self.calls.len();
        self.calls.push(CallRun { call, exchanges: vec![exchange], polls: Vec::new(), client });
    }

    fn by_hand_exchange(
        &self,
        request: Request,
        outcome: Result<Response, Failure>,
        headers: Option<Instant>,
        (sent, sent_at): (Duration, Timestamp),
    ) -> Exchange {
        let target = self.target();
        let tier =
            outcome.as_ref().ok().zip(target.service_marker.as_ref()).map(|(response, marker)| {
                if response.headers.contains(marker) { Tier::Service } else { Tier::Gateway }
            });
        Exchange {
            request,
            outcome,
            attempt: 1,
            due: sent,
            sent,
            headers: headers.map(|at| at.saturating_duration_since(target.began)),
            done: target.elapsed(),
            sent_at,
            done_at: target.clock.now(),
            tier,
        }
    }

    /// Sends a call with one size after the other until its limit is known. Of
    /// its exchanges three are kept: the smallest size, and those on both sides
    /// of the limit.
    pub(super) async fn search(&mut self, search: &Search) -> Result<(), PlayError> {
        let number = self.calls.len();
        let mut bisection = Bisection::new(search, number);
        let (mut first, mut below, mut above) = (None, None, None);
        let mut client = Arc::<str>::from("");
        while let Some(size) = bisection.next() {
            let mut call = search.call.clone();
            self.rename(&mut call, size);
            let mut prepared = self.prepare(&call).await?;
            let taken = match search.knob {
                Knob::Headers => added(&prepared.client.origin().authority(), &prepared.request),
                _ => 0,
            };
            search.knob.turn(&mut prepared.request, size.saturating_sub(taken));
            client = prepared.name.clone();
            let exchange = self.settled(prepared).await;
            if !bisection.learn(size, &exchange) {
                above = Some(exchange);
                break;
            }
            match (&first, exchange.status().is_some_and(|s| s < 400)) {
                (None, _) => first = Some(exchange),
                (Some(_), true) => below = Some(exchange),
                (Some(_), false) => above = Some(exchange),
            }
        }
        let exchanges = [first, below, above].into_iter().flatten().collect();
        self.calls.push(CallRun { call: number, exchanges, polls: Vec::new(), client });
        self.searches.push(bisection.into_run());
        Ok(())
    }

    /// Gives a call an ID of its own, made from the case's: each size is
    /// another call.
    fn rename(&self, call: &mut Call, size: u64) {
        let correlation = self.contract.behaviour.as_ref().and_then(|b| b.correlation.as_ref());
        let (Some(correlation), Some(first)) = (correlation, &call.correlation) else { return };
        let base = Uuid::parse_str(first).unwrap_or(Uuid::NAMESPACE_OID);
        let id = Uuid::new_v5(&base, format!("size {size}").as_bytes()).to_string();
        call.request.headers.set(&*correlation.header, &*id);
        call.correlation = Some(id);
    }
}
