//! One clock for everybody: issuer, gateway, service, Dataverse, flows and
//! reports.
//!
//! [`Clock`] gives the instant and lets one wait; it may start at a fixed
//! instant, run faster than real time, and jump forward. [`Timestamp`] is what
//! it shows. Latencies, service time and connect or answer timeouts are never
//! taken from it: they are real time and come from `std::time::Instant`.

mod duration;
mod timestamp;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

pub use duration::{format_duration, parse_duration};
pub use timestamp::Timestamp;

/// A clock that can be shared; clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: Instant,
    start: Timestamp,
    scale: f64,
    jumped: AtomicI64,
    jumps: watch::Sender<u64>,
}

impl Clock {
    /// The system's clock at scale 1.
    pub fn system() -> Self {
        Self::starting_at(Timestamp::system_now(), 1.0)
    }

    /// A clock that shows `start` now and runs `scale` times as fast as real
    /// time.
    ///
    /// # Panics
    /// Where `scale` is not a positive number.
    pub fn starting_at(start: Timestamp, scale: f64) -> Self {
        assert!(scale.is_finite() && scale > 0.0, "a clock's scale is a positive number");
        Self(Arc::new(Inner {
            began: Instant::now(),
            start,
            scale,
            jumped: AtomicI64::new(0),
            jumps: watch::Sender::new(0),
        }))
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// What the clock shows at an instant of real time that is now, or was a
    /// moment ago.
    pub fn at(&self, instant: Instant) -> Timestamp {
        let ran = instant.saturating_duration_since(self.0.began).as_secs_f64() * self.0.scale * 1e6;
        self.0.start.plus_micros(ran as i64 + self.0.jumped.load(Ordering::SeqCst))
    }

    /// How many of the clock's seconds pass in a real one.
    pub fn scale(&self) -> f64 {
        self.0.scale
    }

    /// How long a span of the clock's time lasts in real time.
    pub fn real(&self, span: Duration) -> Duration {
        span.div_f64(self.0.scale)
    }

    /// Waits for a span of the clock's time; a jump shortens the wait.
    pub async fn sleep(&self, span: Duration) {
        self.sleep_until(self.now().plus(span)).await;
    }

    /// Waits until the clock shows `instant` or later.
    pub async fn sleep_until(&self, instant: Timestamp) {
        let mut jumps = self.0.jumps.subscribe();
        loop {
            let left = instant.since(self.now());
            if left.is_zero() {
                return;
            }
            let real = self.real(left).max(Duration::from_micros(50));
            tokio::select! {
                () = tokio::time::sleep(real) => {}
                _ = jumps.changed() => {}
            }
        }
    }

    /// Moves the clock forward; everybody who waits wakes as if the time had
    /// passed.
    pub fn jump(&self, by: Duration) {
        self.0.jumped.fetch_add(by.as_micros() as i64, Ordering::SeqCst);
        self.0.jumps.send_modify(|n| *n += 1);
    }
}

impl Timestamp {
    /// The system's time: the only place that asks the operating system.
    #[expect(clippy::disallowed_methods, reason = "the clock is where the system's time enters")]
    pub fn system_now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_micros(since.as_micros() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_jump_wakes_those_who_wait() {
        let clock = Clock::starting_at(Timestamp::from_micros(0), 1.0);
        let waiter = {
            let clock = clock.clone();
            tokio::spawn(async move { clock.sleep(Duration::from_hours(1)).await })
        };
        tokio::task::yield_now().await;
        clock.jump(Duration::from_secs(3601));
        waiter.await.expect("woken");
        assert!(clock.now() >= Timestamp::from_micros(3_600_000_000));
    }

    #[test]
    fn a_scaled_clock_turns_spans_into_shorter_real_ones() {
        let clock = Clock::starting_at(Timestamp::from_micros(0), 20.0);
        assert_eq!(clock.real(Duration::from_mins(1)), Duration::from_secs(3));
    }
}
