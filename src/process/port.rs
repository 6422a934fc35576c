//! The port that a service is told to listen on.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// A port of loopback on which nobody listens now. Somebody else may take it
/// before the service does; then the service says so and can't run.
///
/// # Errors
/// The system gives none.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Whether somebody listens on it already.
pub(super) fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err_and(|fault| fault.kind() == io::ErrorKind::AddrInUse)
}
