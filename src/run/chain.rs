//! The chain of a failed operation: what each tier knows under its correlation
//! ID, from the flow's call to what was written.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::session::Session;
use crate::check::Finding;
use crate::clock::Timestamp;
use crate::generate::Need;
use crate::observe::{ChainLink, GatewayRow, LedgerEntry, LogLine, Outcome};
use crate::target::{Control, LedgerQuery};
use crate::wire::Exchange;

/// For how many findings at most: after that the first ones tell enough.
const MOST_FINDINGS: usize = 40;

/// How many links of one tier are told.
const MOST_LINKS: usize = 8;

/// Members of a log line that commonly tell when it was written.
const WHEN: [&str; 4] = ["timestamp", "time", "ts", "@timestamp"];

/// Adds to each finding that shows a call what the tiers know of it.
pub(super) async fn add(session: &Session, findings: &mut [Finding]) {
    let heads = findings.iter_mut().filter(|finding| finding.more.under.is_none());
    let told: Vec<(&mut Finding, String)> =
        heads.filter_map(|finding| correlation(session, finding).map(|id| (finding, id))).take(MOST_FINDINGS).collect();
    let ids: BTreeSet<String> = told.iter().map(|(_, id)| id.to_ascii_lowercase()).collect();
    let lines = logged(session, &ids).await;
    for (finding, id) in told {
        let attempts = match &finding.evidence.exchange {
            Some(exchange) => vec![called(exchange)],
            None => std::mem::take(&mut finding.more.chain),
        };
        let logged = lines.get(&id.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default();
        finding.more.chain = chain(session, attempts, &id, logged).await;
    }
}

/// The correlation ID of the call that a finding shows, or of those that it
/// names.
fn correlation(session: &Session, finding: &Finding) -> Option<String> {
    let Some(exchange) = &finding.evidence.exchange else {
        return finding.more.correlation.as_deref().map(str::to_owned);
    };
    let (_, contract) = session.contract(finding.contract.as_ref()?)?;
    let header = &contract.behaviour.as_ref()?.correlation.as_ref()?.header;
    exchange.request.headers.get(header).filter(|id| !id.is_empty()).map(str::to_owned)
}

fn controls(session: &Session) -> impl Iterator<Item = &Control> {
    let targets = std::iter::once(&*session.target).chain(session.systems.apart());
    targets.filter_map(|target| target.control.as_ref())
}

/// The lines of all services' logs that hold one of the IDs, by ID. A log that
/// can't be read any more changes no verdict.
async fn logged(session: &Session, ids: &BTreeSet<String>) -> BTreeMap<String, Vec<LogLine>> {
    let mut found: BTreeMap<String, Vec<LogLine>> = BTreeMap::new();
    if ids.is_empty() || !session.target.offers(Need::ServiceLog) {
        return found;
    }
    for control in controls(session) {
        let mut since = 0;
        while let Ok((text, next)) = control.log_page(since).await
            && next > since
        {
            since = next;
            for line in text.lines().filter_map(LogLine::parse) {
                let id = line.texts().map(str::to_ascii_lowercase).find(|text| ids.contains(text));
                if let Some(id) = id {
                    found.entry(id).or_default().push(line);
                }
            }
        }
    }
    found
}

async fn chain(session: &Session, mut links: Vec<ChainLink>, id: &str, logged: &[LogLine]) -> Vec<ChainLink> {
    let (mut rows, mut entries) = (Vec::new(), Vec::new());
    for control in controls(session) {
        let ids = [id.to_owned()];
        rows.extend(control.rows(0, &ids).await.map(|(rows, _)| rows).unwrap_or_default());
        let query = LedgerQuery { since: 0, correlations: ids.to_vec(), keys: Vec::new() };
        entries.extend(control.ledger(&query).await.unwrap_or_default());
    }
    // A row is written when its call ends; who called first stands first.
    rows.sort_by_key(|row| row.time_generated);
    let scale = session.target.clock.scale();
    let lasted = |row: &GatewayRow| Duration::from_millis(row.total_time).mul_f64(scale);
    if session.target.offers(Need::GatewayRows) {
        let spans = rows.iter().map(|row| ((Some(row.time_generated), Some(lasted(row))), answered(row)));
        push(&mut links, "gateway", spans);
    }
    if session.target.offers(Need::ServiceLog) {
        push(&mut links, "service", logged.iter().map(|line| ((when(line), None), told(line))));
    }
    if session.target.offers(Need::Effects) {
        push(&mut links, "dataverse", entries.iter().map(|entry| ((Some(entry.at), None), written(entry))));
    }
    links
}

/// The links of one tier; where there are none, that is told: there the chain
/// breaks.
fn push(links: &mut Vec<ChainLink>, tier: &'static str, found: impl ExactSizeIterator<Item = (When, String)>) {
    let count = found.len();
    let link = |((at, lasted), what): (When, String)| {
        let until = at.zip(lasted).map(|(at, lasted)| at.plus(lasted));
        ChainLink { tier, at, until, what }
    };
    links.extend(found.take(MOST_LINKS).map(link));
    match count {
        0 => {
            links.push(ChainLink { tier, at: None, until: None, what: "nothing under this correlation ID".to_owned() });
        }
        n if n > MOST_LINKS => {
            links.push(ChainLink { tier, at: None, until: None, what: format!("and {} more", n - MOST_LINKS) });
        }
        _ => {}
    }
}

/// When something began, and how long it lasted, where that is known.
type When = (Option<Timestamp>, Option<Duration>);

fn called(exchange: &Exchange) -> ChainLink {
    let result = match &exchange.outcome {
        Ok(response) => response.status.to_string(),
        Err(failure) => failure.kind.word().to_owned(),
    };
    ChainLink {
        tier: "flow",
        at: Some(exchange.sent_at),
        until: Some(exchange.done_at),
        what: format!("{} {}: {result}", exchange.request.method, exchange.request.target),
    }
}

fn answered(row: &GatewayRow) -> String {
    let path =
        row.url.split_once("://").map_or(row.url.as_str(), |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    let behind = match row.backend_response_code {
        0 => "by itself".to_owned(),
        code => format!("{} said {code}", if row.backend_id.is_empty() { "the backend" } else { &row.backend_id }),
    };
    match row.response_code {
        0 => format!("{} {path}: the caller left before an answer", row.method),
        code => format!("{} {path}: {code}, {behind}", row.method),
    }
}

fn when(line: &LogLine) -> Option<Timestamp> {
    WHEN.iter().find_map(|name| Timestamp::parse(line.field(name)?))
}

/// The line without what stands in the link already.
fn told(line: &LogLine) -> String {
    let members = line.0.iter().filter(|(name, _)| !WHEN.contains(&name.as_str()));
    let words = members.map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name}={text}"),
        None => format!("{name}={value}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn written(entry: &LedgerEntry) -> String {
    let outcome = match &entry.outcome {
        Outcome::Committed => "written".to_owned(),
        Outcome::Refused { status, code } => format!("refused {status} {code}"),
    };
    let fault = entry.fault.as_deref().map(|fault| format!(", injected fault: {fault}")).unwrap_or_default();
    format!("{} {}: {outcome}{fault}", entry.table, entry.key)
}
