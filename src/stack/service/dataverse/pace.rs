//! No more requests at once than Dataverse suggests.

use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many at once before Dataverse has said anything.
const AT_FIRST: usize = 8;
/// A hint beyond this is not believed.
const AT_MOST: usize = 512;

/// How many requests are let go at once: as many as `x-ms-dop-hint` of the last
/// answer says.
#[derive(Debug)]
pub(in super::super) struct Pace {
    permits: Semaphore,
    width: Mutex<usize>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { permits: Semaphore::new(AT_FIRST), width: Mutex::new(AT_FIRST) }
    }
}

impl Pace {
    /// Waits until one more may go; it is over when this is dropped.
    pub(super) async fn take(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.acquire().await.ok()
    }

    /// What an answer says of it.
    pub(super) fn heed(&self, headers: &HeaderMap) {
        let hint = headers.get("x-ms-dop-hint").and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let Some(hint) = hint.filter(|hint| (1..=AT_MOST).contains(hint)) else { return };
        let mut width = self.width.lock().unwrap_or_else(PoisonError::into_inner);
        if hint > *width {
            self.permits.add_permits(hint - *width);
            *width = hint;
        } else {
            // Those that are under way are taken back by a later answer.
            *width -= self.permits.forget_permits(*width - hint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(value: &str) -> HeaderMap {
        HeaderMap::from_iter([("x-ms-dop-hint".parse().expect("a name"), value.parse().expect("a value"))])
    }

    #[tokio::test]
    async fn the_last_hint_counts() {
        let pace = Pace::default();
        pace.heed(&hint("20"));
        let mut held = Vec::new();
        for _ in 0..20 {
            held.push(pace.take().await);
        }
        assert_eq!(pace.permits.available_permits(), 0);
        pace.heed(&hint("5"));
        held.truncate(18);
        pace.heed(&hint("5"));
        assert_eq!(pace.permits.available_permits(), 0, "18 are under way, and 5 may be");
        held.clear();
        pace.heed(&hint("5"));
        assert_eq!(pace.permits.available_permits(), 5);
        pace.heed(&hint("0"));
        pace.heed(&hint("many"));
        assert_eq!(pace.permits.available_permits(), 5, "that says nothing");
    }
}
