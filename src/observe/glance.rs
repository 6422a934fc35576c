//! A look at an answer while the generator is at its fastest.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::contract::ContractId;
use crate::wire::Fields;

/// An answer under load as it came: nothing of it is copied.
#[derive(Clone, Copy, Debug)]
pub struct Glimpse<'a> {
    /// The contract.
    pub contract: &'a ContractId,
    /// `operationId`.
    pub operation: &'a str,
    /// The status.
    pub status: u16,
    /// The header fields.
    pub headers: &'a Fields,
    /// The content.
    pub body: &'a Bytes,
    /// Whether the content was cut at the client's bound.
    pub truncated: bool,
    /// The correlation ID that was sent.
    pub correlation: Option<&'a str>,
    /// From sent to done.
    pub took: Duration,
}

/// Tells answers that are in order, and like one that was judged, from those
/// that have to be judged. It is asked for each answer of a load, by many at
/// once.
pub trait Glance: fmt::Debug + Send + Sync {
    /// Whether nothing more needs to be looked at; then it has been counted.
    fn is_plain(&self, glimpse: &Glimpse<'_>) -> bool;
}
