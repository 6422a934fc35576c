//! What the stack records, read once for all cases in flight.
//!
//! A case wants the effects and rows of its own calls. Asking for them case by
//! case costs three requests each; reading on from where the last reading
//! ended costs one for all that are waiting.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contract::behaviour::Behaviour;

/// Something that is read on and handed to whoever waits for it.
pub(super) trait Record: Clone + Send {
    /// The texts by which a subscriber may know it.
    fn names(&self, name: &mut dyn FnMut(&str));

    /// Whether a subscriber to this key is concerned although no name fits.
    fn falls_to(&self, _: &Loose) -> bool {
        false
    }

    /// The key under which [`Record::falls_to`] is asked.
    fn key(&self) -> Option<&str> {
        None
    }
}

/// Where records are read.
pub(super) trait Source<T>: Sync {
    /// Why they can't be.
    type Fault;

    /// The number of the last record there is.
    fn end(&self) -> impl Future<Output = Result<u64, Self::Fault>> + Send;

    /// Reads some records after a number.
    fn page(&self, since: u64) -> impl Future<Output = Result<Page<T>, Self::Fault>> + Send;
}

/// By what a record without a name is told to be nobody's.
pub(super) type Loose = Arc<Behaviour>;

/// One kind of record: who waits for it, and how far it was read.
pub(super) struct Feed<T> {
    /// How many readings have begun.
    begun: AtomicU64,
    /// How far it was read; whoever holds it reads.
    position: tokio::sync::Mutex<Option<u64>>,
    subscribers: Mutex<Subscribers<T>>,
}

struct Subscribers<T> {
    next: u64,
    by_name: HashMap<String, Vec<u64>>,
    by_key: HashMap<String, Vec<(u64, Loose)>>,
    boxes: HashMap<u64, Vec<T>>,
}

/// A place in a feed: gathers what concerns one case until it is dropped.
pub(super) struct Subscription<'f, T: Record> {
    feed: &'f Feed<T>,
    number: u64,
    names: Vec<String>,
    keys: Vec<String>,
}

impl<T> fmt::Debug for Feed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("begun", &self.begun).finish_non_exhaustive()
    }
}

impl<T: Record> Feed<T> {
    /// Nothing read yet.
    pub(super) fn new() -> Self {
        let (by_name, by_key, boxes) = (HashMap::new(), HashMap::new(), HashMap::new());
        let subscribers = Subscribers { next: 0, by_name, by_key, boxes };
        Self { begun: AtomicU64::new(0), position: tokio::sync::Mutex::new(None), subscribers: Mutex::new(subscribers) }
    }

    /// Settles where reading begins, unless that is settled.
    pub(super) async fn begin<S: Source<T>>(&self, source: &S) -> Result<(), S::Fault> {
        if self.begun.load(Ordering::Acquire) > 0 {
            return Ok(());
        }
        let mut position = self.position.lock().await;
        if position.is_none() {
            *position = Some(source.end().await?);
            self.begun.fetch_add(1, Ordering::Release);
        }
        Ok(())
    }

    /// From now on, what bears one of these names is kept, and what bears none
    /// and falls to one of the keys.
    pub(super) fn subscribe(&self, names: &[String], keys: &[String], loose: Option<&Loose>) -> Subscription<'_, T> {
        let lower = |texts: &[String]| -> Vec<String> {
            let mut lower: Vec<String> = texts.iter().map(|text| text.to_ascii_lowercase()).collect();
            lower.sort_unstable();
            lower.dedup();
            lower
        };
        let (names, keys) = (lower(names), lower(keys));
        let mut all = self.subscribers();
        all.next += 1;
        let number = all.next;
        for name in &names {
            all.by_name.entry(name.clone()).or_default().push(number);
        }
        for (key, loose) in keys.iter().zip(std::iter::repeat(loose)) {
            all.by_key.entry(key.clone()).or_default().extend(loose.map(|loose| (number, loose.clone())));
        }
        all.boxes.insert(number, Vec::new());
        drop(all);
        Subscription { feed: self, number, names, keys }
    }

    /// Reads on, so that everything is in that stood there when this was
    /// called. Many who wait share one reading.
    pub(super) async fn catch_up<S: Source<T>>(&self, source: &S) -> Result<(), S::Fault> {
        let before = self.begun.load(Ordering::Acquire);
        let mut position = self.position.lock().await;
        if self.begun.load(Ordering::Acquire) > before {
            // One that began after we came is over: nobody reads beside us.
            return Ok(());
        }
        self.begun.fetch_add(1, Ordering::Release);
        loop {
            let read = source.page(position.unwrap_or(0)).await?;
            *position = Some(read.next);
            self.hand_out(read.records);
            if !read.more {
                return Ok(());
            }
        }
    }

    fn hand_out(&self, records: Vec<T>) {
        let mut all = self.subscribers();
        for record in records {
            let mut whose = all.concerned(&record);
            let Some(last) = whose.pop() else { continue };
            for number in whose {
                all.boxes.entry(number).or_default().push(record.clone());
            }
            all.boxes.entry(last).or_default().push(record);
        }
    }

    fn subscribers(&self) -> MutexGuard<'_, Subscribers<T>> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Record> Subscribers<T> {
    /// The subscribers that a record is for, each once.
    fn concerned(&self, record: &T) -> Vec<u64> {
        let mut whose: Vec<u64> = Vec::new();
        record.names(&mut |name| {
            for number in find(&self.by_name, name).into_iter().flatten() {
                if !whose.contains(number) {
                    whose.push(*number);
                }
            }
        });
        for (number, loose) in record.key().and_then(|key| find(&self.by_key, key)).into_iter().flatten() {
            if !whose.contains(number) && record.falls_to(loose) {
                whose.push(*number);
            }
        }
        whose
    }
}

