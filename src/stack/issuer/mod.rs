//! The issuer: an Entra ID tenant as far as client credentials need one.
//!
//! In: a form at the token endpoint, or a wish of the control surface. Out:
//! discovery document, keys, tokens signed RS256 with version 2 claims
//! (reference, Entra ID §7). Times are the shared clock's; the keys are made at
//! start and never leave the process.
//!
//! Not emulated: client assertions and certificates (a request with one is told
//! so), key rotation, version 1 tokens but for the one that must be refused,
//! users.

mod discovery;
mod error;
mod forged;
mod mint;
mod registry;
mod server;
mod token;

#[cfg(test)]
mod tests;

pub use mint::{MintKind, MintRequest, Minted};
pub use registry::Application;
pub use server::{Issuer, IssuerOptions, Tenant};
