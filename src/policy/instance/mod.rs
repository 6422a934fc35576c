//! What an API Management instance is: its APIs, versions, revisions,
//! products, subscriptions, named values, backends, and where its documents
//! lie.
//!
//! In: a folder, in one of three layouts: our own (`mocks/gateway`), that of
//! the `APIOps` extractor, or policy documents without anything around them.
//! Out: an [`Instance`]. Reads no policy document and no OpenAPI document:
//! these are the loader's and the gateway's.

mod described;
mod extracted;
mod json;
mod layout;
mod model;
mod own;
mod values;

#[cfg(test)]
mod damaged;
#[cfg(test)]
mod tests;

pub use layout::{DocumentFile, Layout};
pub use model::{
    ApiDescription, BackendDescription, Instance, Key, NamedValue, PoolMember, Product, Subscription,
    SubscriptionScope, SubscriptionState, User, VersionScheme, VersionSet,
};
pub use values::read_values;
