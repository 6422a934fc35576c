//! `tabular-intake`: files of invoices. Each line is taken or rejected by
//! itself; a line that is taken is written once under the file's ID.
//!
//! In: CSV, or the first sheet of a workbook. Out: which lines were taken, which were not and why. Knows nothing
//! of HTTP. Version 1 overwrites an invoice that another call wrote, version 2
//! leaves it as it is.

mod line;
mod result;
mod submit;
mod table;
mod workbook;

pub(super) use submit::{RowState, submit};
