//! Tables as values: what the files say of columns, keys, relationships and
//! rows, and what a column may hold.

mod actions;
mod cell;
mod choices;
mod column;
mod columns;
mod conduct;
mod describe;
mod draft;
mod fields;
mod generated;
mod import;
mod load;
mod lookups;
mod pattern;
mod protection;
mod relate;
mod seed;
mod table;
mod tables_of;
mod users;
pub(in crate::stack::dataverse) mod value;
mod ways;

pub(in crate::stack::dataverse) use actions::{Action, ActionEffect, Bound, ParameterKind};
pub(in crate::stack::dataverse) use cell::Cell;
pub(in crate::stack::dataverse) use column::{Column, ColumnKind, LookupTarget, OnDelete, Options, Property, System};
pub(in crate::stack::dataverse) use conduct::Conduct;
pub use load::lint;
pub(in crate::stack::dataverse) use load::load;
pub(in crate::stack::dataverse) use protection::{Enforcement, EntitlementRules, POOLED, Protection};
pub(in crate::stack::dataverse) use table::{
    AlternateKey, Definition, Environment, Navigation, OWNER, Reach, Relation, SeedRow, Table, Traits,
};
pub use tables_of::{TableFile, tables_of};
pub(in crate::stack::dataverse) use users::{SYSTEM, Users, seat};
pub use ways::WaysIn;

#[cfg(test)]
mod tests;
