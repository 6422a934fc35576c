//! Why a stack could not be started.

use std::io;
use std::net::SocketAddr;

use crate::diagnose::Diagnostics;

/// Why a stack could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A defect of this name does not exist.
    #[error("unknown defect `{name}`{}; `seamstress defects` lists them", near.map(|n| format!(" (did you mean `{n}`?)")).unwrap_or_default())]
    UnknownDefect {
        /// The name as it was given.
        name: String,
        /// The known name nearest to it.
        near: Option<&'static str>,
    },
    /// A tier could not listen.
    #[error("the {tier} can't listen on {address}: {source}; choose another port for it, or 0 for any free one")]
    Bind {
        /// Which tier.
        tier: &'static str,
        /// Where it wanted to listen.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Files of the mocks can't be used.
    #[error("the mocks can't be used:\n{0}")]
    Mocks(Diagnostics),
    /// What is logged has no place.
    #[error(
        "no temporary file for the gateway's rows and the service's log: {0}; is there room, and may files be made there?"
    )]
    Rows(#[source] io::Error),
    /// Certificates could not be made.
    #[error(transparent)]
    Certificate(#[from] super::CertificateError),
    /// Keys could not be made.
    #[error("signing keys could not be made: {0}")]
    Keys(String),
}
