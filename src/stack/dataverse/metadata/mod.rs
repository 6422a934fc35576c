//! What clients ask of the environment itself: the service document and
//! `$metadata`, definitions of tables, columns, keys, relationships and choices
//! with their query options, and the functions that are always there.

mod answers;
mod asked;
mod attribute;
mod catalogue;
mod condition;
mod csdl;
mod csdl_actions;
mod definitions;
mod entity;
mod functions;
mod label;
mod option_set;
mod options;
mod relationship;

pub(in crate::stack::dataverse) use asked::Asked;
pub(in crate::stack::dataverse) use catalogue::Catalogue;
pub(in crate::stack::dataverse) use label::metadata_id;
