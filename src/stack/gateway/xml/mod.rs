//! XML read and written, for policies that turn it into JSON and back.
//!
//! In: a body's text. Out: a JSON value, or the other way round. A document
//! type is not read, nesting is bounded.

mod read;
mod to_json;
mod write;

pub(super) use read::bound;
pub(super) use to_json::{Form, to_json};
pub(super) use write::from_json;
