//! The gateway: executes API Management policy documents on real calls.
//!
//! In: a folder of policy documents, the APIs to publish, backends, named
//! values, overlays ([`GatewayOptions`]). Out: a running [`Gateway`] on a real
//! socket, and a row for each call in a [`RowLog`]. It validates tokens, counts
//! limits, routes, rewrites and forwards as the documents say; statuses, bodies
//! and header fields are those of the platform. Bodies are streamed in both
//! directions; only a policy that reads one has it held in memory. Knows nothing
//! of behaviour files, of the judge, and of what the service does.
//!
//! On a call's path nothing waits for a lock that is held while something else
//! is awaited; counters and caches are behind short locks, by shards.

mod answer;
mod apis;
mod backend;
mod backends;
mod background;
mod body;
mod cache;
mod call;
mod collection;
mod counters;
mod dotnet;
mod drain;
mod error;
mod evaluate;
mod execute;
mod finish;
mod gate;
mod given;
mod held;
mod host;
mod hosts;
mod identity;
mod keys;
mod known_tokens;
mod library;
mod liquid;
mod meter;
mod metrics;
mod options;
mod patience;
mod policies;
mod pool;
mod raised;
mod received;
mod redirect;
mod request_body;
mod route;
mod row_copy;
mod rows;
mod sample;
mod server;
mod signature;
mod subscriptions;
mod template;
mod token;

mod token_path;
mod token_read;
mod token_scalar;
mod token_text;
mod trace_file;
mod traces;
mod turn;
mod validation;
mod value;
mod xml;

#[cfg(test)]
mod tests;

pub use counters::{CounterReading, Counters};
pub use error::GatewayError;
pub use hosts::Upstream;
pub use keys::KeyRefresh;
pub use metrics::{MetricSeries, Metrics};
pub use options::GatewayOptions;
pub use patience::Patience;
pub use rows::RowLog;
pub use server::Gateway;
pub use traces::TraceLog;
