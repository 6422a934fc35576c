//! Connections that are kept from case to case.

use std::sync::{Arc, Mutex, PoisonError};

use super::client::Client;
use crate::door::Origin;
use crate::target::Target;

/// The most connections that are kept unused.
const KEPT: usize = 128;

/// Hands out clients, preferring those whose connection is open.
#[derive(Debug)]
pub(in crate::traffic) struct Pool {
    target: Arc<Target>,
    idle: Mutex<Vec<Client>>,
}

impl Pool {
    pub(in crate::traffic) fn new(target: Arc<Target>) -> Self {
        Self { target, idle: Mutex::default() }
    }

    /// A client of an origin.
    pub(in crate::traffic) fn take(&self, origin: &Origin) -> Client {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.iter().rposition(|client| client.origin() == origin) {
            Some(place) => idle.swap_remove(place),
            None => Client::new(self.target.clone(), origin.clone()),
        }
    }

    /// Takes a client back.
    pub(in crate::traffic) fn give(&self, client: Client) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(client);
        }
    }
}
