//! What the service sends to an API that it calls when a job ends.

pub(super) mod address;
pub(super) mod arrives;
pub(super) mod correlation;
pub(super) mod once;
pub(super) mod same_content;
pub(super) mod schema;
pub(super) mod token;

mod received;
