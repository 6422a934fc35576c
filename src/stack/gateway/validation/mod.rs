//! Messages judged by what an API's definition says of them.
//!
//! In: the definition of an operation, and values of a message. Out: what is
//! wrong, in the words of the platform (reference §2.13, §2.14), and what the
//! policy wants done about it. Knows no policy by name.

mod definition;
mod finding;
mod place;
mod text;
mod value;

pub(super) use definition::Definition;
pub(super) use finding::{Act, Finding, Verdicts};
pub(super) use text::{Kind, described};
pub(super) use value::{Values, judged};
