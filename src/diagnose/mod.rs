//! A fault in a file that a user wrote, told so that he can mend it.
//!
//! In: text of a YAML, JSON or policy file. Out: values that know their place
//! ([`Node`]), and [`Diagnostic`]s with file, line, column, what was expected,
//! what was found and what to do next. A loader collects *all* faults of a
//! file in [`Diagnostics`] before it gives up. Knows nothing of what the files
//! mean.

mod diagnostic;
mod node;
mod reader;
mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics, Place, Severity, closest};
pub use node::{Node, Value};
pub use reader::Fields;
pub use yaml::parse_yaml;
