//! Sizes and kinds: refused where declared, with a reason, without effects.

pub(super) mod before_service;
pub(super) mod body;
pub(super) mod effects;
pub(super) mod exact_larger;
pub(super) mod exact_smaller;
pub(super) mod items;
pub(super) mod length;
pub(super) mod media_type;
pub(super) mod read_wholly;
pub(super) mod undeclared;
pub(super) mod under_load;

mod found;
mod refusal;
