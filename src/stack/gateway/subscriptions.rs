//! Subscriptions: by whom a call is counted.

use std::sync::Arc;

use crate::clock::Timestamp;

/// The subscription whose key a call carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) id: Arc<str>,
    pub(super) name: Arc<str>,
    /// From when on the periods of its quotas are counted.
    pub(super) started: Timestamp,
}
