//! `scenarios/**` as plans in which nothing is left to decide.
