//! Who may call.

pub(super) mod good_refused;
pub(super) mod past_gateway;
pub(super) mod token_effects;
pub(super) mod token_refused;
