//! All rows, links and files as one file, for the next run: a line of JSON for
//! each row, for each link and for each piece of a file; the last line says how
//! many there were, so that a file that was cut off is told from a whole one.

mod line;
mod load;
mod save;

pub(in crate::stack::dataverse) use load::alterations;
