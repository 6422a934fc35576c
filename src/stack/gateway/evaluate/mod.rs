//! Compiled expressions executed on a call.
//!
//! In: an [`Expression`](crate::policy::expression::Expression) and a call. Out:
//! a value, or the text of the exception. The shape of the expression was
//! checked when it was compiled; what is left to go wrong is what goes wrong at
//! run time in C# too: null, keys that are absent, casts, numbers.

mod bytes;
mod context;
mod fault;
mod instant;
mod interpret;
mod json;
mod member;
mod number;
mod operate;
mod statics;
mod text;
mod time;
mod token;

pub(super) use fault::{Exception, Fault, Work};
pub(super) use instant::{format as instant_text, json as instant_json, parse as parse_instant};
pub(super) use interpret::evaluate;
pub(super) use token::claim_texts;
