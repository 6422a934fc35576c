//! The client of the load path over HTTP/2: connections that calls share, drafts
//! in, shots out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::answers::{Answer, failed};
use super::direct::Draft;
use super::shared::{Place, Shared, Unanswered};
use super::shot::{Shot, late, now};
use crate::door::Origin;
use crate::target::Target;
use crate::wire::{Failure, FailureKind};

/// How long the other side may take to show that it speaks HTTP/2, in real time.
const SHAKEN_WITHIN: Duration = Duration::from_secs(10);

/// How often a call is sent that nobody looks at.
const GOES: usize = 3;

/// A client of an origin whose calls go over one connection, and over another
/// where the other side takes no more of them over that. A call is sent once,
/// but for what the other side says that it has not looked at.
#[derive(Debug)]
pub(in crate::traffic) struct Streams {
    target: Arc<Target>,
    origin: Origin,
    open: Mutex<Vec<Arc<Shared>>>,
    /// Who holds it opens a connection; why that failed last.
    opening: tokio::sync::Mutex<Option<Failure>>,
    /// How often one was opened, or not.
    tried: AtomicU64,
}

impl Streams {
    /// A client for an origin; no connection yet.
    pub(in crate::traffic) fn new(target: Arc<Target>, origin: Origin) -> Self {
        let (opening, tried) = (tokio::sync::Mutex::default(), AtomicU64::default());
        Self { target, origin, open: Mutex::default(), opening, tried }
    }

    /// Opens one more connection, over which calls then go in turn with the
    /// others.
    pub(in crate::traffic) async fn connect(&self) -> Result<(), Failure> {
        let shared = Shared::open(&self.target.door, &self.origin, SHAKEN_WITHIN).await?;
        self.open().push(Arc::new(shared));
        Ok(())
    }

    /// Sends a request and waits for its answer, no longer than `timeout` in
    /// real time.
    pub(in crate::traffic) async fn shoot(&self, draft: Draft, timeout: Duration) -> Shot {
        let place = self.place(timeout).await;
        let sent = now(&self.target);
        let outcome = match place {
            Ok(place) => {
                let answered = tokio::time::timeout(timeout, self.answered(place, draft, timeout)).await;
                answered.unwrap_or_else(|_| Err(late(timeout, false)))
            }
            Err(failure) => Err(failure),
        };
        Shot::since(sent, outcome, &self.target)
    }

    async fn answered(&self, mut place: Place, draft: Draft, timeout: Duration) -> Result<Answer, Failure> {
        let Draft { mut head, content, .. } = draft;
        head.extend_from_slice(b"\r\n");
        let head = Bytes::from(head);
        let mut went = 1;
        loop {
            let cause = match place.call(&head, content.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(Unanswered::Failed(failure)) => return Err(failure),
                Err(Unanswered::Untouched(cause)) => cause,
            };
            if went == GOES {
                return Err(failed(FailureKind::Connect, &format!("no connection takes the call: {cause}")));
            }
            went += 1;
            place = self.place(timeout).await?;
        }
    }

    /// A place on a connection that has room, or on a new one. While one opens
    /// a connection the others wait, and where that fails it has failed for all
    /// of them.
    async fn place(&self, patience: Duration) -> Result<Place, Failure> {
        if let Some(place) = self.free() {
            return Ok(place);
        }
        let tried = self.tried.load(Ordering::Acquire);
        let mut last = self.opening.lock().await;
        if let Some(place) = self.free() {
            return Ok(place);
        }
        if self.tried.load(Ordering::Acquire) != tried
            && let Some(failure) = &*last
        {
            return Err(failure.clone());
        }
        let opened = Shared::open(&self.target.door, &self.origin, patience.min(SHAKEN_WITHIN)).await;
        self.tried.fetch_add(1, Ordering::Release);
        *last = opened.as_ref().err().cloned();
        let shared = Arc::new(opened?);
        let place = Place::on(&shared);
        self.open().push(shared);
        Ok(place)
    }

    /// A place on the connection with the fewest calls.
    fn free(&self) -> Option<Place> {
        let mut open = self.open();
        open.retain(|shared| shared.is_usable());
        let least = open.iter().filter_map(|shared| Some((shared.calls()?, shared))).min_by_key(|(calls, _)| *calls);
        least.map(|(_, shared)| Place::on(shared))
    }

    fn open(&self) -> MutexGuard<'_, Vec<Arc<Shared>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
