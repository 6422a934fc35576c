//! How many requests of each principal are under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

/// Requests under way, by principal.
#[derive(Debug, Default)]
pub(super) struct Crowd(Mutex<HashMap<Arc<str>, u16>>);

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct Present<'c> {
    crowd: &'c Crowd,
    principal: Arc<str>,
    /// How many there were, this one included.
    pub(super) number: u16,
}

impl Crowd {
    pub(super) fn enter(&self, principal: &Arc<str>) -> Present<'_> {
        let mut counts = self.counts();
        let count = counts.entry(Arc::clone(principal)).or_default();
        *count = count.saturating_add(1);
        Present { crowd: self, principal: Arc::clone(principal), number: *count }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Arc<str>, u16>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        let mut counts = self.crowd.counts();
        match counts.get_mut(&self.principal) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.principal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_counted_apart_and_who_has_left_counts_no_more() {
        let crowd = Crowd::default();
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let first = crowd.enter(&a);
        let second = crowd.enter(&a);
        let other = crowd.enter(&b);
        assert_eq!((first.number, second.number, other.number), (1, 2, 1));
        drop(first);
        assert_eq!(crowd.enter(&a).number, 2);
        drop((second, other));
        assert!(crowd.counts().is_empty());
    }
}
