//! The same twice, judged by effects: equal responses do not prove a single
//! one.

pub(super) mod business_key;
pub(super) mod duplicate_effect;
pub(super) mod duplicate_under_load;
pub(super) mod failure_remembered;
pub(super) mod lost_effect;
pub(super) mod lost_under_load;
pub(super) mod other_content;
pub(super) mod other_principal;
pub(super) mod replay_differs;
pub(super) mod sequence_answers;
pub(super) mod sequence_effects;
pub(super) mod sequence_stuck;
pub(super) mod stuck;
pub(super) mod swallowed;
pub(super) mod unprotected;
pub(super) mod while_running;

mod again;
mod ask;
mod execution;
mod model;

pub(in crate::check) use execution::items_are_keys;
