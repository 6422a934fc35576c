//! `?sql=SELECT …`, as official clients send it: a part of T-SQL.

mod parse;
mod query;
mod tree;
mod word;

#[cfg(test)]
mod tests;
