//! An OpenAPI document (3.0 or 3.1) as operations with parameters, bodies and
//! responses; schemas stay JSON values and are compiled once.
//!
//! In: the text of a document, and the files beside it that it refers to. Out:
//! [`OpenApi`]. What makes a document unusable is an error; what can't be
//! tested is a notice with its place. Nothing is fetched from a network. Knows
//! nothing of behaviour.

mod bundle;
mod content;
mod cursor;
mod direction;
mod discriminator;
mod expression;
mod keyword;
mod link;
mod load;
mod mend;
mod model;
mod notice;
mod operation;
mod parameter;
mod route;
mod security;
mod server;
mod tidy;
mod translate;
mod validate;
mod visit;
mod walk;

#[cfg(test)]
mod meant_tests;
#[cfg(test)]
mod mutated_tests;
#[cfg(test)]
mod tests;

pub use expression::{Expression, LinkValue, Source, TextPart};
pub use model::{
    Dialect, Encoding, Link, MediaType, OpenApi, Operation, Parameter, ParameterIn, RequestBody, ResponseHeader,
    ResponseSpec, SchemaRef, SecurityKind, SecurityScheme, StatusKey, is_json,
};
pub use route::PathValues;
pub(crate) use validate::{DOCUMENT, FRAGMENT};
