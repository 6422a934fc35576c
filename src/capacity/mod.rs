//! What a gateway really admits, for one client and one operation.
//!
//! In: what came back for each call, and when ([`Answer`]). Out: what to do next
//! ([`Step`]), and at the end a [`ProbeReport`]: how many calls a window admits,
//! what kind of window it is, whether `Retry-After` is honest, and whether that
//! agrees with the behaviour file. Pure: knows no sockets and no clock; time is
//! an argument.

mod estimate;
mod probe;
mod step;

pub use estimate::{Agreement, Honesty, ProbeReport, WindowKind};
pub use probe::Probe;
pub use step::{Answer, Limits, Step};
