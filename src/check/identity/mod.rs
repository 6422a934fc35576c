//! Who may call.

pub(super) mod past_gateway;
pub(super) mod token_effects;
pub(super) mod token_refused;
