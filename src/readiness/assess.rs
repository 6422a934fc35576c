//! The rules.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::clock::{Timestamp, format_duration};
use crate::contract::ContractId;
use crate::contract::behaviour::Lifecycle;
use crate::observe::GatewayRow;
use crate::wire::Headers;

use super::compared::Compared;
use super::headers;
use super::rows::{RowFault, RowsRead};

/// What is asked, and all that is known.
#[derive(Clone, Debug)]
pub struct Inquiry<'a> {
    /// The version that is to be switched off.
    pub version: &'a ContractId,
    /// The base path of its operations, e.g. `/bulk-update/v1`; empty where
    /// there is none.
    pub base_path: &'a str,
    /// Its life cycle, where the contract has one.
    pub lifecycle: Option<&'a Lifecycle>,
    /// Its successor, where there is a contract for it.
    pub successor: Option<&'a ContractId>,
    /// Breaking changes from the version to its successor, one sentence each.
    pub breaking: &'a [String],
    /// How the same inputs fared at both versions; `None`: they were not sent.
    pub compared: Option<&'a Compared>,
    /// Header fields of an answer of the live version; `None`: it could not be
    /// asked.
    pub headers: Option<&'a Headers>,
    /// The gateway's rows, of this API and others.
    pub rows: &'a RowsRead,
    /// How long nobody may have called.
    pub quiet: Duration,
    /// What time it is.
    pub now: Timestamp,
}

/// The word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Nothing speaks against it.
    Go,
    /// It can't be told.
    Inconclusive,
    /// Something speaks against it.
    NoGo,
}

impl Decision {
    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Go => "GO",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::NoGo => "NO-GO",
        }
    }
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What follows from it alone.
    pub decision: Decision,
    /// One sentence without a full stop.
    pub text: String,
}

/// What told who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedBy {
    /// `ApimSubscriptionId`.
    Subscription,
    /// `applicationId` in the metadata of a trace record.
    Application,
    /// The header field `x-ms-workflow-name`.
    Flow,
}

/// How often and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Use {
    /// All calls in the rows.
    pub calls: u64,
    /// Those within the quiet time.
    pub recent: u64,
    /// The first one.
    pub first: Option<Timestamp>,
    /// The last one.
    pub last: Option<Timestamp>,
}

/// A client that calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientUse {
    /// Its name.
    pub name: String,
    /// What told it.
    pub named_by: NamedBy,
    /// How often and when.
    pub usage: Use,
}

/// What time the rows cover.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Rows that were read, of all APIs.
    pub rows: usize,
    /// The time of the first.
    pub first: Option<Timestamp>,
    /// The time of the last.
    pub last: Option<Timestamp>,
    /// Whether they cover the quiet time.
    pub whole: bool,
}

/// The decision and all that stands behind it.
#[derive(Clone, Debug, Serialize)]
pub struct Assessment {
    /// The version.
    pub version: ContractId,
    /// Its successor.
    pub successor: Option<ContractId>,
    /// The word.
    pub decision: Decision,
    /// Why, the heaviest first; empty for GO.
    pub reasons: Vec<Reason>,
    /// Who calls, the last one first.
    pub clients: Vec<ClientUse>,
    /// Calls of rows that name nobody.
    pub nameless: Use,
    /// Breaking changes of the successor. They count only while somebody
    /// calls.
    pub breaking: Vec<String>,
    /// How the same inputs fared at both versions; what differs counts only
    /// while somebody calls, as breaking changes do. `None`: they were not sent.
    pub compared: Option<Compared>,
    /// How long nobody may have called, in seconds.
    pub quiet_s: u64,
    /// What time it was.
    pub now: Timestamp,
    /// What the rows cover.
    pub coverage: Coverage,
    /// What could not be read.
    pub faults: Vec<RowFault>,
}

