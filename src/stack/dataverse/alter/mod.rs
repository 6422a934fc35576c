//! Tables, columns, keys, relationships and choices made, changed and deleted
//! while the environment runs, as clients do it by way of the metadata: the
//! rows stay, and whoever comes next finds the new tables.
//!
//! Nothing is ever taken out of its place: what is deleted is marked as gone,
//! so that positions in the ledger go on meaning what they meant. Tables of the
//! files can be given more, and lose nothing.

mod alteration;
mod answer;
mod blueprint;
mod choices;
mod column;
mod exchange;
mod links;
mod refusal;
mod text;

pub(in crate::stack::dataverse) use alteration::Alteration;
pub(in crate::stack::dataverse) use answer::alters;
pub(in crate::stack::dataverse) use blueprint::{Blueprint, Files};
