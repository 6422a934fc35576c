//! How the settings want limits to count, and keys to be fetched.

use crate::limit::{Algorithm, Throttling};
use crate::stack::gateway::KeyRefresh;
use crate::target::{AlgorithmSetting, KeyRefreshSettings, ThrottlingSettings};

/// What is not said is as on the platform.
pub(super) fn key_refresh(settings: &KeyRefreshSettings) -> KeyRefresh {
    let usual = KeyRefresh::default();
    KeyRefresh {
        fresh: settings.fresh.unwrap_or(usual.fresh),
        unknown_key: settings.unknown_key.unwrap_or(usual.unknown_key),
        failed: settings.failed.unwrap_or(usual.failed),
    }
}

/// What is not said is exact.
pub(super) fn throttling(settings: &ThrottlingSettings) -> Throttling {
    let exact = Throttling::default();
    Throttling {
        algorithm: match settings.algorithm {
            AlgorithmSetting::SlidingWindow => Algorithm::SlidingWindow,
            AlgorithmSetting::TokenBucket => Algorithm::TokenBucket,
        },
        count_refused: settings.count_refused,
        late_by_one: settings.late_by_one,
        units: settings.units.unwrap_or(exact.units).max(1),
        rates_synchronised_every: settings.rates_synchronised_every.unwrap_or(exact.rates_synchronised_every),
        quotas_synchronised_every: settings.quotas_synchronised_every.unwrap_or(exact.quotas_synchronised_every),
        quotas_lost_on_restart: settings.quotas_lost_on_restart,
    }
}
