//! What a contract says twice, it says the same way twice.
//!
//! In: loaded contracts. Out: everything in them that contradicts itself, the
//! other file beside it or another version, each with its place. An error is a
//! contradiction: whatever a service does, it breaks one of the two. A warning
//! is probably not meant. Knows nothing of traffic.

mod agreement;
mod document;
mod lint_all;
mod place;
mod promise;
mod refusal;
mod version;

#[cfg(test)]
mod tests;

pub use lint_all::lint;
pub(in crate::contract) use lint_all::lint_each;
pub(in crate::contract) use promise::flows_retry;
