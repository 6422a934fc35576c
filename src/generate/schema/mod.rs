//! JSON Schema as a generator: seed in, document out.
//!
//! In: a schema of an OpenAPI document. Out: values that keep it, values at
//! its edges, values aimed at breaking one keyword at one place. Every value
//! is validated before it leaves; what can't be made says why. Knows nothing
//! of requests.

mod aim;
mod bytes;
mod compile;
mod draw;
mod generator;
mod merge;
mod model;
mod number;
mod pattern;
mod target;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use draw::Ask;
pub use generator::SchemaGenerator;
pub(crate) use target::Target;
pub(crate) use text::Medium;
