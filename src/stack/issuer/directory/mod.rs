//! Who is registered: tenants, the resources that tokens are for, the clients
//! that may ask.
//!
//! In: a folder of `.yaml` files, one for each tenant, as `mocks/issuer/` has
//! them. Out: a [`Directory`], or every fault with its place. Ids and roles come
//! from the files; secrets never do, they are made at start.

mod client_key;
mod load;
mod model;
mod read;

#[cfg(test)]
mod tests;

pub use client_key::ClientKey;
pub(in crate::stack) use client_key::thumbprint;
pub use model::{
    Certificate, Client, ClientSecret, Directory, IssuerNames, Lifetime, Registered, Resource, TokenVersion,
};
pub(super) use model::{application_id, object_id};
