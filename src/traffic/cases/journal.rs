//! The ledger and the gateway's rows as feeds, and what is a case's in them.

use super::feed::{Feed, Loose, Page, Record, Source};
use crate::contract::behaviour::{Behaviour, CorrelationCarrier};
use crate::observe::{GatewayRow, LedgerEntry, LogLine, ReadEntry};
use crate::target::{Control, TargetError};

/// What the stack records, read on for all cases in flight.
#[derive(Debug)]
pub(super) struct Journal {
    pub(super) effects: Feed<LedgerEntry>,
    pub(super) rows: Feed<GatewayRow>,
    pub(super) reads: Feed<ReadEntry>,
    pub(super) log: Feed<LogLine>,
}

impl Journal {
    pub(super) fn new() -> Self {
        Self { effects: Feed::new(), rows: Feed::new(), reads: Feed::new(), log: Feed::new() }
    }
}

impl Source<LedgerEntry> for Control {
    type Fault = TargetError;

    async fn end(&self) -> Result<u64, TargetError> {
        self.ledger_end().await
    }

    async fn page(&self, since: u64) -> Result<Page<LedgerEntry>, TargetError> {
        let (records, next, more) = self.ledger_page(since).await?;
        Ok(Page { records, next, more })
    }
}

impl Source<GatewayRow> for Control {
    type Fault = TargetError;

    async fn end(&self) -> Result<u64, TargetError> {
        self.rows(u64::MAX >> 1, &[]).await.map(|(_, end)| end)
    }

    async fn page(&self, since: u64) -> Result<Page<GatewayRow>, TargetError> {
        let (records, next, more) = self.row_page(since).await?;
        Ok(Page { records, next, more })
    }
}

impl Source<ReadEntry> for Control {
    type Fault = TargetError;

    async fn end(&self) -> Result<u64, TargetError> {
        self.reads(u64::MAX >> 1, &[]).await.map(|(_, end)| end)
    }

    async fn page(&self, since: u64) -> Result<Page<ReadEntry>, TargetError> {
        let (records, next) = self.reads(since, &[]).await?;
        Ok(Page { records, next, more: false })
    }
}

impl Source<LogLine> for Control {
    type Fault = TargetError;

    async fn end(&self) -> Result<u64, TargetError> {
        // Lines of calls before are nobody's; whoever reads them loses little.
        Ok(0)
    }

    async fn page(&self, since: u64) -> Result<Page<LogLine>, TargetError> {
        let (text, next) = self.log_page(since).await?;
        let records = text.lines().filter_map(LogLine::parse).collect();
        Ok(Page { records, next, more: next > since })
    }
}

impl Record for LogLine {
    fn names(&self, name: &mut dyn FnMut(&str)) {
        self.texts().for_each(name);
    }
}

impl Record for ReadEntry {
    fn names(&self, name: &mut dyn FnMut(&str)) {
        self.headers.values().map(String::as_str).chain(self.tag.as_deref()).for_each(name);
    }
}

impl Record for LedgerEntry {
    fn names(&self, name: &mut dyn FnMut(&str)) {
        self.headers.values().for_each(|value| name(value));
        self.tag.iter().for_each(|tag| name(tag));
        self.columns.iter().filter_map(|column| column.after.as_str()).for_each(name);
    }

    fn key(&self) -> Option<&str> {
        Some(&self.key)
    }

    fn falls_to(&self, behaviour: &Loose) -> bool {
        is_nobodys(self, behaviour)
    }
}

impl Record for GatewayRow {
    fn names(&self, name: &mut dyn FnMut(&str)) {
        self.request_headers.get("x-correlation-id").into_iter().for_each(|id| name(id));
    }
}

/// Whether an entry carries no correlation ID where one should stand. Only the
/// declared way counts: an ID that stands elsewhere may have been made up on
/// the way.
pub(super) fn is_nobodys(entry: &LedgerEntry, behaviour: &Behaviour) -> bool {
    let field = |name: &str| entry.headers.get(&name.to_ascii_lowercase()).is_none_or(String::is_empty);
    let column = |name: &str| entry.column(name).is_none_or(|v| v.as_str().is_none_or(str::is_empty));
    match behaviour.effects.as_ref().map(|effects| &effects.correlated_by) {
        Some(CorrelationCarrier::Column(name)) => column(name),
        Some(CorrelationCarrier::Header(name)) => field(name),
        Some(CorrelationCarrier::Tag) => entry.tag.as_deref().is_none_or(str::is_empty),
        // Which row is told of elsewhere, the entry alone doesn't say.
        Some(CorrelationCarrier::Tracking(_)) | None => behaviour.correlation.as_ref().is_none_or(|c| field(&c.header)),
    }
}
