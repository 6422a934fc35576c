//! The gateway on real sockets, before small backends and a small issuer.

mod harness;
mod instance;
mod limits;
mod platform;
mod rollover;
mod rows;
mod shipped;
mod streaming;
mod tls;
mod traces;
mod traffic;
