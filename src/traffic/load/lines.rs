//! The connections of a load.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::scenario::{Http, Kept, Plan};
use crate::target::Target;
use crate::traffic::connection::{Draft, Line, Shot, Streams};
use crate::wire::Failure;

/// Whose connections are that are no flow's own.
pub(super) const NOBODY: u64 = 0;

/// Connections to the gateway.
#[derive(Debug)]
pub(super) struct Lines {
    target: Arc<Target>,
    http: Http,
    /// The most that are kept while nobody uses them.
    kept: usize,
    /// Those of HTTP/1.1 that nobody uses right now, and whose they are.
    idle: Mutex<Vec<(u64, Line)>>,
    /// Those of HTTP/2, by whose they are.
    shared: Mutex<HashMap<u64, Arc<Streams>>>,
}

impl Lines {
    pub(super) fn new(target: Arc<Target>, plan: &Plan) -> Self {
        let kept = if plan.connections.kept == Kept::Never { 0 } else { plan.most_calls() };
        Self { target, http: plan.connections.http, kept, idle: Mutex::default(), shared: Mutex::default() }
    }

    /// Sends a request over a connection that only this owner uses.
    pub(super) async fn shoot(&self, draft: Draft, owner: u64, timeout: Duration) -> Shot {
        if self.http == Http::Two {
            return Box::pin(async { self.streams(owner).shoot(draft, timeout).await }).await;
        }
        let mut line = self.take(owner);
        let shot = line.shoot(draft, timeout).await;
        self.give(line, owner);
        shot
    }

    /// Opens one more connection that is nobody's own.
    pub(super) async fn connect(&self) -> Result<(), Failure> {
        if self.http == Http::Two {
            return self.streams(NOBODY).connect().await;
        }
        let mut line = self.take(NOBODY);
        let opened = line.connect().await;
        self.give(line, NOBODY);
        opened
    }

    /// One that is open, if there is one.
    fn take(&self, owner: u64) -> Line {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.iter().rposition(|(own, _)| *own == owner) {
            Some(place) => idle.swap_remove(place).1,
            None => Line::new(self.target.clone(), self.target.gateway.clone()),
        }
    }

    fn give(&self, line: Line, owner: u64) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.kept {
            idle.push((owner, line));
        }
    }

    /// Those that an owner's calls share.
    fn streams(&self, owner: u64) -> Arc<Streams> {
        let new = || Arc::new(Streams::new(self.target.clone(), self.target.gateway.clone()));
        if self.kept == 0 {
            return new();
        }
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.entry(owner).or_insert_with(new).clone()
    }
}
