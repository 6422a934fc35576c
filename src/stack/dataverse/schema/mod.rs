//! Tables as values: what the files say of columns, keys and rows, and what a
//! column may hold.

mod load;
mod seed;
mod table;
pub(in crate::stack::dataverse) mod value;

pub(in crate::stack::dataverse) use load::load;
pub(in crate::stack::dataverse) use table::{Cell, Column, ColumnKind, Definition, Environment, SeedRow, Table};
