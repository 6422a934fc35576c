//! The defects that can be switched on by name: tables by what they concern,
//! and the lookup.

mod callers;
mod dataverse;
mod repetitions;
mod requests;
mod table;

pub use table::{DEFECTS, Defect, find};
