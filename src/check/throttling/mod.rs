//! Rates and quotas, judged by a count of its own: the checks share no code
//! with the limits that the embedded gateway enforces.

pub(super) mod admitted;
pub(super) mod admitted_under_load;
pub(super) mod effects;
pub(super) mod isolation;
pub(super) mod refused_early;
pub(super) mod retry_after_honest;
pub(super) mod retry_after_missing;

mod window;
