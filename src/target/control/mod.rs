//! The control surface of our stack, over HTTP: what was recorded there, page by
//! page, and what can be done to it.

mod recorded;
mod steer;
mod surface;

pub use recorded::LedgerQuery;
pub use steer::{FaultState, MintRequest, ShownClock};
pub use surface::Control;
