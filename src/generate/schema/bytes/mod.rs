//! Documents straight as JSON bytes, without values in between.
//!
//! In: the nodes of a compiled schema. Out: a [`Program`], where every part of
//! the schema can be written without looking back at it; then a seed makes a
//! document in a microsecond or two. Whatever is not plain enough is left to
//! the way through values. A document of a seed is always the same, but
//! another one than the way through values makes of that seed.

mod build;
mod dice;
mod exclusive;
mod pattern;
mod program;
mod text;
mod write;

#[cfg(test)]
mod tests;

pub(super) use program::Program;
