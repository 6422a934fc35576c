//! The execution tier, done right: `bulk-update` and `tabular-intake`, each at
//! two versions, and `inference`, in the place where a team would put a Python service.
//!
//! In: calls that come through the gateway. Out: writes to Dataverse, through
//! the gateway again, questions to a model, calls to a flow's
//! trigger, and answers that a flow can route on. It validates with
//! its own types and constants and refuses to know what the contract files
//! say: an emulator and a judge that share a reading share its mistakes. What
//! it does wrong on demand are typed switches, see [`Defect`].

mod bulk;
mod call;
mod callback;
mod careless;
mod dataverse;
mod defect;
mod distort;
mod execution;
mod inference;
mod intake;
mod ledger;
mod link;
mod log;
mod memory;
mod problem;
mod queue;
mod route;
mod server;
mod standstill;
mod store;
mod tasks;
mod token;

#[cfg(test)]
mod tests;

pub use defect::Defect;
pub use server::{Behind, ModelEndpoint, Service, ServiceError, ServiceHandle, ServiceOptions, TriggerEndpoint};
