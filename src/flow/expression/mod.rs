//! The Workflow Definition Language: what stands behind `@` in a definition.
//!
//! In: a text of a definition, and what is known before a run ([`Known`]). Out:
//! a value, or that only the run has it. What a function does is what
//! Microsoft's reference of functions says; those that are not evaluated here
//! give values that are not known.

mod evaluate;
mod function;
mod parse;
mod text;
mod time;

#[cfg(test)]
mod tests;

pub use evaluate::{Known, Outcome};
pub use parse::{Expression, Operand, Part, SyntaxFault, Template};
pub use text::shown;

/// Why something has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{function}`: {what}")]
pub struct EvaluationFault {
    /// The function, or `[]` for a member.
    pub function: String,
    /// Where it stands: bytes from the beginning of the text.
    pub at: usize,
    /// What is wrong.
    pub what: String,
}
