//! The mock over a real socket.

mod alter;
mod batches;
mod faults;
mod fetches;
mod limits;
mod metadata;
mod naive;
mod operations;
mod owners;
mod reads;
mod refusals;
mod rig;
mod sequences;
mod services;
mod state;
mod writes;
