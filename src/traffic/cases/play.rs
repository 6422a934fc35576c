//! The steps of one case, done in order.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::callbacks::Expected;
use super::expression::filled;
use super::player::{PlayError, Player};
use super::{dress, flood};
use crate::contract::Contract;
use crate::contract::behaviour::Identity;
use crate::door::Origin;
use crate::flow::{is_retried, next_poll, retry_after};
use crate::generate::{Call, Caller, Case, CaseKind, Manner, Need, Probe, Step, Via};
use crate::observe::{CallRun, HealthRun, SearchRun};
use crate::target::{Authorized, Target};
use crate::traffic::Client;
use crate::traffic::armed::Armed;
use crate::traffic::commit::commit;
use crate::traffic::connection::follow;
use crate::wire::{Exchange, FailureKind, Request, Tier};

/// The most attempts at a call that is answered 429.
const NEUTRAL_ATTEMPTS: usize = 5;

/// What is waited on top of a `Retry-After`, in the clock's time.
const NEUTRAL_MARGIN: Duration = Duration::from_secs(1);

/// What is waited where a 429 says nothing, in the clock's time.
const NEUTRAL_DEFAULT: Duration = Duration::from_secs(15);

/// The longest single wait, in real time. A quota's `Retry-After` can be weeks.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// The most polls of one `Location`.
const POLLS: usize = 400;

/// The header field in which the gateway shows its key to the service.
const GATEWAY_KEY: &str = "X-Gateway-Key";

/// The longest retrying of one call, in real time.
const LONGEST_RETRYING: Duration = Duration::from_secs(8);

/// What is waited before a retry where the answer says nothing, in the clock's
/// time.
const RETRY_DEFAULT: Duration = Duration::from_secs(1);

/// The longest polling of one `Location`, in real time, unless the contract
/// gives its jobs longer: then that and a few polls more.
const LONGEST_POLLING: Duration = Duration::from_mins(1);
const POLLS_MORE: Duration = Duration::from_secs(5);

/// How long a job may run in any case, in real time: services work in real time,
/// however fast the clock runs.
const SHORTEST_JOB: Duration = Duration::from_secs(10);

/// A case while it is played.
#[derive(Debug)]
pub(super) struct Play<'p> {
    pub(super) player: &'p Player,
    pub(super) contract: &'p Contract,
    pub(super) case: Arc<Case>,
    pub(super) calls: Vec<CallRun>,
    pub(super) searches: Vec<SearchRun>,
    pub(super) health: Vec<HealthRun>,
    correlations: Vec<String>,
    pub(super) armed: Armed,
    /// The client of the pool that serves this whole case: what a target
    /// remembers, it remembers by caller.
    any: Option<Authorized>,
}

/// A call with all it takes to send it.
pub(super) struct Prepared {
    pub(super) client: Client,
    pub(super) request: Request,
    pub(super) name: Arc<str>,
    manner: Manner,
}

impl<'p> Play<'p> {
    pub(super) fn new(player: &'p Player, contract: &'p Contract, case: Arc<Case>) -> Self {
        let mut correlations: Vec<String> = case.calls().filter_map(|call| call.correlation.clone()).collect();
        correlations.sort_unstable();
        correlations.dedup();
        let armed = Armed::at(player.target.control.clone());
        let (calls, searches, health) = (Vec::new(), Vec::new(), Vec::new());
        Self { player, contract, case, calls, searches, health, correlations, armed, any: None }
    }

    /// The correlation IDs that are known before anything is sent.
    pub(super) fn correlations(&self) -> &[String] {
        &self.correlations
    }

    pub(super) fn into_parts(self) -> (Vec<CallRun>, Vec<String>, Vec<SearchRun>, Vec<HealthRun>) {
        (self.calls, self.correlations, self.searches, self.health)
    }

    pub(super) async fn clear(&mut self) -> Result<(), PlayError> {
        Ok(self.armed.clear().await?)
    }

