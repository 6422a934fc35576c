//! Sizes and kinds: refused where declared, with a reason, without effects.

pub(super) mod before_service;
pub(super) mod body;
pub(super) mod effects;
pub(super) mod items;
pub(super) mod length;
pub(super) mod media_type;
pub(super) mod under_load;

mod refusal;
