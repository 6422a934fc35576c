//! The web servers of the environment: who counts what a principal does, and
//! on which server a request arrives.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

use super::schema::Protection;
use crate::clock::{Clock, Timestamp};
use crate::limit::{Admission, ProtectionLimit, ServiceProtection, Standing};

/// The name of the cookie that leads to a server (reference A3).
const AFFINITY: &str = "ARRAffinity=";

/// Where principals stand on one server.
type Standings = Vec<(Arc<str>, Standing)>;

/// All web servers.
#[derive(Debug)]
pub(super) struct Servers {
    all: Vec<Server>,
    affinity: bool,
    next: AtomicUsize,
    clock: Clock,
}

#[derive(Debug)]
struct Server {
    protection: Mutex<ServiceProtection>,
    /// What its cookie holds.
    name: String,
    cookie: HeaderValue,
}

/// A request that was admitted on a server, until it leaves. Who goes away
/// without an answer leaves as well.
#[derive(Debug)]
pub(super) struct Inside<'s> {
    servers: &'s Servers,
    server: usize,
    principal: Arc<str>,
    left: bool,
}

/// What a refused request gets to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Throttled {
    pub(super) limit: ProtectionLimit,
    pub(super) retry_after: u64,
}

impl Servers {
    pub(super) fn new(protection: &Protection, clock: Clock) -> Self {
        let server = |number: u64| {
            // Hexadecimal, as the platform's is.
            let name =
                format!("{:016x}", 0x5ea3_b1e6_f0c9_4a1d_u64.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            let cookie = format!("{AFFINITY}{name}; path=/; secure; HttpOnly");
            Server {
                protection: Mutex::new(ServiceProtection::new(protection.rules)),
                name,
                cookie: HeaderValue::from_str(&cookie).expect("hexadecimal digits are a header's"),
            }
        };
        Self {
            all: (0..protection.servers as u64).map(server).collect(),
            affinity: protection.affinity,
            next: AtomicUsize::new(0),
            clock,
        }
    }

    /// The server on which a request arrives: that of its cookie, else the next
    /// in turn.
    pub(super) fn of(&self, headers: &HeaderMap) -> usize {
        if self.all.len() == 1 {
            return 0;
        }
        let wanted = if self.affinity { cookie(headers) } else { None };
        wanted
            .and_then(|name| self.all.iter().position(|server| server.name == name))
            .unwrap_or_else(|| self.next.fetch_add(1, Ordering::Relaxed) % self.all.len())
    }

    /// The `Set-Cookie` of a server.
    pub(super) fn cookie(&self, server: usize) -> &HeaderValue {
        &self.all[server].cookie
    }

    fn locked(&self, server: usize) -> MutexGuard<'_, ServiceProtection> {
        self.all[server].protection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a request in, or says why not and where its principal stands.
    pub(super) fn enter(
        &self,
        server: usize,
        principal: &Arc<str>,
        now: Timestamp,
    ) -> Result<Inside<'_>, (Throttled, Standing)> {
        let mut protection = self.locked(server);
        match protection.enter(principal, now) {
            Admission::Admitted => Ok(Inside { servers: self, server, principal: Arc::clone(principal), left: false }),
            Admission::Refused { limit, retry_after } => {
                Err((Throttled { limit, retry_after }, protection.standing(principal, now)))
            }
        }
    }

    /// Where everybody stands, server by server, with the name of each.
    pub(super) fn standings(&self, now: Timestamp) -> Vec<(&str, Standings)> {
        let names = self.all.iter().map(|server| server.name.as_str());
        names.enumerate().map(|(number, name)| (name, self.locked(number).standings(now))).collect()
    }
}

impl Inside<'_> {
    /// The request is over, and its execution took so long.
    pub(super) fn leave(mut self, took: Duration, now: Timestamp) -> Standing {
        self.left = true;
        self.servers.locked(self.server).leave(&self.principal, now, took)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if !self.left {
            let now = self.servers.clock.now();
            self.servers.locked(self.server).leave(&self.principal, now, Duration::ZERO);
        }
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    fields.flat_map(|field| field.split(';')).find_map(|pair| pair.trim().strip_prefix(AFFINITY))
}
