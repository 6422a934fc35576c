//! How long calls may take, where that is counted by the shared clock.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::clock::Clock;
use crate::wire::Waits;

/// How long calls may take: as policies say, in real time, unless somebody says
/// that the shared clock counts.
#[derive(Clone, Debug, Default)]
pub struct Patience(Arc<RwLock<Option<Waits>>>);

impl Patience {
    /// The shared clock counts from now on, or no longer.
    pub fn set(&self, waits: Option<Waits>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = waits;
    }

    /// How long the backend of an API may take, in real time, where its policies
    /// say so much.
    pub(super) fn of_backend(&self, api: Option<&str>, said: Duration, clock: &Clock) -> Duration {
        self.counted(|waits| {
            let own = waits.gateway.iter().find(|(contract, _)| api == Some(&contract.replace('/', "-")));
            clock.real(own.map_or(said, |(_, own)| *own))
        })
        .unwrap_or(said)
    }

    /// After how long the load balancer in front cuts a connection, in real time.
    pub(super) fn of_load_balancer(&self, clock: &Clock) -> Option<Duration> {
        self.counted(|waits| waits.load_balancer.map(|wait| clock.real(wait))).flatten()
    }

    fn counted<T>(&self, of: impl FnOnce(&Waits) -> T) -> Option<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn policies_count_real_time_until_the_clock_counts() {
        let clock = Clock::starting_at(Timestamp::default(), 20.0);
        let (patience, said) = (Patience::default(), Duration::from_secs(100));
        let of = |api| patience.of_backend(Some(api), said, &clock);
        assert_eq!((of("orders-v1"), patience.of_load_balancer(&clock)), (said, None));
        patience.set(Some(Waits {
            gateway: [("orders/v1".to_owned(), Duration::from_mins(5))].into(),
            load_balancer: Some(Duration::from_secs(230)),
        }));
        assert_eq!((of("orders-v1"), of("orders-v2")), (Duration::from_secs(15), Duration::from_secs(5)));
        assert_eq!(patience.of_load_balancer(&clock), Some(Duration::from_millis(11_500)));
        patience.set(None);
        assert_eq!(of("orders-v1"), said);
    }
}
