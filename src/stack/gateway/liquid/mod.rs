//! Liquid templates rendered on a call.
//!
//! In: a [`Template`](crate::policy::Template), the message's body as a JSON
//! value, what `context` shows. Out: text, or why there is none. Lookups of
//! what is not there are nil, as in Liquid; rounds and output are bounded.

mod binding;
mod filters;
mod lists;
mod numbers;
mod render;
#[cfg(test)]
mod tests;
mod texts;
mod values;

pub(super) use binding::{bound_body, bound_context};
pub(super) use render::render;
