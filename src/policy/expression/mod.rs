//! Policy expressions: a subset of C#, lexed, parsed and resolved once, when a
//! document is loaded.
//!
//! In: the text of `@(…)` or `@{…}` and its place. Out: an [`Expression`] whose
//! every member is resolved against one table, so that executing it looks up no
//! names; or a diagnostic that names the place of what is unknown. Types are
//! static as in C#: what a document could not be saved with is a fault here.
//! Knows nothing of requests: what evaluates stands in the gateway.

mod ast;
mod cipher;
mod classes;
mod collection;
mod compiled;
mod lex;
mod lex_literal;
mod linq;
mod members;
mod operators;
mod parse;
mod parse_new;
mod parse_operator;
mod parse_primary;
mod parse_statement;
mod parse_type;
mod pattern;
mod resolve;
mod resolve_call;
mod resolve_function;
mod resolve_lambda;
mod resolve_new;
mod resolve_operator;
mod resolve_statement;
mod resolve_static;
mod type_names;
mod types;
mod types_shown;

pub use cipher::is_aes;
pub use classes::Class;
pub use collection::CollectionOp;
pub use compiled::{BinaryOp, Body, Catch, Expr, Expression, Loop, Piece, Reads, Section, Step, Try};
pub use linq::Linq;
pub use members::{BytesOp, ConstantOp, ContextOp, JsonOp, NumberOp, ObjectOp, Op, PatternOp, TextOp, TimeOp, TokenOp};
pub use pattern::{Captured, Pattern};
pub use types::Type;

pub(super) use resolve_statement::compile;

/// An expression of a test, at the begin of a document.
#[cfg(test)]
pub(crate) fn compiled(text: &str) -> Result<Expression, crate::diagnose::Diagnostic> {
    compile(text, &crate::diagnose::Place { file: "p.xml".into(), line: 1, column: 1 })
}