/// Applies the rules. NO-GO: a call within the quiet time, a header field
/// missing or against the contract, no successor; breaking changes and inputs
/// that fare otherwise while somebody calls. Else inconclusive: no rows,
/// rows that don't cover the quiet time or can't be read, no answer of the live
/// version. Else GO.
pub fn assess(inquiry: &Inquiry<'_>) -> Assessment {
    let (clients, nameless) = usage(inquiry);
    let coverage = coverage(inquiry);
    let mut reasons = call_reasons(inquiry, &clients, nameless);
    reasons.extend(lifecycle_reasons(inquiry));
    reasons.extend(coverage_reasons(inquiry, coverage));
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.decision));
    Assessment {
        version: inquiry.version.clone(),
        successor: inquiry.successor.cloned(),
        decision: reasons.first().map_or(Decision::Go, |reason| reason.decision),
        reasons,
        clients,
        nameless,
        breaking: inquiry.breaking.to_vec(),
        compared: inquiry.compared.cloned(),
        quiet_s: inquiry.quiet.as_secs(),
        now: inquiry.now,
        coverage,
        faults: inquiry.rows.faults.clone(),
    }
}

/// Who called the version.
fn usage(inquiry: &Inquiry<'_>) -> (Vec<ClientUse>, Use) {
    let since = inquiry.now.minus(inquiry.quiet);
    let mut clients: BTreeMap<(NamedBy, &str), Use> = BTreeMap::new();
    let mut nameless = Use::default();
    for row in inquiry.rows.rows.iter().filter(|row| is_of(row, inquiry)) {
        let used = match caller(row) {
            Some(client) => clients.entry(client).or_default(),
            None => &mut nameless,
        };
        let at = row.time_generated;
        used.calls += 1;
        used.recent += u64::from(at >= since);
        used.first = Some(used.first.map_or(at, |first| first.min(at)));
        used.last = used.last.max(Some(at));
    }
    let named = clients.into_iter();
    let mut clients: Vec<_> =
        named.map(|((named_by, name), usage)| ClientUse { name: name.to_owned(), named_by, usage }).collect();
    clients.sort_by_key(|client| std::cmp::Reverse(client.usage.last));
    (clients, nameless)
}

