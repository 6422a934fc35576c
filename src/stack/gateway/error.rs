//! Why a gateway could not be started.

use std::io;
use std::net::SocketAddr;

use crate::diagnose::Diagnostics;

/// Why a gateway could not be started.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Policy documents or API definitions can't be used.
    #[error("the gateway's documents can't be used:\n{0}")]
    Documents(Diagnostics),
    /// The address is taken, or not this machine's.
    #[error("the gateway can't listen on {address}: {source}")]
    Bind {
        /// Where it wanted to listen.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}
