//! The mock over a real socket.

mod batches;
mod naive;
mod operations;
mod refusals;
mod rig;
mod sequences;
mod state;
mod writes;
