//! Whether a version can be switched off: rules over gateway rows, the
//! contract's life cycle, what the live version says of itself, the breaking
//! changes of its successor, and how the same inputs fare at both.
//!
//! In: logged rows as text ([`read_rows`]), and an [`Inquiry`]. Out: an
//! [`Assessment`] with a [`Decision`], its reasons and the clients that still
//! call. Pure: knows no sockets, files and clocks; somebody else fetches and
//! tells what time it is.

mod assess;
mod compared;
mod headers;
mod rows;
mod text;

pub use assess::{Assessment, ClientUse, Coverage, Decision, Inquiry, NamedBy, Reason, Use, assess};
pub use compared::{Compared, Departure, DifferentInput, departure};
pub use rows::{RowFault, RowsRead, read_rows};
pub use text::assessment_text;
