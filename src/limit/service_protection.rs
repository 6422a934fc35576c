//! Dataverse's service protection: how many requests one user may send within
//! a sliding window (reference, Dataverse B1).
//!
//! The platform publishes neither its resolution nor its formula for
//! `Retry-After`. Here the window slides in slices of a 300th of its length,
//! the wait is the time until the total falls under the limit, and every
//! request that is sent in spite of the wait makes it longer.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::clock::Timestamp;

/// Into how many slices the window is cut.
const SLICES: u32 = 300;

/// By how much a request during the wait prolongs it.
const PENALTY: Duration = Duration::from_millis(100);

/// The limits of all users of one web server.
#[derive(Debug)]
pub struct ServiceProtection {
    requests: u64,
    window: Duration,
    users: HashMap<String, User>,
}

#[derive(Debug, Default)]
struct User {
    /// Slice number and requests in it, oldest first.
    slices: VecDeque<(i64, u64)>,
    total: u64,
    refused_until: Option<Timestamp>,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is served.
    Admitted {
        /// How many more the window has room for.
        remaining: u64,
    },
    /// It is refused with 429.
    Refused {
        /// What `Retry-After` says, in whole seconds, from 1 to the window's
        /// length.
        retry_after: u64,
    },
}

impl ServiceProtection {
    /// So many requests per user within a sliding window.
    pub fn new(requests: u64, window: Duration) -> Self {
        Self { requests, window, users: HashMap::new() }
    }

    /// How many requests the window has room for.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The window's length.
    pub fn window(&self) -> Duration {
        self.window
    }

    /// Decides on one request of a user, and counts it if it is admitted.
    pub fn admit(&mut self, user: &str, now: Timestamp) -> Admission {
        let slice = (self.window / SLICES).max(Duration::from_micros(1)).as_micros() as i64;
        let number = now.micros().div_euclid(slice);
        if !self.users.contains_key(user) {
            self.users.insert(user.to_owned(), User::default());
        }
        let state = self.users.entry(user.to_owned()).or_default();
        state.forget(number - i64::from(SLICES));
        if let Some(until) = state.refused_until {
            if now < until {
                let longest = now.plus(self.window);
                state.refused_until = Some(until.plus(PENALTY).min(longest));
                return Admission::Refused { retry_after: self.wait(until, now) };
            }
            state.refused_until = None;
        }
        if state.total >= self.requests {
            let free = state.free_at(self.requests, slice);
            state.refused_until = Some(free);
            return Admission::Refused { retry_after: self.wait(free, now) };
        }
        state.count(number);
        Admission::Admitted { remaining: self.requests - state.total }
    }

    /// Whole seconds, rounded up, so that a call after the wait is in time.
    fn wait(&self, until: Timestamp, now: Timestamp) -> u64 {
        let micros = until.since(now).as_micros() as u64;
        micros.div_ceil(1_000_000).clamp(1, self.window.as_secs().max(1))
    }
}

impl User {
    /// Forgets slices up to and with this one.
    fn forget(&mut self, up_to: i64) {
        while let Some(&(number, count)) = self.slices.front()
            && number <= up_to
        {
            self.total -= count;
            self.slices.pop_front();
        }
    }

    fn count(&mut self, number: i64) {
        self.total += 1;
        match self.slices.back_mut() {
            Some((last, count)) if *last >= number => *count += 1,
            _ => self.slices.push_back((number, 1)),
        }
    }

    /// When enough slices have left the window for one more request.
    fn free_at(&self, limit: u64, slice: i64) -> Timestamp {
        let mut left = self.total;
        for (number, count) in &self.slices {
            left -= count;
            if left < limit {
                return Timestamp::from_micros((number + i64::from(SLICES)) * slice);
            }
        }
        Timestamp::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_788_249_600 + seconds)
    }

    #[test]
    fn the_window_admits_its_number_and_the_wait_is_honest() {
        let mut protection = ServiceProtection::new(3, Duration::from_mins(5));
        for left in [2, 1, 0] {
            assert_eq!(protection.admit("a", at(0)), Admission::Admitted { remaining: left });
        }
        let Admission::Refused { retry_after } = protection.admit("a", at(100)) else { panic!("refused") };
        assert_eq!(retry_after, 200);
        assert_eq!(protection.admit("a", at(100 + 200)), Admission::Admitted { remaining: 2 });
    }

    #[test]
    fn users_have_limits_of_their_own() {
        let mut protection = ServiceProtection::new(1, Duration::from_mins(5));
        assert!(matches!(protection.admit("a", at(0)), Admission::Admitted { .. }));
        assert!(matches!(protection.admit("a", at(0)), Admission::Refused { .. }));
        assert!(matches!(protection.admit("b", at(0)), Admission::Admitted { .. }));
    }

    #[test]
    fn whoever_does_not_wait_waits_longer() {
        let mut protection = ServiceProtection::new(1, Duration::from_mins(5));
        protection.admit("a", at(0));
        for _ in 0..200 {
            protection.admit("a", at(200));
        }
        let Admission::Refused { retry_after } = protection.admit("a", at(200)) else { panic!("refused") };
        assert!((101..=300).contains(&retry_after), "{retry_after}");
    }

    proptest::proptest! {
        #[test]
        fn no_window_ever_admits_more_than_its_number(
            steps in proptest::collection::vec(0_i64..90, 1..200), limit in 1_u64..10,
        ) {
            let mut protection = ServiceProtection::new(limit, Duration::from_mins(5));
            let (mut now, mut admitted) = (0, Vec::new());
            for step in steps {
                now += step;
                if matches!(protection.admit("a", at(now)), Admission::Admitted { .. }) {
                    admitted.push(now);
                }
            }
            for (i, first) in admitted.iter().enumerate() {
                let within = admitted[i..].iter().take_while(|t| **t < first + 300).count() as u64;
                proptest::prop_assert!(within <= limit);
            }
        }
    }
}