/// Looks a text up in whatever case it is written.
fn find<'m, V>(map: &'m HashMap<String, V>, text: &str) -> Option<&'m V> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return map.get(&text.to_ascii_lowercase());
    }
    map.get(text)
}

/// What one reading gave.
pub(super) struct Page<T> {
    /// The records, in order.
    pub(super) records: Vec<T>,
    /// The number to go on from.
    pub(super) next: u64,
    /// Whether there is more to read at once.
    pub(super) more: bool,
}

impl<T: Record> Subscription<'_, T> {
    /// What came so far.
    pub(super) fn seen(&self) -> usize {
        self.feed.subscribers().boxes.get(&self.number).map_or(0, Vec::len)
    }

    /// What came, and no more of it.
    pub(super) fn take(self) -> Vec<T> {
        self.feed.subscribers().boxes.remove(&self.number).unwrap_or_default()
    }
}

impl<T: Record> Drop for Subscription<'_, T> {
    fn drop(&mut self) {
        let mut all = self.feed.subscribers();
        all.boxes.remove(&self.number);
        for name in &self.names {
            forget(&mut all.by_name, name, |n| *n == self.number);
        }
        for key in &self.keys {
            forget(&mut all.by_key, key, |(n, _)| *n == self.number);
        }
    }
}

fn forget<V>(all: &mut HashMap<String, Vec<V>>, name: &str, ours: impl Fn(&V) -> bool) {
    if let Some(waiting) = all.get_mut(name) {
        waiting.retain(|one| !ours(one));
        if waiting.is_empty() {
            all.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    impl Record for String {
        fn names(&self, name: &mut dyn FnMut(&str)) {
            self.split(' ').for_each(name);
        }
    }

    fn words(feed: &Feed<String>, names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        feed.subscribe(&names, &[], None).names.clone()
    }

    /// Records in memory, two a page, and how often a page was asked for.
    #[derive(Default)]
    struct Written(Mutex<Vec<&'static str>>, AtomicU64);

    impl Source<String> for Written {
        type Fault = Infallible;

        async fn end(&self) -> Result<u64, Infallible> {
            Ok(self.0.lock().unwrap().len() as u64)
        }

        async fn page(&self, since: u64) -> Result<Page<String>, Infallible> {
            self.1.fetch_add(1, Ordering::Relaxed);
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            let all = self.0.lock().unwrap();
            let records: Vec<String> = all.iter().skip(since as usize).take(2).map(ToString::to_string).collect();
            let next = since + records.len() as u64;
            Ok(Page { more: next < all.len() as u64, records, next })
        }
    }

    #[tokio::test]
    async fn each_gets_what_bears_its_name_once_and_nothing_from_before() {
        let feed = Feed::<String>::new();
        let written = Written(Mutex::new(vec!["a old"]), AtomicU64::new(0));
        feed.begin(&written).await.unwrap();
        let one = feed.subscribe(&["A".to_owned(), "twice".to_owned()], &[], None);
        let other = feed.subscribe(&["b".to_owned()], &[], None);
        written.0.lock().unwrap().extend(["a 1", "a twice", "B a", "c", "b 2"]);
        feed.catch_up(&written).await.unwrap();
        assert_eq!(one.seen(), 3);
        assert_eq!(one.take(), ["a 1", "a twice", "B a"]);
        assert_eq!(other.take(), ["B a", "b 2"]);
    }

    #[tokio::test]
    async fn whoever_is_gone_is_forgotten() {
        let feed = Feed::<String>::new();
        assert_eq!(words(&feed, &["X", "x", "y"]), ["x", "y"]);
        let all = feed.subscribers();
        assert!(all.by_name.is_empty() && all.boxes.is_empty());
    }

    #[tokio::test]
    async fn many_who_wait_share_readings() {
        let feed = Feed::<String>::new();
        let written = Written::default();
        futures_util::future::join_all((0..50).map(|_| feed.catch_up(&written))).await;
        // One for the first, one for all who came while that was under way.
        assert_eq!(written.1.load(Ordering::Relaxed), 2);
    }
}
