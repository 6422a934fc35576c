//! The issuer: Entra ID tenants as far as client credentials need them.
//!
//! In: a form at a token endpoint, or a wish of the control surface; who may
//! ask comes from `mocks/issuer/`. Out: discovery documents and key sets of both
//! versions, tokens signed RS256 with the claims of the version that their
//! resource wants, refusals in Entra ID's words (reference, Entra ID §7). Times
//! are the shared clock's; keys and secrets are made at start and stay in this
//! process.
//!
//! Not emulated: users, consent, federated identities, tokens for `common`.

mod assertion;
mod directory;
mod discovery;
mod error;
mod forged;
mod headers;
mod keys;
mod mint;
mod server;
mod tenant;
mod token;
mod vault;

#[cfg(test)]
mod tests;

pub use directory::{
    Certificate, Client, ClientKey, ClientSecret, Directory, IssuerNames, Lifetime, Registered, Resource, TokenVersion,
};
pub use keys::Rollover;
pub use mint::{MintRequest, Minted};
pub use server::{Issuer, IssuerOptions};
pub use tenant::{Tenant, Throttle};
