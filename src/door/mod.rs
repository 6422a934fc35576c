//! The door: the only way out. Address and allow list in, an open connection
//! out; nobody else makes an outgoing connection.
//!
//! After name resolution every address must be loopback, or the host must be
//! listed for the environment. The check is made anew for each connection, so
//! also for each redirect, poll, page and reference. Proxies from the
//! environment are not used. Knows nothing of what is sent.

mod client;
mod connect;
mod connection;
mod trust;

pub use client::RestClient;
pub use connect::{Door, DoorError, Origin, Stream};
pub use connection::{Connection, HTTP2};
pub use trust::NoCertificate;
