//! `scenarios/**` as plans in which nothing is left to decide.
//!
//! In: a scenario file ([`load_dir`]), and for a [`Plan`] the contracts, a seed
//! and a nonce. Out: flows with the instants at which their runs are due, who
//! calls, which correlation ID each run carries, which calls it makes and which
//! of them are oversized or repeated. Two plans from the same input are the
//! same. Knows nothing of traffic.

mod actions;
mod calls;
mod clocks;
mod dues;
mod fault;
mod fields;
mod flows;
mod lint;
mod load;
mod model;
mod plan;
mod read;
mod retry;
mod start;
mod threshold;
mod tickets;

pub use calls::{CallSource, POOL, PlannedAction, PlannedCall};
pub use lint::lint;
pub use load::{load, load_dir};
pub use model::{
    ActionSpec, Arrivals, ChildSpec, Concurrency, Connections, DuplicateKind, Duplicates, FlowSpec, Http, Kept,
    Oversized, Scenario, Start, TimeBase, Users,
};
pub use plan::{Crew, FlowClone, Overrides, Plan, PlannedFault, PlannedFlow, plan};
pub use tickets::{Ticket, Tickets};

#[cfg(test)]
mod actions_tests;
#[cfg(test)]
mod tests;
