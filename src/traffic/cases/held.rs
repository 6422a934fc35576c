//! Calls that Dataverse holds, and the service's health meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use http::Method;

use super::play::Play;
use super::player::{PlayError, Player};
use crate::generate::{Call, Case, Need, Step};
use crate::observe::{HealthRun, HealthWait};
use crate::traffic::Client;
use crate::traffic::armed::Armed;
use crate::wire::{Body, Exchange, FailureKind, FaultKind, Headers, Request};

/// Over how many connections the health is asked: each of a few processes has
/// one of them.
const CONNECTIONS: usize = 8;

/// How soon it is looked again whether something is held, in real time.
const GLANCE: Duration = Duration::from_millis(10);

/// How soon a service that has answered is asked again, in real time.
const AGAIN: Duration = Duration::from_millis(50);

/// Whoever has not answered so long after Dataverse has let go is not waited
/// for any longer.
const BEYOND: Duration = Duration::from_secs(2);

impl Play<'_> {
    /// Sends calls at once, and while Dataverse holds one of them asks the
    /// service for its health, over connections that were open before. Once
    /// that is known, nothing more is held.
    pub(super) async fn while_held(&mut self, calls: &[Call]) -> Result<(), PlayError> {
        let held = longest_delay(&self.case);
        let asking = Asking::open(self.player, held).await?;
        let mut armed = self.armed.taken();
        let ended = AtomicBool::new(false);
        let sending = async {
            let sent = self.together(calls, true).await;
            ended.store(true, Ordering::Relaxed);
            sent
        };
        let watching = async {
            let seen = asking.watch(&armed, &ended).await;
            armed.clear().await?;
            Ok::<_, PlayError>(seen)
        };
        let (sent, seen) = tokio::join!(sending, watching);
        self.armed = armed;
        sent?;
        self.health.extend(seen??.map(|(free_until, waits)| HealthRun { calls: calls.len(), held, free_until, waits }));
        Ok(())
    }
}

/// The longest delay of the case's faults.
fn longest_delay(case: &Case) -> Duration {
    let delays = case.steps.iter().filter_map(|step| match step {
        Step::Inject(fault) => Some(&fault.kind),
        _ => None,
    });
    let delays = delays.filter_map(|kind| match kind {
        FaultKind::Slow { milliseconds } => Some(Duration::from_millis(*milliseconds)),
        _ => None,
    });
    delays.max().unwrap_or_default()
}

/// Who asks for the service's health.
struct Asking<'p> {
    player: &'p Player,
    request: Request,
    clients: Vec<Client>,
    held: Duration,
    /// When nothing was sent yet.
    began: Duration,
}

impl<'p> Asking<'p> {
    /// Opens connections, one after the other, so that they spread over the
    /// processes of the service; each is asked once.
    async fn open(player: &'p Player, held: Duration) -> Result<Self, PlayError> {
        let target = &player.target;
        let origin = target.service.as_ref().ok_or(PlayError::Lacks(Need::DirectService))?;
        let path = target.health.clone().ok_or(PlayError::Lacks(Need::Health))?;
        let request = Request { method: Method::GET, target: path, headers: Headers::new(), body: Body::Empty };
        let mut clients = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let mut client = Client::new(target.clone(), origin.clone()).with_timeout(held * 2 + BEYOND);
            if client.send(request.clone(), target.elapsed(), 1).await.outcome.is_ok() {
                clients.push(client);
            }
        }
        Ok(Self { player, request, clients, held, began: target.elapsed() })
    }

    /// Waits until something is held, then asks on all connections until
    /// Dataverse lets go; `None` where all calls ended before.
    async fn watch(
        mut self,
        armed: &Armed,
        ended: &AtomicBool,
    ) -> Result<Option<(Duration, Vec<HealthWait>)>, PlayError> {
        let mut free_until = self.began;
        loop {
            let glanced = self.player.target.elapsed();
            if armed.has_hit().await? {
                break;
            }
            free_until = glanced;
            if ended.load(Ordering::Relaxed) {
                return Ok(None);
            }
            tokio::time::sleep(GLANCE).await;
        }
        let let_go = free_until + self.held;
        let (player, request) = (self.player, &self.request);
        let waits = join_all(self.clients.iter_mut().map(|client| longest_wait(player, client, request, let_go))).await;
        Ok(Some((free_until, waits.into_iter().flatten().collect())))
    }
}

/// The longest wait on one connection until an instant; `None` where it broke.
async fn longest_wait(player: &Player, client: &mut Client, request: &Request, until: Duration) -> Option<HealthWait> {
    let mut longest: Option<HealthWait> = None;
    loop {
        let exchange = client.send(request.clone(), player.target.elapsed(), 1).await;
        let wait = HealthWait { asked: exchange.sent, until: exchange.done };
        if is_broken(&exchange) {
            return longest;
        }
        longest = longest.filter(|longest| longest.lasted() > wait.lasted()).or(Some(wait));
        if exchange.done >= until || exchange.outcome.is_err() {
            return longest;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Whether there is no answer for another reason than that it did not come.
fn is_broken(exchange: &Exchange) -> bool {
    exchange.outcome.as_ref().is_err_and(|failure| failure.kind != FailureKind::Timeout)
}
