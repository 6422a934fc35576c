//! An OpenAPI document (3.0 or 3.1) as operations with parameters, bodies and
//! responses; schemas stay JSON values and are compiled once.
//!
//! In: the text of a document. Out: [`OpenApi`]. Knows nothing of behaviour.

mod model;
mod validate;

pub use model::{
    Dialect, Link, MediaType, OpenApi, Operation, Parameter, ParameterIn, RequestBody, ResponseHeader, ResponseSpec,
    SchemaRef, StatusKey,
};
