//! Compiled expressions executed on a call.
//!
//! In: an [`Expression`](crate::policy::expression::Expression) and a call. Out:
//! a value, or the text of the exception. The shape of the expression was
//! checked when it was compiled; what is left to go wrong is what goes wrong at
//! run time in C# too: null, keys that are absent, casts, numbers.

#[cfg(test)]
mod binary;
mod body;
mod bytes;
mod character;
mod collect;
mod context;
mod conversion;
mod convert;
mod described;
mod entries;
mod fault;
mod format;
#[cfg(test)]
mod idioms;
mod interpret;
mod json;
mod json_change;
#[cfg(test)]
mod language;
#[cfg(test)]
mod library;
mod linq;
mod math;
mod member;
mod number;
mod object;
mod operate;
mod pattern;
#[cfg(test)]
mod practice;
mod separate;
mod span;
mod statement;
mod statics;
mod text;
mod time;
mod token;
mod uri;
mod zone;

pub(super) use fault::{Exception, Fault, Work};
pub(super) use interpret::evaluate;
pub(super) use token::claim_texts;
