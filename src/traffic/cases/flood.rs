//! The same call again and again, until it is throttled.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::join_all;
use uuid::Uuid;

use super::play::Prepared;
use crate::target::Target;
use crate::traffic::connection::Pool;
use crate::wire::Exchange;

/// Over how many connections at once.
pub(super) const LANES: usize = 8;

/// One flood and how far it is.
#[derive(Debug)]
pub(super) struct Flood<'a> {
    target: &'a Target,
    most: u64,
    header: Option<&'a str>,
    first: Option<String>,
    sent: AtomicU64,
    throttled: AtomicBool,
}

impl<'a> Flood<'a> {
    pub(super) fn new(target: &'a Target, most: u64, header: Option<&'a str>, first: Option<&str>) -> Self {
        let first = first.map(str::to_owned);
        Self { target, most, header, first, sent: AtomicU64::new(0), throttled: AtomicBool::new(false) }
    }

    /// Sends over all lanes; gives the exchanges in the order in which they
    /// were sent.
    pub(super) async fn run(&self, lanes: Vec<Prepared>, pool: &Pool) -> Vec<Exchange> {
        let mut exchanges: Vec<Exchange> =
            join_all(lanes.into_iter().map(|lane| self.lane(lane, pool))).await.into_iter().flatten().collect();
        exchanges.sort_by_key(|exchange| exchange.sent);
        exchanges
    }

    /// The correlation IDs that were sent.
    pub(super) fn into_correlations(self) -> Vec<String> {
        let sent = self.sent.load(Ordering::Relaxed).min(self.most);
        (1..sent).filter_map(|number| self.correlation(number)).collect()
    }

    async fn lane(&self, mut lane: Prepared, pool: &Pool) -> Vec<Exchange> {
        let mut exchanges = Vec::new();
        while !self.throttled.load(Ordering::Relaxed) {
            let number = self.sent.fetch_add(1, Ordering::Relaxed);
            if number >= self.most {
                break;
            }
            let mut request = lane.request.clone();
            if let (Some(header), Some(id)) = (self.header, self.correlation(number)) {
                request.headers.set(header, id);
            }
            let exchange = lane.client.send(request, self.target.elapsed(), 1).await;
            if is_throttled(&exchange) {
                self.throttled.store(true, Ordering::Relaxed);
            }
            exchanges.push(exchange);
        }
        pool.give(lane.client);
        exchanges
    }

    /// The first call's own ID, and others made from it.
    fn correlation(&self, number: u64) -> Option<String> {
        let first = self.first.as_ref()?;
        if number == 0 {
            return Some(first.clone());
        }
        let base = Uuid::parse_str(first).unwrap_or(Uuid::NAMESPACE_OID);
        Some(Uuid::new_v5(&base, format!("{first} {number}").as_bytes()).to_string())
    }
}

fn is_throttled(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(|response| {
        response.status == 429 || (response.status == 403 && response.headers.contains("retry-after"))
    })
}
