//! What clients ask of the environment itself: entity sets and definitions of
//! tables.

mod definitions;

pub(in crate::stack::dataverse) use definitions::{definitions, one_definition, service_document, who_am_i};
