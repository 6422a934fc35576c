//! The gateway's log: rows in a ring, each under a number that counts up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::observe::GatewayRow;

/// Rows of the latest calls. Clones share them.
#[derive(Clone, Debug)]
pub struct RowLog(Arc<Mutex<Ring>>);

#[derive(Debug)]
struct Ring {
    rows: VecDeque<Arc<GatewayRow>>,
    capacity: usize,
    /// How many rows were ever written; the number of the newest.
    written: u64,
}

impl RowLog {
    /// Keeps the latest `capacity` rows.
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Mutex::new(Ring { rows: VecDeque::new(), capacity: capacity.max(1), written: 0 })))
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().expect("nobody panics while he holds the rows")
    }

    /// Adds a row and gives its number, from 1.
    pub fn push(&self, row: GatewayRow) -> u64 {
        let row = Arc::new(row);
        let mut ring = self.ring();
        if ring.rows.len() == ring.capacity {
            ring.rows.pop_front();
        }
        ring.rows.push_back(row);
        ring.written += 1;
        ring.written
    }

    /// Up to `limit` rows with numbers above `since` whose
    /// `RequestHeaders["x-correlation-id"]` is one of `correlations` (any,
    /// where that is empty), and the number to ask from next.
    pub fn query(&self, since: u64, correlations: &[String], limit: usize) -> (Vec<Arc<GatewayRow>>, u64) {
        let ring = self.ring();
        let first = ring.written - ring.rows.len() as u64;
        let skip = since.saturating_sub(first) as usize;
        let (mut found, mut next) = (Vec::new(), since.clamp(first, ring.written));
        for row in ring.rows.iter().skip(skip) {
            if found.len() == limit {
                break;
            }
            next += 1;
            let id = row.request_headers.get("x-correlation-id");
            if correlations.is_empty() || id.is_some_and(|id| correlations.iter().any(|c| c.eq_ignore_ascii_case(id))) {
                found.push(Arc::clone(row));
            }
        }
        (found, next)
    }

    /// All rows that are kept, oldest first.
    pub fn all(&self) -> Vec<Arc<GatewayRow>> {
        self.ring().rows.iter().cloned().collect()
    }

    /// How many rows were ever written.
    pub fn written(&self) -> u64 {
        self.ring().written
    }
}

impl Default for RowLog {
    /// Keeps as many rows as a gate run makes.
    fn default() -> Self {
        Self::new(100_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str) -> GatewayRow {
        GatewayRow { request_headers: [("x-correlation-id".into(), id.into())].into(), ..GatewayRow::default() }
    }

    #[test]
    fn the_ring_forgets_the_oldest_and_numbers_go_on() {
        let log = RowLog::new(3);
        for id in ["a", "b", "a", "c", "a"] {
            log.push(row(id));
        }
        let ids = |rows: Vec<Arc<GatewayRow>>| -> Vec<String> {
            rows.iter().map(|r| r.request_headers["x-correlation-id"].clone()).collect()
        };
        let (rows, next) = log.query(0, &[], 10);
        assert_eq!((ids(rows), next), (vec!["a".into(), "c".into(), "a".into()], 5));
        let (rows, next) = log.query(3, &["A".into()], 10);
        assert_eq!((ids(rows), next), (vec!["a".to_owned()], 5));
        let (rows, next) = log.query(2, &[], 1);
        assert_eq!((ids(rows), next), (vec!["a".to_owned()], 3));
        assert_eq!(log.query(9, &[], 1).0.len(), 0);
    }
}
