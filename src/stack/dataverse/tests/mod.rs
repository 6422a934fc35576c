//! The mock over a real socket.

mod operations;
mod refusals;
mod rig;
