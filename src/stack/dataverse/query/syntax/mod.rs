//! The text of a `$filter` as a tree, before any table is known.

mod expression;
mod literal;
mod parse;
mod token;

pub(in crate::stack::dataverse::query) use expression::{Argument, Comparison, Expression, Path};
pub(in crate::stack::dataverse::query) use literal::Literal;
pub(in crate::stack::dataverse::query) use parse::parse;

#[cfg(test)]
mod tests;
