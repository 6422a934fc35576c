//! Liquid templates of `set-body`: as `DotLiquid` reads them in C# naming.
//!
//! In: the text of a template and its place. Out: a [`Template`] as data, or a
//! diagnostic that names the place of what is unknown: a tag, a filter, a
//! bracket that is not closed. Knows nothing of calls: what renders a template
//! stands in the gateway.

mod filter;
mod markup;
mod parse;
mod split;
mod template;
#[cfg(test)]
mod tests;

pub use filter::Filter;
pub use template::{Comparison, Condition, Filtered, For, Node, Operand, PathStep, Template};