    pub(super) async fn steps(&mut self) -> Result<(), PlayError> {
        let case = self.case.clone();
        for step in &case.steps {
            match step {
                Step::Call(call) => match filled(call, &self.calls) {
                    Some(call) => self.together(std::slice::from_ref(&*call), true).await?,
                    None => return Ok(()),
                },
                Step::Linked(linked) => match self.along(linked) {
                    Some(call) => self.together(&[call], true).await?,
                    None => return Ok(()),
                },
                Step::Together(calls) => self.together(calls, true).await?,
                Step::Unfollowed(calls) => self.together(calls, false).await?,
                Step::WhileHeld(calls) => self.while_held(calls).await?,
                Step::Flood { call, most } => self.flood(call, *most).await?,
                Step::SameConnection(calls) => self.same_connection(calls).await?,
                Step::Search(search) => self.search(search).await?,
                Step::Inject(fault) => {
                    if !self.armed.arm(fault).await? {
                        return Err(PlayError::Lacks(Need::Faults));
                    }
                }
                Step::ClearFaults => self.armed.clear().await?,
                Step::Follow(number) => self.follow_up(*number).await,
                Step::Restart => self.restart().await?,
                Step::AwaitCallbacks => self.await_callbacks().await?,
                Step::Advance(span) => self.advance(*span).await?,
                Step::AdvanceTo(until) => self.advance(until.since(self.target().clock.now())).await?,
                Step::AwaitRetryAfter { call, margin, longest } => {
                    self.await_retry_after(*call, *margin, *longest).await;
                }
            }
        }
        Ok(())
    }

