//! The port that a service is told to listen on.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::time::Duration;

use rand::Rng as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Below the ports that Linux (from 32768), macOS and Windows (from 49152) lend
/// to whoever calls out. A port of theirs could be lent to a call of anybody's
/// before the service listens on it, or while it is started again; a call to
/// such a port could even be answered by itself.
const NEVER_LENT: Range<u16> = 18_000..32_000;

/// How many ports are tried.
const TRIES: usize = 64;

/// How long a listener may take to accept, in real time.
const PATIENCE: Duration = Duration::from_secs(1);

/// A port of loopback on which nobody listens now. Another listener may take
/// it before the service does; then the service says so and can't run.
///
/// # Errors
/// The system gives none.
pub fn free_port() -> io::Result<u16> {
    let mut chosen = rand::rng();
    let free = (0..TRIES).map(|_| chosen.random_range(NEVER_LENT)).find(|port| bound(*port).is_ok());
    free.map_or_else(|| bound(0)?.local_addr().map(|address| address.port()), Ok)
}

/// Whether somebody has it already. Asks by taking it for a moment, so not
/// while the service itself may want it.
pub(super) fn is_taken(port: u16) -> bool {
    bound(port).is_err_and(|fault| fault.kind() == io::ErrorKind::AddrInUse)
}

/// Whether somebody accepts calls there.
pub(super) async fn accepts(port: u16) -> bool {
    matches!(timeout(PATIENCE, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await, Ok(Ok(_)))
}

fn bound(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_free_port_is_none_that_is_lent_to_callers() {
        let port = free_port().expect("a port");
        assert!(NEVER_LENT.contains(&port), "{port}");
        assert!(!is_taken(port) && !accepts(port).await);
        let listener = bound(port).expect("free");
        assert!(is_taken(port) && accepts(port).await);
        drop(listener);
    }
}