/// Whether a row is a call of the version: by its API's id or by its path.
fn is_of(row: &GatewayRow, inquiry: &Inquiry<'_>) -> bool {
    let id = format!("{}-{}", inquiry.version.api, inquiry.version.version);
    if row.api_id.eq_ignore_ascii_case(&id) {
        return true;
    }
    let after_scheme = row.url.split_once("://").map_or(row.url.as_str(), |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
    let rest = path.strip_prefix(inquiry.base_path);
    !inquiry.base_path.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// Subscription, else application, else flow.
fn caller(row: &GatewayRow) -> Option<(NamedBy, &str)> {
    let flow = || row.request_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-ms-workflow-name"));
    let names = [
        (NamedBy::Subscription, Some(row.apim_subscription_id.as_str())),
        (NamedBy::Application, row.traced("applicationId")),
        (NamedBy::Flow, flow().map(|(_, name)| name.as_str())),
    ];
    names.into_iter().find_map(|(by, name)| name.filter(|name| !name.is_empty()).map(|name| (by, name)))
}

fn coverage(inquiry: &Inquiry<'_>) -> Coverage {
    let times = || inquiry.rows.rows.iter().map(|row| row.time_generated);
    let (first, last) = (times().min(), times().max());
    // Logs arrive late and gateways rest at weekends: a tenth of the quiet time
    // may be missing at the end, nothing at its beginning.
    let begins = first.is_some_and(|first| first <= inquiry.now.minus(inquiry.quiet));
    let ends = last.is_some_and(|last| last.plus(inquiry.quiet / 10) >= inquiry.now);
    Coverage { rows: inquiry.rows.rows.len(), first, last, whole: begins && ends }
}

fn call_reasons(inquiry: &Inquiry<'_>, clients: &[ClientUse], nameless: Use) -> Vec<Reason> {
    let callers = clients.iter().filter(|client| client.usage.recent > 0).count();
    let calls: u64 = clients.iter().map(|client| client.usage.recent).sum::<u64>() + nameless.recent;
    if calls == 0 {
        return Vec::new();
    }
    let last = clients.iter().map(|client| client.usage.last).chain([nameless.last]).max().flatten();
    let ago = last.map_or(Duration::ZERO, |last| inquiry.now.since(last));
    let who = match (callers, nameless.recent) {
        (0, _) => "callers that no row names".to_owned(),
        (1, 0) => "1 client".to_owned(),
        (n, 0) => format!("{n} clients"),
        (1, _) => "1 client and callers that no row names".to_owned(),
        (n, _) => format!("{n} clients and callers that no row names"),
    };
    let verb = if (callers, nameless.recent) == (1, 0) { "calls" } else { "call" };
    let mut reasons = vec![no_go(format!(
        "{who} still {verb} {}: {calls} {} in the last {}, the last one {} ago",
        inquiry.version,
        if calls == 1 { "call" } else { "calls" },
        format_duration(inquiry.quiet),
        format_duration(ago)
    ))];
    if !inquiry.breaking.is_empty() {
        let count = inquiry.breaking.len();
        let changes = if count == 1 { "1 breaking change".into() } else { format!("{count} breaking changes") };
        reasons.push(no_go(format!("{changes} of the successor would reach them")));
    }
    let compared = inquiry.compared.filter(|compared| !compared.different.is_empty());
    if let (Some(compared), Some(successor)) = (compared, inquiry.successor) {
        let (different, inputs) = (compared.different.len(), compared.inputs);
        reasons.push(no_go(format!(
            "{different} of {inputs} inputs that keep its contract fare otherwise at {successor}"
        )));
    }
    reasons
}

fn lifecycle_reasons(inquiry: &Inquiry<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let declared = inquiry.lifecycle.and_then(|lifecycle| lifecycle.successor.as_deref());
    match (inquiry.successor, declared) {
        (Some(_), _) => {}
        (None, Some(name)) => {
            reasons.push(no_go(format!("the contract names `{name}` as successor, and there is no such contract")));
        }
        (None, None) => reasons.push(no_go("there is no successor to go to".into())),
    }
    match (inquiry.lifecycle, inquiry.headers) {
        (None, _) => reasons.push(no_go("the contract says nothing of the version's life cycle".into())),
        (Some(_), None) => reasons.push(open("the live version could not be asked for Deprecation and Sunset".into())),
        (Some(lifecycle), Some(headers)) => reasons.extend(headers::faults(headers, lifecycle).into_iter().map(no_go)),
    }
    reasons
}

fn coverage_reasons(inquiry: &Inquiry<'_>, coverage: Coverage) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let (Some(first), Some(last)) = (coverage.first, coverage.last) {
        if !coverage.whole {
            reasons.push(open(format!(
                "the rows cover {} to {}, not the last {} before {}",
                minute(first),
                minute(last),
                format_duration(inquiry.quiet),
                minute(inquiry.now)
            )));
        }
    } else {
        reasons.push(open("there are no rows: nobody knows who calls".into()));
    }
    if let [first, rest @ ..] = inquiry.rows.faults.as_slice() {
        let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
        reasons.push(open(format!("a row could not be read, and may be a call: {first}{more}")));
    }
    reasons
}

/// An instant for people.
pub(super) fn minute(instant: Timestamp) -> String {
    instant.utc().format("%Y-%m-%d %H:%M").to_string()
}

fn no_go(text: String) -> Reason {
    Reason { decision: Decision::NoGo, text }
}

fn open(text: String) -> Reason {
    Reason { decision: Decision::Inconclusive, text }
}

#[cfg(test)]
#[path = "assess_tests.rs"]
mod tests;
