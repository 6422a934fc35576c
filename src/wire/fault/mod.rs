//! A fault to inject into a tier, as a plain value, and how it is written as
//! text: on the command line and in a scenario.

mod distribution;
mod error;
mod fields;
mod groups;
mod kind;
mod model;
mod text;

pub use distribution::Distribution;
pub use error::{FaultError, PRESETS};
pub use fields::FieldFault;
pub use kind::{FaultKind, InsteadOf};
pub use model::{Cycle, Downstream, Fault, FaultOperation};
pub use text::FaultPlan;
