//! Calls of one operation: parameters and bodies as they go over the wire.
//!
//! In: an operation, a seed, what it is aimed at. Out: requests whose labels
//! are proven by reading them again from the wire. Knows nothing of sequences.

mod aimed;
mod body;
mod csv;
mod draft;
mod form;
mod items;
mod linked;
mod multipart;
mod operation;
mod parameter;
mod pooled;
mod sample;
mod seal;
mod shape;
mod spelling;
mod style;
mod workbook;

pub(crate) use aimed::Aimed;
pub(crate) use body::BodyGenerator;
pub(crate) use draft::{Draft, Wish, places};
pub(crate) use linked::Given;
pub(crate) use operation::OperationGenerator;
pub(crate) use seal::{Made, Sealing};
pub(crate) use spelling::Spelling;
pub(crate) use workbook::{MEDIA_TYPE as WORKBOOK, cells as cells_of_workbook};
