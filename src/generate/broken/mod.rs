//! Requests that are broken on the wire: their syntax, their header fields,
//! their framing, their target.
//!
//! In: an operation, a number. Out: one conforming request with one thing
//! broken, what HTTP (RFC 9110, 9112), JSON (RFC 8259) and the contract demand
//! for it, and a plain request that follows on the same connection. Knows
//! nothing of how they are sent or judged.

mod breakage;
mod content;
mod fields;
mod framing;
mod gzip;
mod make;
mod media;
mod piece;
mod table_text;
mod target;
mod workbook;

#[cfg(test)]
mod tests;

pub(super) use make::{case, count};
