//! One request: what its URL names, what it asks for, what is done.
//!
//! `path` and `call` take a request apart, `draft` its body; `wanted` says what
//! it asks for, as a plain value; `write` does that as part of a transaction,
//! `batch` several of them, and `execute` answers.

mod acting;
mod actions;
mod background;
mod batch;
mod call;
mod draft;
mod execute;
mod files;
mod jobs;
mod path;
mod refusal;
mod spelled;
mod wanted;
mod write;

pub(in crate::stack::dataverse) use background::Background;
pub(in crate::stack::dataverse) use call::Call;
pub(in crate::stack::dataverse) use files::{Files, Named};
pub(in crate::stack::dataverse) use path::{Key, Path};
