//! Tests of the whole: the real binary on real sockets, and rules over the
//! tree.

mod support;

mod cli;
mod defects;
mod exit_codes;
mod gate;
mod imports;
mod plain_service;
mod serve;
