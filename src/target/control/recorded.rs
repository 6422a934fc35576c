//! What the stack recorded: the ledger, reads, the gateway's rows and traces.

use http::Method;
use serde::Deserialize;

use super::super::TargetError;
use super::surface::Control;
use crate::observe::{CallTrace, GatewayRow, LedgerEntry, ReadEntry, RecordedTraces};

/// Which entries of the ledger.
#[derive(Clone, Debug, Default)]
pub struct LedgerQuery {
    /// Entries after this sequence number.
    pub since: u64,
    /// Entries that carry one of these correlation IDs; with `keys`, either.
    pub correlations: Vec<String>,
    /// Entries of rows with one of these keys.
    pub keys: Vec<String>,
}

#[derive(Deserialize)]
struct LedgerPage {
    entries: Vec<LedgerEntry>,
    next: u64,
    #[serde(default)]
    effects: u64,
}

#[derive(Deserialize)]
struct ReadPage {
    reads: Vec<ReadEntry>,
    next: u64,
}

#[derive(Deserialize)]
struct RowPage {
    rows: Vec<GatewayRow>,
    next: u64,
}

#[derive(Deserialize)]
struct TracePage {
    calls: Vec<CallTrace>,
}

impl Control {
    /// Entries of the ledger, all pages.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn ledger(&self, query: &LedgerQuery) -> Result<Vec<LedgerEntry>, TargetError> {
        let mut found = Vec::new();
        self.each_ledger_page(query, |entries| found.extend(entries)).await?;
        Ok(found)
    }

    /// The same, page by page: a whole run's ledger is large.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn each_ledger_page(
        &self,
        query: &LedgerQuery,
        mut take: impl FnMut(Vec<LedgerEntry>),
    ) -> Result<(), TargetError> {
        let mut since = query.since;
        loop {
            let filters = form(&[("correlation", &query.correlations.join(",")), ("key", &query.keys.join(","))]);
            let page: LedgerPage =
                self.call(Method::GET, &format!("/ledger?since={since}&limit={PAGE}{filters}"), None).await?;
            let count = page.entries.len();
            since = page.next;
            take(page.entries);
            if count < PAGE {
                return Ok(());
            }
        }
    }

    /// One page of the whole ledger after a number, the number to go on from,
    /// and whether there is more already.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn ledger_page(&self, since: u64) -> Result<(Vec<LedgerEntry>, u64, bool), TargetError> {
        let page: LedgerPage = self.call(Method::GET, &format!("/ledger?since={since}&limit={PAGE}"), None).await?;
        let more = page.entries.len() >= PAGE;
        Ok((page.entries, page.next, more))
    }

    /// What was read from Dataverse after a number, all pages, and the number to
    /// go on from. Without correlation IDs, all of it.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn reads(&self, since: u64, correlations: &[String]) -> Result<(Vec<ReadEntry>, u64), TargetError> {
        let (mut found, mut since) = (Vec::new(), since);
        loop {
            let filters = form(&[("correlation", &correlations.join(","))]);
            let page: ReadPage =
                self.call(Method::GET, &format!("/reads?since={since}&limit={PAGE}{filters}"), None).await?;
            let count = page.reads.len();
            since = page.next;
            found.extend(page.reads);
            if count < PAGE {
                return Ok((found, since));
            }
        }
    }

    /// One page of all rows after a number, the number to go on from, and
    /// whether there is more already.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn row_page(&self, since: u64) -> Result<(Vec<GatewayRow>, u64, bool), TargetError> {
        let page: RowPage = self.call(Method::GET, &format!("/rows?since={since}&limit={PAGE}"), None).await?;
        let more = page.rows.len() >= PAGE;
        Ok((page.rows, page.next, more))
    }

    /// The number of the ledger's last entry.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn ledger_end(&self) -> Result<u64, TargetError> {
        let page: LedgerPage =
            self.call(Method::GET, &format!("/ledger?since={}&limit=1", u64::MAX >> 1), None).await?;
        Ok(page.next)
    }

    /// How many effects the ledger has seen, also those that it has forgotten.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn effects(&self) -> Result<u64, TargetError> {
        let page: LedgerPage =
            self.call(Method::GET, &format!("/ledger?since={}&limit=1", u64::MAX >> 1), None).await?;
        Ok(page.effects)
    }

    /// The gateway's rows after a number, all pages, and the number to go on
    /// from. Without correlation IDs, all of them.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn rows(&self, since: u64, correlations: &[String]) -> Result<(Vec<GatewayRow>, u64), TargetError> {
        let mut found = Vec::new();
        let next = self.each_row_page(since, correlations, |rows| found.extend(rows)).await?;
        Ok((found, next))
    }

    /// The same, page by page: a whole run has a hundred thousand rows.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn each_row_page(
        &self,
        since: u64,
        correlations: &[String],
        mut take: impl FnMut(Vec<GatewayRow>),
    ) -> Result<u64, TargetError> {
        let mut since = since;
        loop {
            let filters = form(&[("correlation", &correlations.join(","))]);
            let page: RowPage =
                self.call(Method::GET, &format!("/rows?since={since}&limit={PAGE}{filters}"), None).await?;
            let count = page.rows.len();
            since = page.next;
            take(page.rows);
            if count < PAGE {
                return Ok(since);
            }
        }
    }

    /// What the gateway did with the calls that carry this correlation ID, as
    /// far as it still knows, the newest last.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn traces(&self, correlation: &str) -> Result<Vec<CallTrace>, TargetError> {
        let filter = form(&[("correlation", correlation)]);
        let page: TracePage = self.call(Method::GET, &format!("/traces?limit=20{filter}"), None).await?;
        Ok(page.calls)
    }

    /// What the gateway did with each call since it was started, from a
    /// position on.
    ///
    /// # Errors
    /// The surface does not answer, or nothing is recorded there.
    pub async fn recorded_traces(&self, since: u64) -> Result<RecordedTraces, TargetError> {
        self.call(Method::GET, &format!("/traces/recorded?since={since}"), None).await
    }
}

/// A piece of a log.
#[derive(Deserialize)]
struct LogPage {
    text: String,
    next: u64,
}

impl Control {
    /// Whole lines of the service's log from a position on, and the position to
    /// go on from; the same one where there is nothing more.
    ///
    /// # Errors
    /// The surface does not answer, or keeps no log.
    pub async fn log_page(&self, since: u64) -> Result<(String, u64), TargetError> {
        let page: LogPage = self.call(Method::GET, &format!("/log?since={since}"), None).await?;
        Ok((page.text, page.next))
    }
}

/// Entries asked for at once.
const PAGE: usize = 1000;

fn form(filters: &[(&str, &str)]) -> String {
    let given = filters.iter().filter(|(_, value)| !value.is_empty());
    given.fold(String::new(), |form, (name, value)| form + "&" + name + "=" + value)
}