    pub(super) fn target(&self) -> &'p Target {
        &self.player.target
    }

    /// Sends calls at once, each over a connection of its own that is open
    /// before the first leaves, and sees each through to its result unless its
    /// `Location` is not followed.
    pub(super) async fn together(&mut self, calls: &[Call], followed: bool) -> Result<(), PlayError> {
        let mut prepared = Vec::with_capacity(calls.len());
        for call in calls {
            prepared.push(self.prepare(call).await?);
        }
        if prepared.len() > 1 {
            // Whoever can't connect finds out again when it sends.
            join_all(prepared.iter_mut().map(|p| p.client.connect())).await;
        }
        let first = self.calls.len();
        let conclude = |(i, prepared)| self.conclude(first + i, prepared, followed);
        let concluded = join_all(prepared.into_iter().enumerate().map(conclude)).await;
        self.calls.extend(concluded);
        Ok(())
    }

    async fn flood(&mut self, call: &Call, most: u64) -> Result<(), PlayError> {
        let mut lanes = Vec::with_capacity(flood::LANES);
        for _ in 0..flood::LANES {
            lanes.push(self.prepare(call).await?);
        }
        let client = lanes[0].name.clone();
        let header = self.contract.behaviour.as_ref().and_then(|b| b.correlation.as_ref()).map(|c| c.header.as_str());
        let flood = flood::Flood::new(self.target(), most, header, call.correlation.as_deref());
        let exchanges = flood.run(lanes, &self.player.pool).await;
        self.correlations.extend(flood.into_correlations());
        self.calls.push(CallRun { call: self.calls.len(), exchanges, polls: Vec::new(), client });
        Ok(())
    }

    pub(super) async fn prepare(&mut self, call: &Call) -> Result<Prepared, PlayError> {
        let authorized = self.authorized(call.caller).await?;
        let origin = self.origin(call.via)?;
        let mut request = call.request.clone();
        if let Some(token) = &authorized.token {
            dress::show(&mut request, call.caller, token.expose());
        }
        if call.via == Via::AsGateway {
            let key = self.target().gateway_key.as_ref().ok_or(PlayError::Lacks(Need::GatewayKey))?;
            request.headers.set(GATEWAY_KEY, key.expose());
        }
        Ok(Prepared { client: self.player.pool.take(origin), request, name: authorized.client, manner: call.manner })
    }

    fn origin(&self, via: Via) -> Result<&'p Origin, PlayError> {
        match via {
            Via::Gateway => Ok(&self.target().gateway),
            Via::Service | Via::AsGateway => {
                self.target().service.as_ref().ok_or(PlayError::Lacks(Need::DirectService))
            }
        }
    }

    async fn authorized(&mut self, caller: Caller) -> Result<Authorized, PlayError> {
        let identity: Option<&Identity> = self.contract.behaviour.as_ref().and_then(|b| b.identity.as_ref());
        let clients = &self.target().clients;
        if caller != Caller::Any {
            return Ok(clients.caller(identity, caller, self.case.seed).await?);
        }
        // The same client once more, with another token where time has passed.
        let authorized = match &self.any {
            Some(known) => clients.client(identity, known.client.clone()).await?,
            None => clients.caller(identity, caller, self.case.seed).await?,
        };
        self.any = Some(authorized.clone());
        Ok(authorized)
    }

    /// Sends a call, again as long as it is answered 429 or its manner says so,
    /// and follows its `Location` where it is `followed`.
    async fn conclude(&self, number: usize, mut prepared: Prepared, followed: bool) -> CallRun {
        let manner = prepared.manner;
        if let Some(span) = manner.leaves {
            prepared.client.leave_after(span);
        }
        let exchanges = self.attempts(&mut prepared).await;
        if manner.leaves.is_some() {
            // Who has left is not asked for anything else.
            return CallRun { call: number, exchanges, polls: Vec::new(), client: prepared.name };
        }
        let (polls, client) = if followed {
            self.polls(prepared.client, &exchanges[exchanges.len() - 1]).await
        } else {
            (Vec::new(), prepared.client)
        };
        self.player.pool.give(client);
        let told = polls.last().or_else(|| exchanges.last());
        if let (Some(behaviour), Some(told)) = (self.contract.behaviour.as_deref(), told) {
            // What is missing then shows in the ledger.
            let _ = commit(self.target(), &self.player.pool, behaviour, told).await;
        }
        CallRun { call: number, exchanges, polls, client: prepared.name }
    }

    /// Sends a call, again as long as it is answered 429 or its manner says so;
    /// at least once.
    async fn attempts(&self, prepared: &mut Prepared) -> Vec<Exchange> {
        let mut exchanges: Vec<Exchange> = Vec::new();
        loop {
            let attempt = exchanges.len() as u32 + 1;
            let due = self.target().elapsed();
            exchanges.push(prepared.client.send(prepared.request.clone(), due, attempt).await);
            match self.neutral_wait(&exchanges).or_else(|| retry_wait(prepared.manner, &exchanges)) {
                Some(wait) => self.target().clock.sleep(wait).await,
                None => return exchanges,
            }
        }
    }

    /// The last answer of a call that is not followed any further.
    pub(super) async fn settled(&self, mut prepared: Prepared) -> Exchange {
        let mut exchanges = self.attempts(&mut prepared).await;
        self.player.pool.give(prepared.client);
        exchanges.pop().expect("a call is sent at least once")
    }

    /// How long to wait before the same call is sent again because nothing was
    /// said about it but that there were too many; `None` where the last
    /// answer counts.
    fn neutral_wait(&self, exchanges: &[Exchange]) -> Option<Duration> {
        let last = exchanges.last()?;
        let response = last.response()?;
        let told = retry_after(response, last.done_at);
        let throttled = response.status == 429 || (response.status == 403 && told.is_some());
        let about_throttling = self.case.key.kind == CaseKind::Probe(Probe::Rate);
        if !throttled || about_throttling || last.tier == Some(Tier::Service) || exchanges.len() >= NEUTRAL_ATTEMPTS {
            return None;
        }
        let wait = told.map_or(NEUTRAL_DEFAULT, |told| told + NEUTRAL_MARGIN);
        (self.target().clock.real(wait) <= LONGEST_WAIT).then_some(wait)
    }

    /// Asks the `Location` of a 202 again and again until another answer comes,
    /// or the time is over within which a job is to end.
    async fn polls(&self, mut client: Client, accepted: &Exchange) -> (Vec<Exchange>, Client) {
        let mut polls: Vec<Exchange> = Vec::new();
        let mut location: Option<String> = None;
        let began = self.target().elapsed();
        let ends_within = self.contract.behaviour.as_ref().and_then(|b| b.jobs.as_ref()?.ends_within);
        let longest = ends_within
            .map_or(LONGEST_POLLING, |within| LONGEST_POLLING.max(self.target().clock.real(within) + POLLS_MORE));
        while polls.len() < POLLS && self.target().elapsed().saturating_sub(began) < longest {
            let last = polls.last().unwrap_or(accepted);
            let Some(response) = last.response() else { break };
            let over = ends_within.is_some_and(|within| last.done_at.since(accepted.done_at) >= within);
            if over && last.done.saturating_sub(accepted.done) >= SHORTEST_JOB {
                break;
            }
            let again = next_poll(response, location.as_deref(), last.done_at);
            let throttled = self.neutral_wait(&polls[polls.len().saturating_sub(NEUTRAL_ATTEMPTS - 1)..]);
            let wait = match (again, throttled) {
                (Some(poll), _) => {
                    location = Some(poll.location);
                    poll.after
                }
                (None, Some(wait)) => wait,
                (None, None) => break,
            };
            let Some((origin, request)) =
                location.as_deref().and_then(|l| follow(client.origin(), &accepted.request, l))
            else {
                break;
            };
            self.target().clock.sleep(wait).await;
            let due = self.target().elapsed();
            if origin == *client.origin() {
                polls.push(client.send(request, due, 1).await);
            } else {
                let mut elsewhere = self.player.pool.take(&origin);
                polls.push(elsewhere.send(request, due, 1).await);
                self.player.pool.give(elsewhere);
            }
        }
        (polls, client)
    }

    async fn advance(&self, span: Duration) -> Result<(), PlayError> {
        let clock = &self.target().clock;
        if clock.real(span) <= Duration::from_millis(500) || !self.target().offers(Need::Clock) {
            clock.sleep(span).await;
            return Ok(());
        }
        let before = clock.now();
        if let Some(control) = &self.target().control {
            control.jump(span).await?;
        }
        // In one process the stack's clock is this one and has jumped already.
        if clock.now().since(before) < span {
            clock.jump(span);
        }
        Ok(())
    }

    async fn await_callbacks(&self) -> Result<(), PlayError> {
        match &self.target().control {
            Some(control) if self.target().offers(Need::Callbacks) => {
                let expected =
                    Expected { contract: self.contract, correlations: &self.correlations, calls: &self.calls };
                Ok(expected.arrive(control, &self.target().clock).await?)
            }
            _ => Err(PlayError::Lacks(Need::Callbacks)),
        }
    }

    /// Asks for the job of an earlier call that was not followed.
    async fn follow_up(&mut self, number: usize) {
        let Some(accepted) = self.calls.get(number).and_then(CallRun::last).cloned() else { return };
        let client = self.player.pool.take(&self.target().gateway);
        let (polls, client) = self.polls(client, &accepted).await;
        self.player.pool.give(client);
        self.calls[number].polls = polls;
    }

    async fn restart(&self) -> Result<(), PlayError> {
        match &self.target().control {
            Some(control) if self.target().offers(Need::Restart) => Ok(control.restart().await?),
            _ => Err(PlayError::Lacks(Need::Restart)),
        }
    }

    async fn await_retry_after(&self, call: usize, margin: Duration, longest: Duration) {
        let told = self.calls.get(call).and_then(|run| {
            // A flood's answers are in the order in which they were sent.
            run.exchanges.iter().rev().find_map(|e| retry_after(e.response()?, e.done_at).map(|wait| (wait, e.done_at)))
        });
        let clock = &self.target().clock;
        let until = match told {
            Some((wait, _)) if wait > longest => return,
            Some((wait, since)) => since.plus(wait),
            None => clock.now(),
        };
        let _ = tokio::time::timeout(LONGEST_WAIT, clock.sleep_until(until.plus(margin))).await;
    }
}

/// How long a caller that retries waits before it sends the same once more;
/// `None` where the last answer is final, or it has retried enough.
fn retry_wait(manner: Manner, exchanges: &[Exchange]) -> Option<Duration> {
    let (first, last) = (exchanges.first()?, exchanges.last()?);
    let left = last.outcome.as_ref().is_err_and(|failure| failure.kind == FailureKind::Left);
    let spent = last.done.saturating_sub(first.sent) >= LONGEST_RETRYING;
    if left || spent || exchanges.len() > usize::from(manner.retries) || !is_retried(&last.outcome) {
        return None;
    }
    Some(last.response().and_then(|response| retry_after(response, last.done_at)).unwrap_or(RETRY_DEFAULT))
}
