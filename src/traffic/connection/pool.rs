//! Connections that are kept from case to case.

use std::sync::{Arc, Mutex, PoisonError};

use super::client::Client;
use crate::door::Origin;
use crate::target::Target;

/// The most connections that cases keep unused.
pub(in crate::traffic) const KEPT: usize = 128;

/// Hands out clients, preferring those whose connection is open.
#[derive(Debug)]
pub(in crate::traffic) struct Pool {
    target: Arc<Target>,
    /// The most connections that are kept unused.
    kept: usize,
    /// Whose they are; nobody's has the number 0.
    idle: Mutex<Vec<(u64, Client)>>,
}

impl Pool {
    pub(in crate::traffic) fn new(target: Arc<Target>, kept: usize) -> Self {
        Self { target, kept, idle: Mutex::default() }
    }

    /// A client of an origin.
    pub(in crate::traffic) fn take(&self, origin: &Origin) -> Client {
        self.take_own(origin, 0)
    }

    /// A client of an origin that only this owner uses.
    pub(in crate::traffic) fn take_own(&self, origin: &Origin, owner: u64) -> Client {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.iter().rposition(|(own, client)| *own == owner && client.origin() == origin) {
            Some(place) => idle.swap_remove(place).1,
            None => Client::new(self.target.clone(), origin.clone()),
        }
    }

    /// Takes a client back.
    pub(in crate::traffic) fn give(&self, client: Client) {
        self.give_own(client, 0);
    }

    /// Takes a client back that only this owner uses.
    pub(in crate::traffic) fn give_own(&self, client: Client, owner: u64) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.kept {
            idle.push((owner, client));
        }
    }
}
