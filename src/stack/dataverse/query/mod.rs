//! Reads: everything that follows `?`, and their execution.
//!
//! `options` takes a query apart, `syntax` a filter; `bind` finds the columns
//! that they name; `shape` is what is given of a row. `scan` finds the rows of
//! a page, by an index where there is one; `output` writes them into bytes.
//! `read` answers requests with all of these; `tabular` those of SQL, `FetchXML`
//! and `$apply`.

mod annotations;
mod bind;
mod cookie;
mod link;
mod options;
mod order;
mod output;
mod read;
mod scan;
mod shape;
mod syntax;
mod tabular;
mod view;

pub(in crate::stack::dataverse) use read::Representation;
