//! A bound on how long something may take, for many short things in a row.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Instant;

use tokio::time::Sleep;

/// One timer for all calls of a connection: setting one up for each would cost
/// more than the rest of the waiting. It may ring early, for a call that is
/// over, and is then set anew.
#[derive(Debug, Default)]
pub(super) struct Limit(Option<Pin<Box<Sleep>>>);

impl Limit {
    /// What a future gives until an instant; `None` where it takes longer.
    pub(super) async fn within<T>(&mut self, until: Instant, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let until: tokio::time::Instant = until.into();
        let timer = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if timer.deadline() > until || timer.is_elapsed() {
            timer.as_mut().reset(until);
        }
        poll_fn(|context| {
            if let Poll::Ready(done) = future.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            while timer.as_mut().poll(context).is_ready() {
                if timer.deadline() >= until {
                    return Poll::Ready(None);
                }
                timer.as_mut().reset(until);
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test]
    async fn what_takes_longer_is_given_up_when_its_own_time_is_over_and_not_before() {
        let (mut limit, unit) = (Limit::default(), Duration::from_millis(10));
        let began = Instant::now();
        let after = |units| Instant::now() + unit * units;
        assert_eq!(limit.within(after(1), ready(1)).await, Some(1));
        assert_eq!(limit.within(after(1000), sleep(unit * 2)).await, Some(()), "the first timer rings early");
        assert_eq!(limit.within(after(5), pending::<()>()).await, None);
        assert!(began.elapsed() >= unit * 7);
        assert_eq!(limit.within(after(1), pending::<()>()).await, None, "a shorter one after a longer one");
        assert!(began.elapsed() >= unit * 8 && began.elapsed() < unit * 900);
        assert_eq!(limit.within(after(1000), ready(())).await, Some(()));
        assert_eq!(limit.within(after(1), pending::<()>()).await, None);
    }
}
