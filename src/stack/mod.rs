//! The embedded system under test: issuer, gateway, service, Dataverse, a stubbed
//! model, a flow's trigger, and the
//! control surface by which a harness reads and steers them.
//!
//! In: where the mocks lie, the OpenAPI documents of the APIs, the defects to
//! switch on, a clock, ports ([`StackOptions`]). Out: seven tiers on real sockets
//! ([`Stack`]) that stop together. Knows nothing of the judge, and never reads a
//! behaviour file: an emulator and a judge that share a reading share its
//! mistakes.

pub mod control;
pub mod dataverse;
pub mod defects;
pub mod gateway;
pub mod identity;
pub mod issuer;
pub mod jwt;
pub mod model;
pub mod service;
pub mod trigger;

mod certificate;
mod error;
mod fault;
mod listen;
mod options;
mod spoken;
mod start;
mod surroundings;
mod tiers;
mod tls;
mod wiring;

#[cfg(test)]
mod tests;

pub use certificate::CertificateError;
pub use control::{LogSource, Restart};
pub use error::StackError;
pub use fault::wrong_fault;
pub use options::{Addresses, Api, Front, Guest, Ports, StackOptions};
pub use start::Stack;
pub use surroundings::Surroundings;
pub use tls::Tls;
